"""Norms rounded outward: each on its side of the exact norm, and as near as is said."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.linalg.arithmetic import Arithmetic
from gradlab.linalg.outward import (
    defect,
    frobenius_above,
    least_singular_value_above,
    least_singular_value_below,
    log_norm_above,
    log_norm_between,
    norm_above,
    norm_between,
    row_sums_above,
)
from gradlab.linalg.real_form import realified
from gradlab.testing import matrices
from tests.oracles.exact_norms import least_at_least, norm_at_most

# Matrices whose norm is a whole number that float64's SVD misses from below.
MISSED = [
    ([[-2.0, -5.0], [-2.0, -2.0]], 6),
    ([[-5.0, -4.0], [-4.0, -5.0]], 9),
    (np.ones((7, 7)), 7),
]
U = 2.0**-53


@pytest.mark.parametrize(("A", "norm"), MISSED)
def test_a_norm_that_lapack_misses_from_below_is_covered(A, norm):
    low, high = norm_between(np.array(A))
    # 4 n² u is 2e-14 for n = 7.
    assert norm * (1 - 3e-14) < low <= norm <= high < norm * (1 + 3e-14)


@given(st.integers(1, 5).flatmap(matrices))
def test_a_norm_is_covered_and_nearly_reached(A):
    low, high = norm_between(A)
    assert norm_at_most(A, high)
    assert low == 0 or not norm_at_most(A, math.nextafter(low, 0.0))
    assert norm_above(A) == high
    # 2 n² u for either end and what is left of it in practice; 5e-324 is coarse.
    assert high - low <= 2e-14 * high + 1e-322
    logs = log_norm_between(A)
    if high > 1e-300:
        # ln of a number near 2^±1040 adds 8 ε · 720.
        assert logs[1] - logs[0] < 3e-12
    assert log_norm_above(A) == logs[1]
    assert (A.any() and logs[1] > -math.inf) or logs == (-math.inf, -math.inf)


@given(st.integers(1, 4).flatmap(lambda n: st.tuples(matrices(n), matrices(n))))
def test_a_complex_norm_is_covered_and_nearly_reached(parts):
    Z = parts[0] + 1j * parts[1]
    low, high = norm_between(Z)
    assert norm_at_most(realified(Z), high)
    assert low == 0 or not norm_at_most(realified(Z), math.nextafter(low, 0.0))
    # 4 √2 n² u for either end, 2e-14 together, and what is left of it in practice.
    assert high - low <= 4e-14 * high + 1e-322


@given(st.integers(1, 5).flatmap(matrices))
def test_a_least_singular_value_is_covered(A):
    low, high = least_singular_value_below(A), least_singular_value_above(A)
    assert 0 <= low <= high
    assert low == 0 or least_at_least(A, low)
    assert not least_at_least(A, math.nextafter(high, math.inf))


def test_a_well_conditioned_least_singular_value_is_nearly_reached(rng):
    A = rng.normal(size=(8, 8)) + 4 * np.eye(8)
    low, high = least_singular_value_below(A), least_singular_value_above(A)
    # Some n² u κ from below; from above n² u ‖A‖.
    assert high - low < 1e-12 * high
    assert least_singular_value_above(np.zeros((3, 2))) == 0


@pytest.mark.parametrize("shape", [(20, 1), (1, 20), (20, 2), (3, 5)])
def test_rectangles_are_covered(shape, rng):
    A = rng.normal(size=shape)
    low, high = norm_between(A)
    assert norm_at_most(A, high)
    assert not norm_at_most(A, math.nextafter(low, 0.0))
    assert least_at_least(A, least_singular_value_below(A))
    assert high - low < 1e-13 * high


def test_complex_matrices_have_the_norms_of_their_real_forms(rng):
    Z = rng.normal(size=(4, 3, 2)) @ [1, 1j]
    real = realified(Z)
    low, high = norm_between(Z)
    assert norm_at_most(real, high)
    assert not norm_at_most(real, math.nextafter(low, 0.0))
    assert least_at_least(real, least_singular_value_below(Z))
    assert high - low < 1e-13 * high


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-170, 1e170, 1.7e308])
def test_sizes_whose_squares_leave_float64_are_no_harm(size):
    # ‖full((2, 2), s)‖ = 2s.  At the ends the log of s carries 1e-13.
    assert log_norm_above(np.full((2, 2), size)) == pytest.approx(
        math.log(2) + math.log(size), abs=1e-12
    )
    low, high = norm_between(np.full((2, 2), size))
    assert Fraction(low) <= 2 * Fraction(size)
    assert high == math.inf or Fraction(high) >= 2 * Fraction(size)


def test_entries_beyond_the_range_of_the_largest_are_not_forgotten():
    # Scaled to the largest, the other entry is below every float64.
    A = np.diag([2.0**1000, 2.0**-1074])
    assert norm_at_most(A, norm_above(A))
    assert least_singular_value_below(A) <= 2.0**-1074
    assert least_singular_value_above(A) >= 2.0**-1074


def test_zero_has_no_norm_and_a_stack_is_taken_matrix_by_matrix():
    stack = np.stack([np.zeros((3, 3)), 2 * np.eye(3)])
    logs = log_norm_above(stack)
    assert logs[0] == -math.inf
    assert logs[1] == log_norm_above(2 * np.eye(3)[None])[0] >= math.log(2)
    assert least_singular_value_below(stack).tolist() == pytest.approx([0, 2])


@pytest.mark.parametrize("power", [-900, -7, 3, 900])
def test_a_power_of_two_is_carried_through_exactly(power, rng):
    A = rng.normal(size=(4, 4))
    scaled = np.ldexp(A, power)
    for function in (norm_above, least_singular_value_below):
        assert function(scaled) == math.ldexp(function(A), power)
    for one, two in zip(norm_between(A), norm_between(scaled), strict=True):
        assert two == math.ldexp(one, power)


def test_transposes_and_permutations_overlap(rng):
    A = rng.normal(size=(5, 4))
    low, high = norm_between(A)
    for B in (A.T, A[::-1], A[:, [2, 0, 3, 1]], -A):
        other = norm_between(B)
        assert max(low, other[0]) <= min(high, other[1])


@pytest.mark.parametrize("n", [1, 4, 32])
def test_every_term_of_the_derivation_is_there(n):
    # For A = I all products are exact and only the a-priori terms remain: n u/2 from a
    # row of the Gram matrix, n u √n from AV, n u/2 from the defect, as |V| = |B| = I.
    expected = n * U / 2 + n**1.5 * U + n * U / 2
    # Steps outward: a few u each, and n u twice for the row sums.
    (found,) = norm_above(np.eye(n)[None]) - 1
    assert expected <= found <= expected + (2 * n + 40) * U


@pytest.mark.parametrize("n", [3, 5, 32])
def test_every_term_of_the_derivation_for_one_matrix_is_there(n):
    # Again for A = I: n² u/2 from the Gram matrix, n² u from AV and n² u/2 from VᵀV,
    # Frobenius norms being √n times as large as ‖I‖.
    low, high = norm_between(np.eye(n))
    assert 2 * n**2 * U <= high - 1 <= (2 * n**2 + 40) * U
    assert 2 * n**2 * U <= 1 - low <= (2 * n**2 + 40) * U
    # A complex product has twice the terms, and √2 times their error.
    low, high = norm_between(1j * np.eye(n))
    expected = 2 * math.sqrt(2) * 2 * n**2 * U
    assert expected <= high - 1 <= expected + 40 * U
    assert expected <= 1 - low <= expected + 40 * U


@given(matrices(2), matrices(2))
def test_two_by_two_have_their_norm_to_the_last_digits(A, B):
    # On the way to the square of each end nine roundings and as many steps outward, of
    # 1 u and at most 2; four more of each for complex matrices.
    for matrix, most in ((A, 32), (A + 1j * B, 48)):
        low, high = norm_between(matrix)
        assert high - low <= most * U * high + 1e-322


TURNS = {"turn": [[0.6, -0.8], [0.8, 0.6]], "mirror": [[3.0, 4.0], [4.0, -3.0]]}


@pytest.mark.parametrize("name", TURNS)
def test_where_one_half_of_the_closed_form_vanishes_the_other_is_all(name):
    A = np.array(TURNS[name])
    low, high = norm_between(A)
    # 0.36 + 0.64 is that of the float64s next to 0.6 and 0.8: 1e-16 from 1.
    assert low <= math.hypot(*A[0]) * (1 + 2 * U)
    assert high - low < 40 * U * high


def test_a_matrix_of_one_entry_has_its_size_for_a_norm():
    for x in (-0.7, 5e-324, 1.7e308):
        assert norm_between(np.array([[x]])) == (abs(x), abs(x))


def test_one_matrix_and_a_stack_of_it_agree(rng):
    for shape in [(1, 1), (2, 2), (3, 3), (5, 2), (2, 7), (12, 12)]:
        A = rng.normal(size=shape)
        Z = A + 1j * rng.normal(size=shape)
        assert norm_between(A.astype(np.longdouble)) == norm_between(A)
        assert norm_between(Z.astype(np.clongdouble)) == norm_between(Z)
        for one in (A, Z, A.astype(np.float32), Z.astype(np.complex64)):
            low, high = norm_between(one)
            (lower,), (upper,) = norm_between(one[None])
            assert max(low, lower) <= min(high, upper)
            # 4 n² u of the larger of both, with twice the rows for complex ones.
            assert high - low < 16 * max(shape) ** 2 * U * high + 64 * U * high


def test_a_basis_that_is_none_bounds_nothing():
    for V in (np.zeros((3, 3)), np.ones((3, 3)), np.full((3, 3), np.nan)):
        spoilt = Arithmetic(eigh=lambda _, V=V: V)
        low, high = norm_between(np.diag([3.0, 2.0, 1.0]), spoilt)
        assert 0.0 <= low <= 3.0
        assert high == math.inf
    # Of another kind or shape it is none either.
    for V in (np.eye(3, 2), np.eye(3, dtype=np.float32), np.eye(3) + 0j):
        spoilt = Arithmetic(eigh=lambda _, V=V: V)
        assert norm_between(np.diag([3.0, 2.0, 1.0]), spoilt) == (0.0, math.inf)


def test_products_that_overflow_bound_nothing():
    # BᵀB comes out as large as it may, VᵀV and sums of squares as small.
    A = np.full((8, 1), 0.25)

    def product(X, Y):
        side = -1 if X.shape == Y.shape else 1
        return np.matmul(X, Y) * (1 + side * 2.0**-9 * X.shape[1])

    for size in np.linspace(0.9, 1.0, 300) * 1e154:
        extreme = Arithmetic(
            matmul=product,
            squared_norm=lambda X: float(np.vdot(X, X)) * (1 - 2.0**-9 * X.size),
            eigh=lambda _, V=size: np.full((1, 1), V),
            unit=2.0**-9,
        )
        with np.errstate(over="ignore"):
            low, high = norm_between(A, extreme)
        assert low <= math.sqrt(0.5) <= high


def test_a_defect_is_the_distance_from_orthogonal(rng):
    Q = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    assert defect(Q) < 1e-14
    assert defect(2 * np.eye(3)) == pytest.approx(3.0)


def test_sums_of_squares_and_of_rows_are_rounded_up():
    X = np.array([[1.0, 2.0**-53, 2.0**-53, 2.0**-53]])
    exact = 1 + 3 * Fraction(U)
    assert Fraction(float(row_sums_above(X))) >= exact > 1.0
    assert Fraction(float(frobenius_above(X))) ** 2 >= 1 + 3 * Fraction(U) ** 2
    assert frobenius_above(np.full((2, 2), 1e-200)) >= 2e-200
