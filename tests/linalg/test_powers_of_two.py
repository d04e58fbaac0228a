"""Powers of two: exact where float64 has the result, outward by a step where not."""

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
from gradlab.testing import matrices
from tests.linalg.test_rounding import BOUNDARY, ETA, not_above, not_below


@pytest.mark.parametrize("exponent", [-5000, -1074, -1030, -1, 0, 1, 1023, 2098, 5000])
def test_powers_of_two_are_exact_or_rounded_outward(exponent):
    every = np.array(BOUNDARY)
    lows, highs = down_ldexp(every, exponent), up_ldexp(every, exponent)
    for x, low, high in zip(BOUNDARY, lows.tolist(), highs.tolist(), strict=True):
        exact = Fraction(x) * Fraction(2) ** exponent
        # A number by itself goes another way.
        assert (down_ldexp(x, exponent), up_ldexp(x, exponent)) == (low, high)
        assert not_above(low, exact)
        assert not_below(high, exact)
        assert min(low, high) >= 0 if x >= 0 else max(low, high) <= 0
        if low != high:
            assert math.nextafter(low, math.inf) == high or high - low <= 2 * ETA
            assert low == -math.inf or Fraction(low) != exact
        assert math.copysign(1.0, up_ldexp(x, exponent)) == math.copysign(1.0, high)
    assert up_ldexp(math.inf, -5000) == math.inf
    assert math.isnan(up_ldexp(math.nan, 3))
    assert math.isnan(down_ldexp(math.nan, 3))


LARGEST = sys.float_info.max
EDGES = [
    (1 - 2.0**-53, -1022),  # rounds up to the least normal number, and down below it
    (LARGEST, -2046),
    (LARGEST, -2060),  # 2^1024 when it is moved back
    (1.5, -1074),
    (2.0**-1022, 0),
    (1.0, -1022),
]


@pytest.mark.parametrize(("x", "exponent"), EDGES)
def test_numbers_at_the_edge_of_what_is_normal_are_rounded_outward(x, exponent):
    exact = Fraction(x) * Fraction(2) ** exponent
    low, high = down_ldexp(x, exponent), up_ldexp(x, exponent)
    assert Fraction(low) <= exact <= Fraction(high)
    assert high - low <= 2 * ETA
    assert (low == high) == (Fraction(float(exact)) == exact)
    assert (-high, -low) == (down_ldexp(-x, exponent), up_ldexp(-x, exponent))


@given(matrices(3))
def test_a_matrix_is_split_into_a_power_of_two_and_entries_near_one(A):
    S, e = split_power(A)
    assert not A.any() or 0.5 <= np.abs(S).max() < 1
    for a, s in zip(A.flat, S.flat, strict=True):
        assert abs(Fraction(a) / Fraction(2) ** int(e) - Fraction(s)) <= Fraction(ETA)
    Z, f = split_power(A * 1j)
    assert f == e
    np.testing.assert_array_equal(Z, 1j * S)


def test_every_matrix_of_a_stack_has_its_own_power():
    stack = np.stack([np.full((2, 2), 1e300), np.zeros((2, 2)), np.full((2, 2), ETA)])
    S, e = split_power(stack)
    assert S.shape == stack.shape
    assert S[1].any() == 0 == e[1]
    np.testing.assert_array_equal(np.ldexp(S, e[:, None, None]), stack)
