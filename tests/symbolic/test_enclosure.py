"""Signs of exact numbers: proved, zero where algebra says so, honest elsewhere."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra.balls import BALLS
from gradlab.errors import InputTypeError
from gradlab.symbolic.enclosure import enclosure, exact_number, nearest_float, sign

Q = sympy.Rational

NUMBERS = [
    sympy.sqrt(2) + sympy.Rational(1, 3),
    sympy.pi - sympy.E,
    sympy.exp(Q(3, 7)) * sympy.log(5),
    sympy.acosh(3) - sympy.asinh(2) + sympy.atanh(Q(1, 3)),
    sympy.sinh(1) * sympy.cosh(2) / sympy.tanh(3),
    Q(5, 7) ** Q(2, 3) - Q(7, 5) ** Q(-5, 4),
    abs(1 - sympy.sqrt(5)),
]


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_the_ball_holds_the_number(number):
    with BALLS.precision(120), mpmath.workdps(50):
        ball = enclosure(number)
        value = sympy.N(number, 45)
        assert ball.rad() < 1e-30
        assert abs(mpmath.mpf(ball.mid().str(40, radius=False)) - value) < 1e-30


@given(st.fractions(-100, 100), st.fractions(-100, 100))
def test_signs_of_rationals_are_exact(p, q):
    difference = exact_number("p", p) - exact_number("q", q)
    assert sign(difference) == (p > q) - (p < q)


def test_close_numbers_are_told_apart_and_equal_ones_are_not():
    root = sympy.sqrt(2)
    near = Q(math.isqrt(2 * 10**400), 10**200)
    assert sign(root - near) == 1
    assert sign(near - root) == -1
    assert sign(sympy.log(6) - sympy.log(2) - sympy.log(3)) == 0
    assert sign(sympy.acosh(sympy.cosh(1)) - 1) == 0


def test_a_ball_is_relative_and_small_numbers_are_no_zeros():
    assert sign(sympy.exp(-(10**4))) == 1  # 2^−14427
    assert nearest_float(sympy.exp(-700)) == pytest.approx(math.exp(-700), rel=1e-15)


def test_what_20000_bits_would_tell_is_undecided():
    root, digits = sympy.sqrt(2), 10**6000
    near = Q(math.isqrt(2 * digits**2), digits)
    assert sign(root - near) is None
    assert nearest_float(root - near) == 0.0


def test_floats_are_the_binary_numbers_they_are():
    assert exact_number("w", 0.1) == Q(
        Fraction(0.1).numerator, Fraction(0.1).denominator
    )
    assert exact_number("w", np.float32(0.1)) == Q(13421773, 134217728)
    assert exact_number("w", 0.5 * sympy.sqrt(2)) == sympy.sqrt(2) / 2


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (sympy.oo, np.inf),
        (-sympy.oo, -np.inf),
        (Q(1, 3), 1 / 3),
        (sympy.Integer(0), 0.0),
        (sympy.sqrt(2), np.sqrt(2)),
    ],
)
def test_nearest_float_is_the_number_rounded_once(number, value):
    assert nearest_float(number) == value


def test_nearest_float_survives_cancellation():
    """√(w(w−1)) − arcosh √w = (2/3) ε^(3/2) (1 + O(ε)) at w = 1 + ε."""
    for power in (20, 60, 200):
        w = 1 + Q(1, 2**power)
        found = nearest_float(sympy.sqrt(w * (w - 1)) - sympy.acosh(sympy.sqrt(w)))
        first = 2 / 3 * 2.0 ** (-1.5 * power)
        assert found == pytest.approx(first, rel=2.0 ** (1 - power) + 1e-15)


@pytest.mark.parametrize("number", [sympy.gamma(Q(1, 3)), sympy.EulerGamma])
def test_what_has_no_ball_is_said(number):
    with pytest.raises(InputTypeError, match="no ball around"):
        enclosure(number)
