"""Ranges and radii known in closed form; every point between the two polygons."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError, InputTypeError
from gradlab.linalg import numerical_radius, numerical_range
from gradlab.testing import matrices
from tests.linalg.known import advection_diffusion, cyclic_shift, grcar, jordan


@pytest.mark.parametrize("n", [2, 3, 5, 10, 20])
def test_a_jordan_block_has_radius_cos(n):
    found = numerical_radius(jordan(n))
    exact = math.cos(math.pi / (n + 1))
    assert found.lower <= exact <= found.upper
    # 2⁻⁴⁴ is the margin of the last level set, and n u ‖A‖ the rounding.
    assert found.upper - found.lower < 1e-12


@pytest.mark.parametrize(
    ("A", "exact"),
    [
        (np.zeros((3, 3)), 0.0),
        ([[-3.0]], 3.0),
        ([[3.0j]], 3.0),
        (np.diag([1.0, -2.0, 0.5]), 2.0),
        (cyclic_shift(7), 1.0),
        # The range of [[a, c], [0, b]] is an ellipse with foci a, b and minor axis |c|.
        ([[1.0, 3.0], [0.0, -1.0]], math.hypot(1.0, 1.5)),
        ([[2.0, 3.0], [0.0, 2.0]], 3.5),
        (grcar(32), 3.1883062070128),
    ],
)
def test_known_radii(A, exact):
    found = numerical_radius(A)
    # The value for Grcar's matrix is given to 14 digits.
    assert found.lower <= exact + 1e-13
    assert exact - 1e-13 <= found.upper
    assert found.upper - found.lower <= 1e-12 * max(exact, 1.0)
    assert abs(found.point) == pytest.approx(exact, rel=1e-12)


def test_the_best_direction_may_be_any_of_two():
    # Found by looking: λ_max of the turned matrix is largest at θ = π.
    A = [[1, 0, -2, 0], [-2, 1, 2, 1], [-1, 0, -2, 1], [1, -1, -2, -2]]
    angles = np.linspace(0, 2 * math.pi, 4001)
    turned = np.exp(1j * angles)[:, None, None] * np.array(A)
    h = np.linalg.eigvalsh((turned + turned.conj().swapaxes(1, 2)) / 2)[:, -1].max()
    found = numerical_radius(A)
    # Beside a maximum h falls by at most ‖A‖ δ²/2 for directions δ off, here 2e-6.
    assert h <= found.upper <= h + 1e-5


def test_entries_that_underflow_when_multiplied():
    # Found by a run of ten thousand: the QZ algorithm did not converge.
    A = np.diag([0, 0, 0, 0.07284761954078112, 0, 0.4856459404305714])
    A[0, 1] = A[2, 0] = -1.683799635421534e-219
    A[1, 2] = A[4, 4] = -4.856507969385408e-06
    found = numerical_radius(A)
    assert found.lower <= 0.4856459404305714 <= found.upper


@pytest.mark.parametrize("points", [3, 8, 65])
def test_supports_of_a_tridiagonal_toeplitz_matrix(points):
    n, eta = 40, 0.015
    A = advection_diffusion(n, eta)
    found = numerical_range(A, points)
    below, centre, above = A[1, 0], A[0, 0], A[0, 1]
    e = np.exp(1j * found.angles)
    size = np.abs(above * e + below * e.conj())
    exact = (e * centre).real + size * math.cos(math.pi / (n + 1))
    # ‖A‖ is some 50, and an eigenvalue is right to n u ‖A‖ = 4e-13.
    np.testing.assert_allclose(found.supports, exact, rtol=0, atol=1e-12)


def test_the_range_of_advection_and_diffusion_is_left_of_minus_eta_pi_squared():
    n, eta = 100, 0.015
    top = numerical_range(advection_diffusion(n, eta), 4).supports[0]
    h = 1 / (n + 1)
    discrete = -4 * eta / h**2 * math.sin(math.pi * h / 2) ** 2
    assert top == pytest.approx(discrete, rel=0, abs=1e-11)  # n u ‖A‖
    # The discrete eigenvalue is (πh)²/12 = 8e-5 of the continuous one short of it.
    assert top == pytest.approx(-eta * math.pi**2, rel=1e-4)


@given(st.integers(1, 5).flatmap(matrices), st.integers(3, 20), st.integers(0, 2**32))
def test_polygons_lie_inside_and_outside(A, points, seed):
    A = A / (np.abs(A).max() or 1.0)
    found = numerical_range(A, points)
    e, h = np.exp(1j * found.angles), found.supports
    rng = np.random.default_rng(seed)
    v = rng.standard_normal((2, 30, len(A)))
    v = v[0] + 1j * v[1]
    quotients = ((v.conj() @ A) * v).sum(axis=1) / (np.abs(v) ** 2).sum(axis=1)
    # Both polygons are right to a few n u, for n ≤ 5 entries below 1.
    for z in (found.boundary, quotients):
        assert ((e[:, None] * z).real <= h[:, None] + 1e-13).all()
    # A vertex is where two neighbouring lines of support meet; for three directions the
    # sine of the angle between them is 0.87, for twenty 0.31.
    slack = 1e-13 * points
    np.testing.assert_allclose((e * found.vertices).real, h, rtol=0, atol=slack)
    turned = (np.roll(e, -1) * found.vertices).real
    np.testing.assert_allclose(turned, np.roll(h, -1), rtol=0, atol=slack)
    touching = (e * found.boundary).real
    np.testing.assert_allclose(touching, h, rtol=0, atol=1e-13)


@given(st.integers(1, 5).flatmap(matrices), st.integers(2, 5))
def test_berger_and_norms(A, k):
    A = A / (np.abs(A).max() or 1.0)
    w, power = numerical_radius(A), numerical_radius(np.linalg.matrix_power(A, k))
    assert power.lower <= w.upper**k * (1 + 1e-12)
    norm = np.linalg.norm(A, 2)
    # Norms are right to a few n u, which for n ≤ 5 is below 1e-14.
    assert norm / 2 <= w.upper * (1 + 1e-13)
    assert w.lower <= norm * (1 + 1e-13)


def test_a_search_that_does_not_end_is_bounded_by_the_norm(monkeypatch):
    monkeypatch.setattr("gradlab.linalg.field_of_values._STEPS", 1)
    found = numerical_radius(grcar(32))
    assert found.lower < 3.1883062070128 < 3.2223184959
    assert found.upper == pytest.approx(5.0, rel=1e-12)  # √(‖A‖₁ ‖A‖_∞)


def test_refusals():
    with pytest.raises(InputError, match="`points` must be an integer >= 3; got 2"):
        numerical_range([[1.0]], 2)
    with pytest.raises(InputTypeError, match="`points` must be an integer"):
        numerical_range([[1.0]], 8.0)
