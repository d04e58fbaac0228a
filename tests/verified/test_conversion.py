"""Floats enter FLINT exactly, and balls leave it rounded outward, to the next float."""

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra.balls import BALLS
from gradlab.verified.conversion import (
    arb_down,
    arb_up,
    ball_matrix,
    float_ends,
    integer_matrix,
    log_radius,
)

MAX, ETA = sys.float_info.max, 2.0**-1074


@pytest.mark.parametrize("bits", [24, 53, 64, 400])
def test_square_roots_are_rounded_outward_to_neighbours(bits):
    for k in range(1, 400):
        with BALLS.precision(bits):
            root = arb(k).sqrt()
            low, high = arb_down(root), arb_up(root)
        assert Fraction(low) ** 2 <= k <= Fraction(high) ** 2
        if bits > 53:
            assert math.isqrt(k) ** 2 == k or high == math.nextafter(low, math.inf)


def test_one_rounding_to_nearest_is_not_enough():
    with BALLS.precision(400):
        root = arb(3).sqrt()
        assert float(root.upper()) < root < arb_up(root)


@given(st.integers(-(2**200), 2**200), st.integers(-1300, 1100))
def test_integers_times_powers_of_two_are_rounded_to_the_next_float(m, e):
    with BALLS.precision(300):
        x = arb(m) * arb(2) ** e
        low, high = arb_down(x), arb_up(x)
    exact = Fraction(m) * Fraction(2) ** e
    assert low == -math.inf or Fraction(low) <= exact
    assert high == math.inf or Fraction(high) >= exact
    # No float is closer: the two are equal or neighbours.
    assert low == high or math.nextafter(low, math.inf) == high


def test_ends_of_float64():
    with BALLS.precision(128):
        assert (arb_down(arb(MAX) * 2), arb_up(arb(MAX) * 2)) == (MAX, math.inf)
        assert (arb_down(arb(MAX) * -2), arb_up(arb(MAX) * -2)) == (-math.inf, -MAX)
        for power in (1024, 2000):
            beyond = arb(2) ** power
            assert (arb_down(beyond), arb_up(beyond)) == (MAX, math.inf)
            assert (arb_down(-beyond), arb_up(-beyond)) == (-math.inf, -MAX)
        assert (arb_down(arb(ETA) / 2), arb_up(arb(ETA) / 2)) == (0.0, ETA)
        assert arb_up(arb(MAX)) == arb_down(arb(MAX)) == MAX
        above = arb(MAX) + arb(2) ** 900
        assert (arb_down(above), arb_up(above)) == (MAX, math.inf)
    for text, ends in {
        "nan": (-math.inf, math.inf),
        "inf": (math.inf, math.inf),
        "-inf": (-math.inf, -math.inf),
        "[+/- inf]": (-math.inf, math.inf),
    }.items():
        assert (arb_down(arb(text)), arb_up(arb(text))) == ends
    assert math.copysign(1.0, arb_down(arb(0))) == 1.0


def test_balls_leave_with_their_radius():
    low, high = float_ends(np.array([arb(2), arb(0.5, 0.25)]))
    assert low[0] == high[0] == 2.0
    # A radius is kept to 30 bits, rounded up.
    assert 0.25 - 1e-9 < low[1] <= 0.25
    assert 0.75 <= high[1] < 0.75 + 1e-9


def test_the_largest_radius_is_measured_in_nats():
    assert log_radius(np.array([arb(2), arb(3)])) == -math.inf
    with BALLS.precision(3000):
        narrow = arb(3).union(3 + arb(2) ** -1999)  # radius 2⁻²⁰⁰⁰
    balls = np.array([arb(2, 0.5), narrow, arb(1)])
    assert math.log(0.5) <= log_radius(balls) < math.log(0.5) + 1e-8
    assert log_radius(balls[1:]) == pytest.approx(-2000 * math.log(2), rel=1e-8)
    for text in ("nan", "inf", "-inf", "[+/- inf]"):
        assert log_radius(np.array([arb(text), arb(1)])) == math.inf


@pytest.mark.parametrize("radius", [0.25, 0.3, 1.5, 1e-5, 7.0, 1e300, 1e-300])
def test_the_logarithm_of_a_radius_is_rounded_up(radius):
    ball = arb(3, radius)
    found = log_radius(np.array([ball]))
    with BALLS.precision(200):
        exact = ball.rad().log()
        assert exact <= found
        # It is a ball of 53 bits, whose upper end is two steps or less above.
        assert found <= exact + 8 * 2.0**-53 * abs(exact)


@pytest.mark.parametrize(
    "A", [[[0.1, -(2.0**1000)], [ETA, 0.0]], [[0.0, 0.0]], [[MAX], [ETA]]]
)
def test_matrices_enter_exactly(A):
    array = np.array(A)
    M, power = integer_matrix(array)
    scale = Fraction(2) ** power
    for i, j in np.ndindex(array.shape):
        assert int(M[i, j]) * scale == Fraction(array[i, j])
        ball = ball_matrix(array)[i, j]
        exact = Fraction(array[i, j])
        assert ball.is_exact()
        with BALLS.precision(3000):
            assert ball == arb(fmpq(exact.numerator, exact.denominator))
