"""Gradients with known values: exact fractions, closed forms, SymPy, high precision."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

from gradlab.cells import RNN, Linear
from gradlab.dynamics import run
from gradlab.gradients import Full, profile
from gradlab.objectives import CrossEntropy, SquaredError


def fractions(*texts):
    return [float(Fraction(text)) for text in texts]


def test_the_textbook_linear_rnn_has_its_exact_gradients():
    """LG01: W_hh = [[1/2, 1/3], [−1/4, 2/3]], four steps, all values rational."""
    cell = Linear([[1 / 2, 1 / 3], [-1 / 4, 2 / 3]], [[1.0], [0.5]])
    trajectory = run(cell, np.zeros(2), [[1.0], [-1.0], [2.0], [0.5]])
    targets = [[0.5], [0.0], [1.0], [-1.0]]
    objective = SquaredError(trajectory, targets, [[1.0, -1.0]])
    gradient = Full().gradient(objective)
    expected = {
        "W_hh": fractions(
            "134453/124416", "13009/31104", "-6973/7776", "-47891/124416"
        ),
        "W_hx": fractions("117019/124416", "-192857/373248"),
        "W_qh": fractions("319417/373248", "129577/746496"),
    }
    # 1/3 and 2/3 are rounded, then some twenty operations: a few eps.
    assert objective.loss == pytest.approx(float(Fraction("950329/1492992")), rel=1e-14)
    assert gradient.params.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(gradient.params[name].ravel(), values, rtol=1e-14)
    first = fractions("1991/15552", "33121/373248")
    np.testing.assert_allclose(gradient.states[1], first, rtol=1e-14)


def exact_linear_gradients(W, u, w, x, y):
    """The textbook's sums in rationals: Σ over lags of powers of W, written out."""
    T, n = len(x), W.rows
    h = [sympy.zeros(n, 1)]
    for x_t in x:
        h.append(W * h[-1] + u * x_t)
    e = [((w * h[t + 1])[0] - y[t]) / T for t in range(T)]
    lam = [
        sum((e[i] * (w * W ** (i - t)).T for i in range(t, T)), sympy.zeros(n, 1))
        for t in range(T)
    ]
    zero = sympy.zeros(n, n)
    by_W = sum((lam[t] * h[t].T for t in range(T)), zero)
    by_u = sum((lam[t] * x[t] for t in range(T)), sympy.zeros(n, 1))
    return by_W, by_u, lam


def test_dyadic_linear_rnns_are_right_to_the_last_bit():
    """Weights in eighths: every float64 operation is exact, and so is the gradient."""
    q = sympy.Rational
    W = sympy.Matrix([[q(1, 2), q(-1, 4)], [q(3, 8), q(1, 4)]])
    u, w = sympy.Matrix([1, q(1, 2)]), sympy.Matrix([[1, q(-1, 2)]])
    x, y = [1, -2, q(1, 2), 3], [q(1, 2), 0, 1, -1]
    by_W, by_u, lam = exact_linear_gradients(W, u, w, x, y)
    as_floats = [np.array(m.tolist(), dtype=float) for m in (W, u, w)]
    cell = Linear(*as_floats[:2])
    trajectory = run(cell, np.zeros(2), np.array(x, dtype=float)[:, None])
    targets = np.array(y, dtype=float)[:, None]
    gradient = Full().gradient(SquaredError(trajectory, targets, as_floats[2]))
    for found, exact in (
        (gradient.params["W_hh"], by_W),
        (gradient.params["W_hx"], by_u),
        (gradient.states[1:], sympy.Matrix([row.T for row in lam])),
    ):
        assert found.tolist() == np.array(exact.tolist(), dtype=float).tolist()


PR09_W = [[0.6, -1.2, 0.3], [1.2, 0.6, -0.6], [-0.3, 0.9, 1.5]]


