"""Norms rounded outward: never below the exact norm, above it by no more than said."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.bounds.outward import (
    log_norm_above,
    log_norms_above,
    product_error,
    sum_above,
    times_above,
)
from tests.cases.adversarial import matrices
from tests.oracles.gain import exact_product, gain_at_most

# Matrices whose norm is a whole number that float64's SVD misses from below.
MISSED = [
    ([[-2.0, -5.0], [-2.0, -2.0]], 6),
    ([[-5.0, -4.0], [-4.0, -5.0]], 9),
    (np.ones((7, 7)), 7),
]


@pytest.mark.parametrize(("A", "norm"), MISSED)
def test_a_norm_that_lapack_misses_from_below_is_covered(A, norm):
    above = log_norm_above(np.array(A))
    assert gain_at_most(exact_product([np.array(A)]), above)
    # 4 n² u is 2e-14 for n = 7.
    assert math.log(norm) <= above < math.log(norm) + 3e-14


@given(st.integers(1, 5).flatmap(matrices))
def test_a_norm_is_covered_and_nearly_reached(A):
    above = log_norm_above(A)
    P = exact_product([A])
    assert gain_at_most(P, above)
    if above > -math.inf:
        # 4 n² u ≤ 1.2e-14 at n = 5; ln of a number near 2^±1040 adds 8 ε · 720.
        assert not gain_at_most(P, Fraction(above) - Fraction(2e-12))


@pytest.mark.parametrize("shape", [(20, 1), (1, 20), (20, 2)])
def test_rectangles_are_covered(shape, rng):
    A = rng.normal(size=shape)
    assert gain_at_most(exact_product([A]), log_norm_above(A))


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-170, 1e170, 1.7e308])
def test_sizes_whose_squares_leave_float64_are_no_harm(size):
    # ‖full((2, 2), s)‖ = 2s.  At the ends the log of s carries 1e-13.
    assert log_norm_above(np.full((2, 2), size)) == pytest.approx(
        math.log(2) + math.log(size), abs=1e-12
    )


def test_zero_has_no_norm_and_a_stack_is_taken_matrix_by_matrix():
    stack = np.stack([np.zeros((3, 3)), 2 * np.eye(3)])
    logs = log_norms_above(stack)
    assert logs[0] == -math.inf
    assert logs[1] == log_norm_above(2 * np.eye(3)) >= math.log(2)


@given(st.lists(st.floats(-1e300, 1e300), max_size=20), st.integers(1, 10**6))
def test_sums_and_multiples_are_not_below_the_exact_ones(terms, T):
    assert Fraction(sum_above(terms)) >= sum(map(Fraction, terms))
    for term in terms:
        if abs(term) < 1e290:
            assert Fraction(times_above(T, term)) >= T * Fraction(term)
    assert times_above(T, -math.inf) == sum_above([-math.inf, 1.0]) == -math.inf


@pytest.mark.parametrize("n", [1, 4, 32])
def test_every_term_of_the_derivation_is_there(n):
    # For A = I all products are exact and only the a-priori terms remain: n² u from
    # the Gram matrix, 2 n² u from AV, n² u from VᵀV, and 4 n u + 32 u for the sums.
    u = 2.0**-53
    expected = 4 * n**2 * u + 4 * n * u + 32 * u
    # ‖I‖ = 1 is scaled to ½ · 2, so ln carries 4 ε (ln 2 + ln 2) more.
    expected += 16 * u * math.log(2)
    assert log_norm_above(np.eye(n)) == pytest.approx(expected, rel=0.05)


def test_the_error_of_a_product_is_covered_entry_by_entry(rng):
    X, Y = rng.normal(size=(5, 7)), rng.normal(size=(7, 4))
    bound, computed = product_error(X, Y), X @ Y
    assert (bound <= 2 * 7 * 2.0**-53 * (1 + 1e-14) * (np.abs(X) @ np.abs(Y))).all()
    for i, j in np.ndindex(5, 4):
        exact = sum(
            Fraction(a) * Fraction(b) for a, b in zip(X[i], Y[:, j], strict=True)
        )
        assert abs(exact - Fraction(computed[i, j])) <= Fraction(bound[i, j])
