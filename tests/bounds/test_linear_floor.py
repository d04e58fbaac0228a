"""Facts about the floor: a computed ρ that is too large is not believed."""

import math

import numpy as np
import pytest

from gradlab.bounds import LinearFloor, LinearRadius
from gradlab.cells import Linear
from gradlab.dynamics import Trajectory


def powers(W, T):
    n = len(W)
    cell = Linear(W, np.zeros((n, 1)))
    return Trajectory(cell, np.zeros((T + 1, n)), np.zeros((T, 1)))


def test_a_nilpotent_matrix_has_no_floor_although_its_computed_radius_is_positive():
    W = np.array([[3.0, -9.0], [1.0, -3.0]])  # W² = 0
    assert np.abs(np.linalg.eigvals(W)).max() > 0
    assert LinearFloor().log_bound(powers(W, 10)) == -math.inf


def test_a_defective_matrix_whose_computed_radius_is_above_one():
    # ρ = 1 − 2⁻²⁶ exactly; computed eigenvalues put it above 1.
    s = 2.0**-26
    W = np.array([[-1.0 - s, 4.0], [-1.0, 3.0 - s]])
    assert np.abs(np.linalg.eigvals(W)).max() > 1
    assert LinearFloor().log_bound(powers(W, 1_000)) <= 1_000 * math.log1p(-s)


@pytest.mark.parametrize("rho", [0.5, 0.75, 1.5])
def test_a_floor_is_a_ten_millionth_wide_for_defective_matrices_too(rho):
    # Integers of determinant 1 around a Jordan block: floats know ρ to ε^(1/3).
    L = np.tril(np.ones((3, 3)))
    W = L @ (rho * np.eye(3) + np.eye(3, k=1)) @ (np.eye(3) - np.eye(3, k=-1))
    found = LinearFloor().enclosed_bound(powers(W, 10))
    exact = 10 * math.log(rho)
    assert exact - 1.01e-6 < found.lower < exact < found.upper < exact + 1.01e-6


def test_triangular_weights_show_their_radius_exactly():
    J = 0.9 * np.eye(4) + np.eye(4, k=1)
    for W in (J, J.T):
        found = LinearFloor().log_bound(powers(W, 100))
        # 4 ε T |ln ρ| is all that is given away.
        assert found == pytest.approx(100 * math.log(0.9), abs=1e-12)
        assert found < 100 * math.log(0.9)


def test_floor_and_ceiling_enclose_a_rate_that_tightens_with_time(rng):
    # The transient ln κ(V) is fixed, so the two rates come together like 1/T.
    W = rng.normal(size=(10, 10)) / np.sqrt(10)
    gaps = []
    for T in (10, 100, 1_000, 10_000):
        low = LinearFloor().log_bound(powers(W, T))
        high = LinearRadius().log_bound(powers(W, T))
        assert low < high
        gaps.append((high - low) / T)
    assert gaps[-1] < gaps[0] / 300


@pytest.mark.parametrize("size", [2.0**-1000, 2.0**1000])
def test_sizes_at_the_ends_of_float64_shift_the_floor(size):
    W = np.array([[0.0, -1.0], [1.0, 0.5]])
    shift = 50 * math.log(size)
    one = LinearFloor().log_bound(powers(W, 50))
    two = LinearFloor().log_bound(powers(size * W, 50))
    # ln of 2^±50000 is rounded down by ε of itself.
    assert two == pytest.approx(one + shift, rel=1e-14)


def test_where_eigenvectors_are_no_basis_the_characteristic_polynomial_decides():
    # L J L⁻¹ with a Jordan block J and integers: one eigenvector, computed five times,
    # and ρ = 1.
    L = np.tril(np.ones((5, 5)))
    inverse = np.eye(5) - np.eye(5, k=-1)
    W = L @ (np.eye(5) + np.eye(5, k=1)) @ inverse
    # Rounded down by a subnormal number: 3 ln 1 is 0.
    assert -1e-320 < LinearFloor().log_bound(powers(W, 3)) <= 0
    big = np.kron(np.eye(27), W)  # 135 rows: too many for the polynomial
    assert LinearFloor().log_bound(powers(big, 3)) == -math.inf
