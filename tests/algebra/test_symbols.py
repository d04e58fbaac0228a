"""Symbols are exact: floats enter by their shortest decimal, formulas stay formulas."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from gradlab.algebra.balls import BALLS
from gradlab.algebra.symbols import SYMBOLS, symbols
from gradlab.cells import RNN, Henon, Linear
from gradlab.errors import InputError, InputTypeError


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (1.4, (7, 5)),
        (0.1, (1, 10)),
        (np.float32(0.1), (1, 10)),
        (-1e-05, (-1, 100_000)),
        (1e22, (10**22, 1)),
        (5e-324, (5, 10**324)),
        (2, (2, 1)),
        (np.int64(-3), (-3, 1)),
        (Fraction(0.1), Fraction(0.1).as_integer_ratio()),
        (sympy.Rational(1, 3), (1, 3)),
    ],
)
def test_a_number_enters_as_the_rational_it_means(value, exact):
    entry = SYMBOLS.array(value)[()]
    assert entry == sympy.Rational(*exact)
    assert entry.is_Rational


def test_complex_numbers_enter_part_by_part():
    assert SYMBOLS.array(0.5 - 1.4j)[()] == sympy.Rational(1, 2) - sympy.I * 7 / 5
    assert SYMBOLS.array(np.complex128(1j))[()] == sympy.I


@pytest.mark.parametrize("value", [np.nan, np.inf, [1.0, -np.inf]])
def test_no_float_without_a_value_enters(value):
    with pytest.raises(InputError, match="an exact number must be finite; got"):
        SYMBOLS.array(value)


@pytest.mark.parametrize("value", ["h", None, object(), True, [1, "x"]])
def test_what_is_no_number_or_expression_is_refused(value):
    with pytest.raises(InputTypeError, match="a number or an expression is needed"):
        SYMBOLS.array(value)


def test_symbols_are_real_and_count_from_one():
    a = symbols("a", 3)
    assert [str(entry) for entry in a] == ["a_1", "a_2", "a_3"]
    assert all(entry.is_real for entry in a)
    assert symbols("x", 0).shape == (0,)
    with pytest.raises(InputError, match="`n` must be an integer >= 0; got -1"):
        symbols("a", -1)


def test_one_step_in_three_number_systems():
    cell, nothing = Henon(a=1.4, b=0.3), np.zeros(0)
    number = cell.step(np.array([0.1, 0.2]), nothing)
    formula = cell.step(symbols("h", 2), nothing, SYMBOLS)
    enclosure = cell.step(BALLS.array([0.1, 0.2]), nothing, BALLS)
    assert str(formula[0]) == "-7*h_1**2/5 + h_2 + 1"
    assert all(abs(ball - x) < 1e-15 for ball, x in zip(enclosure, number, strict=True))


def test_a_linear_step_is_its_matrix_formula():
    cell = Linear([[0.5, -2.0], [0.0, 1.4]], [[1.0], [0.0]])
    formula = cell.step(symbols("h", 2), symbols("x", 1), SYMBOLS)
    assert [str(entry) for entry in formula] == ["h_1/2 - 2*h_2 + x_1", "7*h_2/5"]


@pytest.mark.parametrize(
    ("activation", "formula"),
    [
        ("tanh", "tanh(h_1)"),
        ("sigmoid", "1/(1 + exp(-h_1))"),
        ("erf", "erf(h_1)"),
        ("softplus", "log(exp(h_1) + 1)"),
        ("gelu", "h_1*(erf(sqrt(2)*h_1/2)/2 + 1/2)"),
        ("relu", "Piecewise((h_1, h_1 > 0), (0, True))"),
        ("leaky_relu", "Piecewise((h_1, h_1 > 0), (h_1/100, True))"),
    ],
)
def test_activations_read_as_in_a_textbook(activation, formula):
    cell = RNN([[1.0]], np.zeros((1, 0)), [0.0], activation)
    (found,) = cell.step(symbols("h", 1), np.zeros(0), SYMBOLS)
    assert str(found) == formula


def test_logarithm_and_exponential_are_inverse():
    a = symbols("a", 2)
    assert (SYMBOLS.log(SYMBOLS.exp(a)) == a).all()
    assert SYMBOLS.concatenate([a, a]).shape == (4,)
