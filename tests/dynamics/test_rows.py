"""Rows as m · 2^e: sums and norms against exact arithmetic in mpmath."""

import mpmath
import numpy as np
import pytest

from gradlab.dynamics.rows import ScaledRows, log_norms


@pytest.mark.parametrize("apart", [0, 30, 60, 500, 1000])
def test_a_sum_keeps_entries_far_below_the_largest(apart):
    """2^e e_1 + 2^(e − apart) e_2: float64 holds both entries down to 2^−1074."""
    large = ScaledRows.of(np.array([1.0, 0.0]), 5000)
    small = ScaledRows.of(np.array([0.0, 3.0]), 5000 - apart)
    for total in (large.plus(small), small.plus(large)):
        assert total.mantissa[1] / total.mantissa[0] == 3.0 * 2.0**-apart


def test_what_is_out_of_reach_changes_nothing():
    large = ScaledRows.of(np.array([1.0, -0.5]))
    for shift in (1300, 10**6):
        small = ScaledRows.of(np.array([1.0, 1.0]), -shift)
        np.testing.assert_array_equal(large.plus(small).mantissa, large.mantissa)


def test_zero_rows_add_nothing_whatever_their_exponent():
    zero = ScaledRows.of(np.zeros(2), 10**6)
    one = ScaledRows.of(np.array([1.0, 2.0]), -(10**6))
    expected = np.log(5) / 2 - 10**6 * np.log(2)
    for total in (zero.plus(one), one.plus(zero)):
        assert total.log_norms() == pytest.approx(expected, rel=1e-15)
    assert zero.plus(zero).log_norms() == -np.inf


def test_rows_of_a_batch_keep_exponents_of_their_own():
    rows = ScaledRows.of(np.array([[3e-200, 4e-200], [3e200, 4e200], [0.0, 0.0]]))
    back = np.ldexp(rows.mantissa[:2], rows.exponent[:2, None])
    np.testing.assert_array_equal(back, [[3e-200, 4e-200], [3e200, 4e200]])
    with np.errstate(divide="ignore"):
        expected = np.log([5e-200, 5e200, 0.0])
    np.testing.assert_allclose(rows.log_norms(), expected, rtol=1e-15)


def test_norms_of_rows_that_a_sum_left_small():
    rows = ScaledRows(np.array([3e-170, 4e-170]), np.int64(7))
    with mpmath.workdps(30):
        expected = float(mpmath.log(mpmath.mpf("5e-170")) + 7 * mpmath.log(2))
    assert rows.log_norms() == pytest.approx(expected, rel=1e-15)


def test_norms_of_subnormal_numbers_and_of_no_numbers():
    # Half a unit of a subnormal is all its accuracy: 3 and 4 units are exact.
    unit = 5e-324
    found = log_norms(np.array([3 * unit, 4 * unit]))
    assert found == pytest.approx(np.log(5) - 1074 * np.log(2), rel=1e-15)
    assert log_norms(np.empty((2, 0))).tolist() == [-np.inf, -np.inf]
