"""Derivatives of the step are what the cells' own code states: the difference is 0."""

import numpy as np
import pytest
import sympy

import gradlab.cells
from gradlab.algebra.symbols import SYMBOLS, symbols
from gradlab.cells import (
    ACTIVATIONS,
    GRU,
    LSTM,
    RNN,
    AbstractActivation,
    AbstractCell,
    Henon,
    LeakyRelu,
    Linear,
    Logistic,
    ProjectedLSTM,
    Wrapped,
)
from gradlab.symbolic import input_jacobian, jacobian, parameter_cotangents
from gradlab.symbolic.jacobian import symbolic_cell
from tests.oracles.code_in_symbols import (
    activation_code_in_symbols,
    cell_code_in_symbols,
)
from tests.oracles.zero import vanishes


class AnyFunction(sympy.Function):
    """φ with φ' = Slope, of which nothing else is known."""

    def fdiff(self, argindex=1):
        return AnySlope(*self.args)


class AnySlope(sympy.Function):
    """φ'."""


@AbstractActivation.register
class AnyActivation:
    """An activation of which only the names of φ and φ' are known."""

    kinks = ()

    name, lipschitz = "any", 1.0

    def value(self, a, algebra=SYMBOLS):
        return np.asarray(np.frompyfunc(AnyFunction, 1, 1)(a), dtype=object)

    def slope(self, a):
        return np.asarray(np.frompyfunc(AnySlope, 1, 1)(a), dtype=object)


SIZES = [(1, 0), (1, 1), (2, 1), (2, 2), (3, 1)]
CASES = [
    *((Linear, n, m, {}) for n, m in SIZES),
    *((RNN, n, m, {"activation": AnyActivation()}) for n, m in SIZES),
    *((LSTM, n, m, {}) for n, m in SIZES[:3]),
    *((ProjectedLSTM, n, m, {"projected": 1}) for n, m in SIZES[:3]),
    *((GRU, n, m, {}) for n, m in SIZES[:3]),
    (Henon, 2, 0, {}),
    (Logistic, 1, 0, {}),
]
NAMES = [f"{kind.__name__} {n} {m}" for kind, n, m, _ in CASES]


@pytest.fixture(params=CASES, ids=NAMES, name="case")
def _case(request):
    return request.param


def stated(case):
    """Return the cell of symbols, and h, x."""
    kind, n, m, options = case
    cell = symbolic_cell(kind, n, m, **options)
    return cell, symbols("h", cell.sizes[0]), symbols("x", m)


def test_the_state_jacobian_is_the_code_of_slopes(case, monkeypatch):
    kind, n, m, options = case
    cell, h, x = stated(case)
    with cell_code_in_symbols(monkeypatch):
        code = cell.slopes(h, x).dense()
    found = np.array(jacobian(kind, n, m, **options).tolist(), dtype=object)
    assert code.shape == found.shape
    assert vanishes((found - code).ravel())


def test_the_input_jacobian_is_the_code_of_input_slopes(case, monkeypatch):
    kind, n, m, options = case
    cell, h, x = stated(case)
    with cell_code_in_symbols(monkeypatch):
        code = cell.input_slopes(h, x).dense()
    found = input_jacobian(kind, n, m, **options)
    assert found.shape == code.shape == (cell.sizes[0], m)
    entries = np.array(found.tolist(), dtype=object).reshape(code.shape)
    assert vanishes((entries - code).ravel())


def test_parameter_cotangents_are_the_code(case, monkeypatch):
    kind, n, m, options = case
    cell, h, x = stated(case)
    u = symbols("u", cell.sizes[0])
    with cell_code_in_symbols(monkeypatch):
        code = {k: v.each() for k, v in cell.parameter_cotangents(h, x, u).items()}
    found = parameter_cotangents(kind, n, m, **options)
    assert list(found) == list(code) == list(cell.params)
    for name, formulas in found.items():
        assert formulas.shape == np.shape(code[name])
        assert vanishes(np.ravel(formulas - code[name]))


