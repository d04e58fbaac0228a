"""Jacobians from the step in symbols equal the closed forms, and the cells' own."""

import mpmath
import numpy as np
import pytest
import sympy

from gradlab.cells import GRU, LSTM, RNN, Henon, Linear, Logistic, Wrapped
from gradlab.errors import InputError, InputTypeError
from gradlab.symbolic import jacobian, symbolic_step


def matrix(name, rows, columns):
    return sympy.Matrix(
        rows,
        columns,
        lambda i, j: sympy.Symbol(f"{name}_{i + 1}_{j + 1}", real=True),
    )


def vector(name, n):
    return sympy.Matrix([sympy.Symbol(f"{name}_{i + 1}", real=True) for i in range(n)])


def sigmoid(a):
    return 1 / (1 + sympy.exp(-a))


def vanishes(difference):
    return all(sympy.simplify(entry) == 0 for entry in difference)


def vanishes_as_a_rational_function(difference):
    """Whether it is 0 whatever each exp and tanh in it stands for: quick, enough."""
    kinds = (sympy.exp, sympy.tanh)
    atoms = sorted(difference.atoms(*kinds), key=sympy.count_ops, reverse=True)
    for atom in atoms:  # the outer ones first
        difference = difference.subs(atom, sympy.Dummy())
    return all(sympy.cancel(entry) == 0 for entry in difference)


def test_a_plain_rnn_has_slopes_before_its_weights():
    """J = diag(sech² a) W_hh."""
    W, U, b = matrix("W_hh", 2, 2), matrix("W_hx", 2, 1), vector("b_h", 2)
    a = W * vector("h", 2) + U * vector("x", 1) + b
    stated = sympy.diag(*[1 / sympy.cosh(entry) ** 2 for entry in a]) * W
    assert vanishes((jacobian(RNN, 2, 1) - stated).rewrite(sympy.exp))


def test_a_relu_has_a_mask_before_its_weights():
    found = jacobian(RNN, 1, 0, activation="relu")
    W, h, b = sympy.symbols("W_hh_1_1 h_1 b_h_1", real=True)
    assert found == sympy.Matrix([[sympy.Piecewise((W, W * h + b > 0), (0, True))]])


def test_a_linear_cell_is_its_weights():
    assert jacobian(Linear, 3, 2) == matrix("W_hh", 3, 3)


def test_an_lstm_has_its_stated_blocks():
    """∂c'/∂c = σ(f); ∂h'/∂· = σ(o) sech² c' ∂c'/∂· + tanh c' σ'(o) w_o."""
    W, b = matrix("W_hh", 4, 1), vector("b_h", 4)
    h, c = vector("h", 2)
    i, f, g, o = W * h + b
    c_next = sigmoid(f) * c + sigmoid(i) * sympy.tanh(g)

    def slope(a):
        return sigmoid(a) * (1 - sigmoid(a))

    by_h = (
        slope(f) * c * W[1]
        + slope(i) * sympy.tanh(g) * W[0]
        + sigmoid(i) * (1 - sympy.tanh(g) ** 2) * W[2]
    )
    through = sigmoid(o) * (1 - sympy.tanh(c_next) ** 2)
    stated = sympy.Matrix(
        [
            [
                through * by_h + sympy.tanh(c_next) * slope(o) * W[3],
                through * sigmoid(f),
            ],
            [by_h, sigmoid(f)],
        ]
    )
    assert vanishes_as_a_rational_function(jacobian(LSTM, 1, 0) - stated)


def test_a_gru_has_its_stated_form():
    """J = z + σ'(z)(h − ñ) w_z + (1 − z) sech²(ñ)(r w_n + σ'(r) q_n w_r), n = 1."""
    W, p, q = matrix("W_hh", 3, 1), vector("b_hx", 3), vector("b_hh", 3)
    (h,) = vector("h", 1)
    r, z = sigmoid(W[0] * h + p[0] + q[0]), sigmoid(W[1] * h + p[1] + q[1])
    gated = W[2] * h + q[2]
    new = sympy.tanh(p[2] + r * gated)
    stated = (
        z
        + z * (1 - z) * (h - new) * W[1]
        + (1 - z) * (1 - new**2) * (r * W[2] + r * (1 - r) * gated * W[0])
    )
    assert vanishes(jacobian(GRU, 1, 0) - sympy.Matrix([[stated]]))


def test_the_maps_have_their_two_lines():
    a, b, r, h_1 = sympy.symbols("a b r h_1", real=True)
    assert jacobian(Henon, 2, 0) == sympy.Matrix([[-2 * a * h_1, 1], [b, 0]])
    assert vanishes(jacobian(Logistic, 1, 0) - sympy.Matrix([[r * (1 - 2 * h_1)]]))


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_the_formula_at_a_point_is_what_the_cell_states(kind, rng):
    """The same entries, evaluated to 30 digits at a random point, n = 2 and m = 1."""
    cell = kind.random(2, 1, gain=1.5, rng=rng, init="torch")
    h, x = rng.normal(size=cell.sizes[0]), rng.normal(size=1)
    values = {f"h_{i + 1}": v for i, v in enumerate(h)} | {"x_1": x[0]}
    for name, parameter in cell.params.items():
        for index, value in np.ndenumerate(parameter):
            values["_".join([name, *(str(i + 1) for i in index)])] = value
    formula = jacobian(kind, 2, 1)
    names = sorted(values)
    arguments = [sympy.Symbol(name, real=True) for name in names]
    evaluate = sympy.lambdify(arguments, formula.tolist(), "mpmath", cse=True)
    with mpmath.workdps(30):
        rows = evaluate(*(mpmath.mpf(float(values[name])) for name in names))
    expected = np.array([[float(entry) for entry in row] for row in rows])
    # A few tens of rounded operations on numbers of order one.
    np.testing.assert_allclose(cell.jacobian(h, x), expected, rtol=1e-13, atol=1e-15)


def test_the_step_is_the_one_that_runs_in_floats():
    h, x, image = symbolic_step(RNN, 1, 1)
    assert image[0].free_symbols >= {h[0], x[0]}
    values = dict.fromkeys(image[0].free_symbols, 0.0) | {h[0]: 1.0}
    assert image[0].subs(values) == 0


def test_what_is_no_cell_of_this_size_is_refused():
    with pytest.raises(InputError, match=r"of Henon is \(2, 0\); got \(3, 1\)"):
        jacobian(Henon, 3, 1)
    for wrong in (Wrapped, "rnn", int):
        with pytest.raises(InputTypeError, match="`cell_class` must be a cell with"):
            jacobian(wrong, 2, 1)
