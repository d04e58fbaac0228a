"""Determinants in integers: 1 is 1, 0 is 0, and logarithms are rounded once."""

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra.balls import BALLS
from gradlab.errors import InputError
from gradlab.testing import matrices
from gradlab.verified import enclosed_log_abs_det
from tests.oracles.exact_norms import exact

squares = st.integers(1, 5).flatmap(matrices)


def log_of(determinant):
    with BALLS.precision(10_000):
        value = Fraction(int(determinant.p), int(determinant.q))
        return arb(fmpq(abs(value.numerator), value.denominator)).log()


@given(squares)
def test_a_log_determinant_is_enclosed(A):
    found, determinant = enclosed_log_abs_det(A), exact(A).det()
    if determinant == 0:
        assert found.lower == found.upper == -math.inf
        return
    truth = log_of(determinant)
    assert found.lower <= truth <= found.upper
    # Neighbouring float64s, one step to either side at most.
    assert found.upper <= math.nextafter(math.nextafter(found.lower, 1e9), 1e9)


def test_unimodular_and_singular_matrices():
    one = enclosed_log_abs_det([[1e8, 1e8 + 1], [1e8 - 1, 1e8]])
    assert (one.lower, one.upper) == (0.0, 0.0)
    none = enclosed_log_abs_det([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    assert (none.lower, none.upper) == (-math.inf, -math.inf)


def test_a_determinant_next_to_one_has_a_logarithm_with_all_its_digits():
    # det = (1 + a)(1 − 2⁻³⁰⁰) − a with a = 2⁻⁴⁰, and its logarithm −2⁻³⁰⁰(1 + a) or so.
    A = np.array(
        [[1 + 2.0**-40, 2.0**-40, 0.0], [1.0, 1.0, 2.0**-300], [0.0, 1.0, 1.0]]
    )
    truth = log_of(exact(A).det())
    found = enclosed_log_abs_det(A)
    assert found.lower <= truth <= found.upper
    assert found.width <= 2 * math.ulp(found.lower)


@pytest.mark.parametrize("k", range(50, 130, 5))
def test_the_nearer_to_one_the_more_bits_are_taken(k):
    # det = (1 + 2⁻ᵏ)(1 + 2⁻²⁰⁰); to 128 bits its logarithm has 128 − k of them.
    A = np.eye(4)
    A[0, 1], A[2, 3], A[1, 0], A[3, 2] = 2.0**-k, 2.0**-200, -1.0, -1.0
    truth, found = log_of(exact(A).det()), enclosed_log_abs_det(A)
    assert found.lower <= truth <= found.upper
    # Neighbouring float64s, one step to either side at most.
    assert found.upper <= math.nextafter(math.nextafter(found.lower, 1.0), 1.0)


def test_a_stack_has_one_for_each_matrix(rng):
    stack = rng.normal(size=(2, 3, 4, 4))
    found = enclosed_log_abs_det(stack)
    assert found.lower.shape == (2, 3)
    # slogdet errs by n u κ or so.
    np.testing.assert_allclose(found.lower, np.linalg.slogdet(stack)[1], atol=1e-12)
    assert enclosed_log_abs_det(np.zeros((0, 2, 2))).lower.shape == (0,)


def test_a_complex_determinant_is_half_of_its_real_form(rng):
    Z = rng.normal(size=(3, 3, 2)) @ [1, 1j]
    found = enclosed_log_abs_det(Z)
    measured = np.linalg.slogdet(Z)[1]
    assert found.lower - 1e-13 <= measured <= found.upper + 1e-13
    assert found.width < 1e-15


@pytest.mark.parametrize("a", range(1, 8))
def test_a_complex_number_is_enclosed_by_neighbours_of_its_logarithm(a):
    for b in range(1, 8):
        found = enclosed_log_abs_det([[a + 1j * b]])
        with BALLS.precision(200):
            truth = arb(a**2 + b**2).log() / 2
        assert found.lower <= truth <= found.upper
        assert found.width <= 4 * math.ulp(found.upper)


def test_sizes_beyond_float64_are_no_harm():
    found = enclosed_log_abs_det(np.diag([2.0**1000, 2.0**1000, 2.0**-1074]))
    assert found.lower <= 926 * math.log(2) <= found.upper


def test_what_is_not_square_is_refused():
    with pytest.raises(InputError, match=r"`A` must have shape \(..., n, n\)"):
        enclosed_log_abs_det(np.zeros((2, 3)))
    with pytest.raises(InputError, match="`A` must be finite; got nan"):
        enclosed_log_abs_det([[math.nan]])
    with pytest.raises(InputError, match="`A` must be made of numbers that float64"):
        enclosed_log_abs_det([[2**53 + 1]])