def test_a_three_unit_tanh_network_has_its_published_gradient():
    """PR09, T = 10, loss ‖h_T‖²/2; the values come from 18-digit arithmetic."""
    cell = RNN(PR09_W, np.zeros((3, 0)), [0.1, -0.2, 0.05])
    trajectory = run(cell, [0.1, 0.2, -0.3], np.zeros((10, 0)))
    objective = SquaredError(
        trajectory, np.zeros((10, 3)), np.eye(3), weights=np.eye(10)[-1]
    )
    gradient = Full().gradient(objective)
    assert objective.loss == pytest.approx(0.64799479721804891241, rel=1e-13)
    by_W = [
        [-0.631613633704117055, -0.473154520889300079, 0.677986476027975586],
        [0.427640845743592579, -1.10813726262450517, 1.0612833812247017],
        [0.749705650496757783, -0.13758495389936001, 0.889827206180303528],
    ]
    by_h0 = [-1.7072351116486202, -0.0401682399723136102, 0.131181132090393363]
    # h_t and its sensitivity grow by e² in ten steps: some 10 eps relative.
    np.testing.assert_allclose(gradient.params["W_hh"], by_W, rtol=1e-12)
    np.testing.assert_allclose(gradient.initial, by_h0, rtol=1e-12)
    logs = [1.9938003514691341134, -0.095636591683668051995, -5.3855271340368295709]
    found = profile(trajectory, lags=[10]).log_singular_values
    np.testing.assert_allclose(found, [logs], atol=1e-12)


CLIFFS = {
    5: (-28025.56928649634141847459, -14012.7846432481707092373),
    6: (-127524299.8428099173806816, -63762149.92140495869034078),
    8: (-112589990684262.3, -56294995342131.15),
    10: (-5259072701473412036.011524, -2629536350736706018.005762),
}


@pytest.mark.parametrize("w", CLIFFS)
def test_the_cliff_of_a_sigmoid_unit(w):
    """SB05: h stays at ½, an unstable fixed point, and E = (h_50 − 0.7)² is a cliff."""
    cell = RNN([[w]], np.zeros((1, 0)), [-w / 2], activation="sigmoid")
    trajectory = run(cell, [0.5], np.zeros((50, 0)))
    assert (trajectory.states == 0.5).all()
    # E has no factor ½, hence the weight 2.
    objective = SquaredError(
        trajectory, np.full((50, 1), 0.7), [[1.0]], weights=2 * np.eye(50)[-1]
    )
    params = Full().gradient(objective).params
    by_b, by_w = CLIFFS[w]
    assert params["b_h"][0] == pytest.approx(by_b, rel=1e-9)
    assert params["W_hh"][0, 0] == pytest.approx(by_w, rel=1e-9)


def unrolled_loss(T):
    """A tanh network, n = 2, m = 1, with softmax loss over two classes, in symbols."""
    names = ("a", "b", "c", "d", "u", "v", "p", "q", "w1", "w2", "w3", "w4", "s", "t")
    a, b, c, d, u, v, p, q, w1, w2, w3, w4, s, t = syms = sympy.symbols(names)
    W, U, bias = (
        sympy.Matrix([[a, b], [c, d]]),
        sympy.Matrix([u, v]),
        sympy.Matrix([p, q]),
    )
    readout, top = sympy.Matrix([[w1, w2], [w3, w4]]), sympy.Matrix([s, t])
    h, loss = sympy.Matrix([sympy.Rational(1, 4), sympy.Rational(-1, 2)]), 0
    for k in range(T):
        h = (W * h + U * (k + 1) + bias).applyfunc(sympy.tanh)
        o = readout * h + top
        loss += (sympy.log(sympy.exp(o[0]) + sympy.exp(o[1])) - o[k % 2]) / T
    return loss, syms


@pytest.mark.parametrize("T", [1, 3])
def test_the_unrolled_loss_differentiated_by_sympy(T, rng):
    loss, syms = unrolled_loss(T)
    values = rng.normal(size=len(syms)) / 2
    # cse: the unrolled expression shares its subtrees, evaluated once each.
    derivatives = [loss.diff(symbol) for symbol in syms]
    evaluate = sympy.lambdify(syms, derivatives, modules="mpmath", cse=True)
    with mpmath.workdps(25):
        expected = [float(value) for value in evaluate(*map(mpmath.mpf, values))]
    W, U, b, R, top = np.split(values, [4, 6, 8, 12])
    cell = RNN(W.reshape(2, 2), U.reshape(2, 1), b)
    trajectory = run(cell, [0.25, -0.5], np.arange(1.0, T + 1)[:, None])
    objective = CrossEntropy(trajectory, np.arange(T) % 2, R.reshape(2, 2), top)
    params = Full().gradient(objective).params
    names = ("W_hh", "W_hx", "b_h", "W_qh", "b_q")
    found = np.concatenate([params[name].ravel() for name in names])
    # A handful of rounded operations; entries that cancel are compared in their sum.
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)
