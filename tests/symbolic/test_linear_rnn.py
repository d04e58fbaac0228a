"""The textbook's linear RNN: published rationals, SymPy's own derivative, and Full."""

import numpy as np
import pytest
import sympy

from gradlab.cells import Linear
from gradlab.dynamics import run
from gradlab.errors import ShapeError
from gradlab.gradients import Full
from gradlab.objectives import SquaredError
from gradlab.symbolic import linear_rnn_gradients

Q = sympy.Rational


def test_the_published_instance_in_exact_fractions():
    """LG01: four steps, every gradient a fraction."""
    found = linear_rnn_gradients(4).evaluated(
        W_hh=[[Q(1, 2), Q(1, 3)], [Q(-1, 4), Q(2, 3)]],
        W_hx=[[1], [Q(1, 2)]],
        W_qh=[[1, -1]],
        inputs=[[1], [-1], [2], [Q(1, 2)]],
        targets=[[Q(1, 2)], [0], [1], [-1]],
    )
    assert found.params["W_hh"] == sympy.Matrix(
        [[Q(134453, 124416), Q(13009, 31104)], [Q(-6973, 7776), Q(-47891, 124416)]]
    )
    assert list(found.params["W_hx"]) == [Q(117019, 124416), Q(-192857, 373248)]
    assert list(found.params["W_qh"]) == [Q(319417, 373248), Q(129577, 746496)]
    assert list(found.states[0]) == [Q(1991, 15552), Q(33121, 373248)]


def dyadic(rng, *shape):
    """Return eighths: sums and products of a few of them are exact in float64."""
    return rng.integers(-8, 9, size=shape) / 8


def test_full_is_right_to_the_last_bit_on_exact_rationals(rng):
    T, n, m, q = 4, 3, 2, 2
    W_hh, W_hx, W_qh = dyadic(rng, n, n), dyadic(rng, n, m), dyadic(rng, q, n)
    h0, x, y = dyadic(rng, n), dyadic(rng, T, m), dyadic(rng, T, q)
    exact = linear_rnn_gradients(T).evaluated(
        W_hh=W_hh, W_hx=W_hx, W_qh=W_qh, h0=h0, inputs=x, targets=y
    )
    objective = SquaredError(run(Linear(W_hh, W_hx), h0, x), y, W_qh)
    gradient = Full().gradient(objective)
    # Eighths in at most 2T + 1 factors: under 53 bits, so no operation rounds (T = 4
    # is a power of two, and the mean does not round either).
    for name, formula in exact.params.items():
        assert gradient.params[name].tolist() == np.array(formula, float).tolist()
    states = np.array([list(state) for state in exact.states], dtype=float)
    assert gradient.states[1:].tolist() == states.tolist()


def test_the_formulas_are_the_derivatives_of_the_unrolled_loss():
    """SymPy differentiates L itself, in symbols, at T = 3 and n = 2."""
    T = 3
    names = sympy.symbols("a b c d u v p q")
    a, b, c, d, u, v, p, q = names
    W, U, V = (
        sympy.Matrix([[a, b], [c, d]]),
        sympy.Matrix([u, v]),
        sympy.Matrix([[p, q]]),
    )
    x, y = [1, -2, Q(1, 2)], [Q(1, 3), 0, 1]
    h, loss = sympy.zeros(2, 1), sympy.Integer(0)
    for t in range(T):
        h = W * h + U * x[t]
        loss += ((V * h)[0] - y[t]) ** 2 / (2 * T)
    found = linear_rnn_gradients(T).evaluated(
        W_hh=W.tolist(),
        W_hx=U.tolist(),
        W_qh=V.tolist(),
        inputs=[[x_t] for x_t in x],
        targets=[[y_t] for y_t in y],
    )
    entries = [*found.params["W_hh"], *found.params["W_hx"], *found.params["W_qh"]]
    for formula, symbol in zip(entries, names, strict=True):
        assert sympy.expand(formula - loss.diff(symbol)) == 0


def test_an_unstable_direction_grows_as_a_power():
    """W_hh = diag(2, 1/2) and a loss on o_T alone: ∂L/∂h_1 is (2^{T−1}, 2^{1−T}) g."""
    T = 5
    found = linear_rnn_gradients(T)
    g = [found.symbols[f"g_{t}"] for t in range(1, T)]
    last = found.states[0].subs({s: sympy.ZeroMatrix(*s.shape) for s in g}).doit()
    W, V = found.symbols["W_hh"], found.symbols["W_qh"]
    assert last == (W.T) ** (T - 1) * V.T * found.symbols[f"g_{T}"]


@pytest.mark.parametrize("name", ["inputs", "targets"])
def test_there_is_one_row_a_step(name):
    given = {"inputs": [[1], [2]], "targets": [[0], [0]], name: [[1]]}
    expected = rf"`{name}` must have shape \(T, ...\) with T = 2; got \(1,\)"
    with pytest.raises(ShapeError, match=expected):
        linear_rnn_gradients(2).evaluated(W_hh=[[1]], W_hx=[[1]], W_qh=[[1]], **given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"W_hh": [[1, 2]]}, r"`W_hh` must have shape \(n, n\); got \(1, 2\)"),
        ({"W_hx": [[1], [2]]}, r"`W_hx` must have shape \(n, m\) with n = 1; got"),
        ({"W_qh": [1]}, r"`W_qh` must have shape \(q, n\) with n = 1; got \(1,\)"),
        ({"h0": [1, 2]}, r"`h0` must have shape \(n,\) with n = 1; got \(2,\)"),
        ({"inputs": [[1], [1, 2]]}, r"`inputs\[1\]` must have shape \(m,\) with m = 1"),
        ({"targets": [0, 0]}, r"`targets\[0\]` must have shape \(q,\) with q = 1"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changed, message):
    given = {
        "W_hh": [[1]],
        "W_hx": [[1]],
        "W_qh": [[1]],
        "inputs": [[1], [2]],
        "targets": [[0], [0]],
    }
    with pytest.raises(ShapeError, match=message):
        linear_rnn_gradients(2).evaluated(**{**given, **changed})
