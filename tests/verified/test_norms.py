"""Norms of every kind: decided exactly, widening with the input, and their errors."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError, InputTypeError
from gradlab.linalg.arithmetic import Arithmetic
from gradlab.testing import matrices
from gradlab.verified import Verdict, enclosed_norm
from tests.oracles.exact_norms import norm_at_most

squares = st.integers(1, 5).flatmap(matrices)


def exact_sums(A):
    """Return ‖A‖₁, ‖A‖_∞ and ‖A‖_F² as rationals."""
    size = [[abs(Fraction(x)) for x in row] for row in A]
    columns = [sum(column) for column in zip(*size, strict=True)]
    return max(columns), max(map(sum, size)), sum(x * x for row in size for x in row)


@given(squares)
def test_every_norm_is_enclosed(A):
    spectral = enclosed_norm(A)
    assert norm_at_most(A, spectral.upper)
    assert spectral.lower == 0 or not norm_at_most(
        A, math.nextafter(spectral.lower, 0.0)
    )
    columns, rows, square = exact_sums(A)
    for order, exact in ((1, columns), (np.inf, rows)):
        found = enclosed_norm(A, order)
        assert Fraction(found.lower) <= exact
        assert found.upper == math.inf or exact <= Fraction(found.upper)
        assert found.width <= 2e-14 * found.upper + 1e-322
    found = enclosed_norm(A, "fro")
    assert Fraction(found.lower) ** 2 <= square
    assert found.upper == math.inf or square <= Fraction(found.upper) ** 2
    assert found.width <= 2e-14 * found.upper + 1e-322


EXTREMAL = {
    "permutation": (np.eye(5)[[3, 0, 4, 1, 2]], 1.0),
    "ones": (np.ones((8, 8)), 8.0),
    "hadamard": (
        np.kron(*[np.kron([[1, 1], [1, -1]], [[1, 1], [1, -1]])] * 2).astype(float),
        4.0,
    ),
    "one column of ones": (np.outer(np.ones(16), np.eye(16)[0]), 4.0),
    "[[-2, -5], [-2, -2]]": (np.array([[-2.0, -5.0], [-2.0, -2.0]]), 6.0),
    "stochastic, doubly": ((np.eye(4) + np.eye(4)[[1, 2, 3, 0]]) / 2, 1.0),
}


@pytest.mark.parametrize("name", EXTREMAL)
def test_it_is_attained_on_extremal_families(name):
    A, norm = EXTREMAL[name]
    found = enclosed_norm(A)
    # 4 n² u from above and half of that from below.
    assert found.lower <= norm <= found.upper
    assert found.width <= 8 * len(A) ** 2 * 2.0**-53 * norm


@given(squares, st.integers(-100, 100))
def test_a_power_of_two_is_carried_through_exactly(A, power):
    if A.any() and 2.0**-500 < np.abs(A[A != 0]).min() <= np.abs(A).max() < 2.0**500:
        for order in (2, 1, np.inf, "fro"):
            one, two = (enclosed_norm(X, order) for X in (A, np.ldexp(A, power)))
            assert two.lower == math.ldexp(one.lower, power)
            assert two.upper == math.ldexp(one.upper, power)


@given(squares)
def test_two_ways_to_the_same_norm_overlap(A):
    found = enclosed_norm(A)
    for B in (A.T, A[::-1], A[:, ::-1], -A, np.kron(np.eye(2), A)):
        found.met(enclosed_norm(B))  # raises if they have nothing in common
    assert (
        enclosed_norm(A, 1).at_most(enclosed_norm(A.T, np.inf)) is not Verdict.REFUTED
    )
    # ‖A‖₂ ≤ ‖A‖_F, and ‖A‖₂² ≤ ‖A‖₁‖A‖_∞ with equality somewhere.
    assert found.at_most(enclosed_norm(A, "fro")) is not Verdict.REFUTED


@given(squares)
def test_a_smaller_presumption_never_widens(A):
    # Arithmetic presumed to be worse than it is only moves the ends outward.
    careful = enclosed_norm(A)
    careless = enclosed_norm(A, arithmetic=Arithmetic(unit=2.0**-40))
    assert careless.upper >= careful.upper
    assert careless.lower <= careful.lower


def test_float32_enters_as_the_numbers_it_is():
    single = np.array([[3e-23, 4e-23]], dtype=np.float32)
    found = enclosed_norm(single, "fro")
    square = sum(Fraction(float(x)) ** 2 for x in single[0])
    assert Fraction(found.lower) ** 2 <= square <= Fraction(found.upper) ** 2


def test_wrong_arithmetic_certifies_nothing():
    wrong = Arithmetic(matmul=lambda X, Y: np.matmul(X, Y) + 1e-3)
    found = enclosed_norm(np.eye(3), arithmetic=wrong)
    assert not found.certified
    assert "is wrong" in found.reason
    assert found.at_most(100.0) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("A", "error", "message"),
    [
        (np.zeros((0, 3)), InputError, "`A` must have a row and a column; got"),
        ([1.0, 2.0], InputError, r"`A` must have shape \(m, n\); got \(2,\)"),
        ([[1.0, math.nan]], InputError, "`A` must be finite; got nan"),
        ([[1.0, -math.inf]], InputError, "`A` must be finite; got -inf"),
        ([["x"]], InputTypeError, "`A` must be"),
        ([[2**53 + 1]], InputError, "`A` must be made of numbers that float64 holds"),
    ],
)
def test_what_is_no_finite_matrix_is_refused(A, error, message):
    with pytest.raises(error, match=message):
        enclosed_norm(A)


@pytest.mark.parametrize("order", [3, -2, "nuc", None])
def test_an_unknown_order_is_refused(order):
    with pytest.raises(InputError, match='`order` must be 2, 1, inf or "fro"; got'):
        enclosed_norm(np.eye(2), order)