def test_a_wrong_statement_does_not_vanish(monkeypatch):
    cell, h, x = stated((GRU, 1, 0, {}))
    with cell_code_in_symbols(monkeypatch):
        (code,) = cell.slopes(h, x).dense().ravel()
    (found,) = jacobian(GRU, 1, 0)
    assert not vanishes(found - code - sympy.tanh(h[0]) / 10**9)


def test_every_cell_that_is_exported_is_proved():
    exported = {
        value
        for name in gradlab.cells.__all__
        if isinstance(value := getattr(gradlab.cells, name), type)
        and issubclass(value, AbstractCell)
    }
    # A wrapped function has no formula of its own.
    assert exported - {AbstractCell, Wrapped} == {kind for kind, *_ in CASES}


@pytest.mark.parametrize("phi", ACTIVATIONS, ids=lambda phi: phi.name)
def test_an_rnn_has_the_derivative_of_its_activation_before_its_weights(phi):
    """∂h'_i/∂h_j = φ'(a_i) W_ij for each φ, with φ' as SymPy differentiates φ."""
    n, m = 2, 1
    found = jacobian(RNN, n, m, activation=phi)
    cell, h, x = stated((RNN, n, m, {"activation": phi}))
    p = cell.params
    preactivations = p["W_hh"] @ h + p["W_hx"] @ x + p["b_h"]
    a = sympy.Symbol("a", real=True)
    slope = phi.value(np.array([a], dtype=object), SYMBOLS)[0].diff(a)
    for i, j in np.ndindex(n, n):
        expected = slope.subs(a, preactivations[i]) * p["W_hh"][i, j]
        assert sympy.simplify(sympy.piecewise_fold(found[i, j] - expected)) == 0


SMOOTH = [phi for phi in ACTIVATIONS if not phi.kinks]
KINKED = [*(phi for phi in ACTIVATIONS if phi.kinks), LeakyRelu(2.5)]
SIZE = sympy.Symbol("s", positive=True)


@pytest.mark.parametrize("phi", SMOOTH, ids=lambda phi: phi.name)
@pytest.mark.parametrize("side", [SIZE, -SIZE], ids=["right", "left"])
def test_the_code_of_a_slope_is_the_derivative(phi, side, monkeypatch):
    """For a > 0 and for a < 0, where |a| is known; together with continuity for all."""
    a = sympy.Symbol("a", real=True)
    derivative = phi.value(np.array([a], dtype=object), SYMBOLS)[0].diff(a)
    with activation_code_in_symbols(monkeypatch):
        (code,) = phi.slope(np.array([side], dtype=object))
    difference = derivative.subs(a, side) - sympy.nsimplify(code)
    assert vanishes(difference) or vanishes(difference.rewrite(sympy.exp))


@pytest.mark.parametrize("phi", KINKED, ids=repr)
@pytest.mark.parametrize("a", ["-7/3", "-1/3", "1/5", "4/3"])
def test_between_kinks_the_slope_is_the_derivative(phi, a):
    """Both are constant there, so one rational point in every piece is a proof."""
    point, symbol = sympy.Rational(a), sympy.Symbol("a", real=True)
    formula = phi.value(np.array([symbol], dtype=object), SYMBOLS)[0]
    derivative = formula.diff(symbol).subs(symbol, point)
    stated = phi.slope(np.array([float(point)]))[0]
    assert derivative == sympy.Rational(str(stated))  # floats enter as decimals


def test_the_float_constants_of_slopes_are_the_exact_ones():
    """What the proofs above replace: each is its exact number, rounded."""
    erf = next(phi for phi in ACTIVATIONS if phi.name == "erf")
    exact = sympy.N(2 / sympy.sqrt(sympy.pi), 30)
    assert abs(sympy.Rational(erf.lipschitz) - exact) <= 2.0**-52
