"""Intervals of spectral radii hold the truth where NumPy's number is wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.linalg import (
    SpectralRadius,
    henrici_departure,
    spectral_radius,
    spectral_radius_interval,
)
from gradlab.testing import matrices
from tests.linalg.known import cyclic_shift, jordan, scaled_gaussian


def sheared(n, m, seed):
    """Return S J S⁻¹ exactly, S integer with det 1, J the block of 1 − 2^−m."""
    rng = np.random.default_rng(seed)
    A = jordan(n, 1 - 2.0**-m)
    for _ in range(2 * n):
        i, j = rng.permutation(n)[:2]
        c = rng.choice([-2, -1, 1, 2])
        A[i] += c * A[j]
        A[:, j] -= c * A[:, i]
    return A


@pytest.mark.parametrize(
    ("A", "exact"),
    [
        # numpy.linalg.eigvals: 1.0000000109, and 1 decides.
        ([[-1 - 2.0**-26, 4.0], [-1.0, 3 - 2.0**-26]], 1 - 2.0**-26),
        ([[3.0, -9.0], [1.0, -3.0]], 0.0),  # 2e-8
        (sheared(5, 9, 1), 1 - 2.0**-9),
        (sheared(8, 6, 2), 1 - 2.0**-6),
        (sheared(12, 4, 3), 1 - 2.0**-4),
        (cyclic_shift(8), 1.0),  # 1 + 1.3e-15
        ([[0.0, 1.0], [-4.0, 0.0]], 2.0),
    ],
)
def test_the_truth_is_inside(A, exact):
    found = spectral_radius_interval(A)
    assert found.lower <= exact <= found.upper
    assert found.lower <= found.value <= found.upper
    assert found.value == pytest.approx(spectral_radius(A), rel=1e-2, abs=1e-6)


@pytest.mark.parametrize("n", [3, 20, 60])
def test_a_stochastic_matrix_has_radius_one(n, rng):
    A = rng.random((n, n))
    A /= A.sum(axis=1, keepdims=True)
    found = spectral_radius_interval(A)
    # Rows sum to 1 up to n u.
    assert found.lower - 1e-14 <= 1.0 <= found.upper + 1e-14
    assert found.upper - found.lower < 1e-11


@pytest.mark.parametrize("n", [3, 20, 60])
def test_rows_that_sum_to_one_exactly_have_radius_one(n, rng):
    # Dyadic entries: no rounding in the sums, so no slack; numpy's is often above 1.
    A = rng.multinomial(2**30, np.full(n, 1 / n), size=n) / 2.0**30
    found = spectral_radius_interval(A)
    assert found.lower <= 1.0 <= found.upper


def test_the_interval_is_as_wide_as_the_condition(rng):
    A = scaled_gaussian(30, 1.0, rng)
    found = spectral_radius_interval(A)
    expected = found.condition * found.backward_error
    # Twice from δ's doubling, and the margin 1e-12 ‖A‖ of the last circle.
    assert found.value - found.lower <= 4 * expected
    assert found.upper - found.value <= 4 * expected + 1e-11
    assert 1 < found.condition < 100


def test_condition_of_two():
    # Left and right eigenvectors of [[a, c], [0, b]] meet at |a − b|/√(c² + (a − b)²).
    found = spectral_radius_interval([[2.0, 3.0], [0.0, 1.0]])
    assert found.condition == pytest.approx(math.sqrt(10), rel=1e-14)
    assert found.lower == found.value == found.upper == 2.0
    assert found.backward_error == 0.0


@given(st.integers(1, 6).flatmap(matrices), st.integers(0, 2**32))
def test_similar_matrices_share_an_interval(A, seed):
    A = A / (np.abs(A).max() or 1.0)
    Q = np.linalg.qr(np.random.default_rng(seed).standard_normal(A.shape))[0]
    one, other = spectral_radius_interval(A), spectral_radius_interval(Q @ A @ Q.T)
    # The product Q A Qᵀ is itself wrong by a perturbation that only the second knows.
    assert one.lower <= other.upper + 1e-14
    assert other.lower <= one.upper + (one.upper - one.lower) + 1e-7


def test_a_result_comes_back_from_disk(tmp_path):
    found = spectral_radius_interval([[0.0, 1.0], [-4.0, 0.0]])
    again = SpectralRadius.load(found.save(tmp_path / "radius"))
    assert again.as_dict() == found.as_dict()


@pytest.mark.parametrize(
    ("A", "exact"),
    [
        ([[1.0, 3.0], [0.0, 2.0]], 3.0),
        (jordan(5), 2.0),
        ([[1.0, 1e8], [0.0, 1.0]], 1e8),
        (np.zeros((3, 3)), 0.0),
        ([[2.0, 1.0], [1.0, 5.0]], 0.0),
        ([[0.0, 1.0], [-1.0, 0.0]], 0.0),
        (1e300 * jordan(2), 1e300),
        (1e-300 * jordan(2), 1e-300),
        ([[2.0j]], 0.0),
    ],
)
def test_departures(A, exact):
    assert henrici_departure(A) == exact


@pytest.mark.parametrize("n", [2, 5, 50])
def test_the_departure_of_a_normal_matrix_is_rounding_and_never_nan(n, rng):
    for _ in range(20):
        Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        B = rng.standard_normal((n, n))
        assert henrici_departure(B + B.T) == 0.0
        assert henrici_departure(Q) < 1e-14 * n
        normal = (Q * rng.standard_normal(n)) @ Q.T
        assert henrici_departure(normal) < 1e-14 * n


@given(st.integers(1, 6).flatmap(matrices))
def test_henricis_identity(A):
    A = A / (np.abs(A).max() or 1.0)
    values = np.linalg.eigvals(A)
    square = np.square(np.abs(A)).sum() - np.square(np.abs(values)).sum()
    departure = henrici_departure(A)
    # Eigenvalues are wrong by the sixth root of rounding at worst.
    assert departure**2 == pytest.approx(square, abs=2e-2 * max(1.0, len(A)))
    commutator = np.linalg.norm(A @ A.T - A.T @ A)
    bound = ((len(A) ** 3 - len(A)) / 12) ** 0.25 * math.sqrt(commutator)
    assert departure <= bound * (1 + 1e-9) + 1e-6  # Henrici 1962
