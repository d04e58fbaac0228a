"""Forms from linear matrix inequalities: what they claim, and how near the least γ is.

Nothing here is a proof of the package; it says what may be expected of the proposals.
"""

import itertools

import numpy as np
import pytest

from gradlab.linalg.lmi import common_form, growth, sector_forms

NEAR = 2e-3  # γ is halved down to 1e-3, and the solver's forms miss theirs by 1e-6


def form_growth(P, A):
    """Return max ‖Ax‖_P/‖x‖_P by the pencil AᵀPA − γ²P."""
    values = np.linalg.eigvals(np.linalg.solve(P, A.T @ P @ A))
    return np.sqrt(values.real.max())


def test_a_growth_is_that_of_the_pencil(rng):
    A = rng.normal(size=(4, 4))
    G = rng.normal(size=(4, 4))
    P = G @ G.T + np.eye(4)
    # Two routes through a form of condition below 1e3.
    assert growth(P, A) == pytest.approx(form_growth(P, A), rel=1e-11)
    assert growth(-P, A) == np.inf


def test_the_form_of_one_matrix_reaches_its_spectral_radius():
    A = np.array([[0.9, 5.0, 0.0], [0.0, -0.8, 3.0], [0.0, 0.0, 0.7]])
    P = common_form(A[None], least=0.9)
    assert 0.9 <= growth(P, A) <= 0.9 * (1 + NEAR)


def test_one_ellipsoid_serves_conjugated_rotations(rng):
    turns = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(4)]
    V = rng.normal(size=(3, 3)) + 2 * np.eye(3)
    A = np.stack([V @ Q @ np.linalg.inv(V) for Q in turns])
    assert growth(common_form(A, least=1.0), A) <= 1 + NEAR


def test_no_ellipsoid_is_better_than_root_two_where_a_polytope_is():
    # [[1, 0], [1, 0]] and [[0, 1], [0, −1]]: the joint spectral radius is 1, and
    # quadratic forms reach √2 only.
    A = np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, -1.0]]])
    found = growth(common_form(A, least=1.0), A)
    assert 2**0.5 * (1 - 1e-6) <= found <= 2**0.5 * (1 + NEAR)


@pytest.mark.parametrize("slopes", [(0.0, 1.0), (0.25, 1.0), (-0.1, 1.1)])
def test_the_form_of_a_sector_serves_all_its_vertices(rng, slopes):
    W = rng.normal(size=(4, 4)) / 2
    radius = np.abs(np.linalg.eigvals(max(slopes) * W)).max()
    *_, (gamma, P, sectors) = sector_forms(W, slopes, least=radius)
    vertices = np.array([np.diag(d) @ W for d in itertools.product(slopes, repeat=4)])
    # The solver's own tolerance is 1e-8 of the data.
    assert radius <= growth(P, vertices) <= gamma * (1 + 1e-6)
    assert (sectors >= -1e-6).all()


def test_the_bound_of_a_sector_of_a_scaled_orthogonal_matrix_is_its_scale(rng):
    W = 0.7 * np.linalg.qr(rng.normal(size=(5, 5)))[0]
    found = [gamma for gamma, _, _ in sector_forms(W, (0.0, 1.0), least=0.5)]
    assert all(b < a for a, b in itertools.pairwise(found))
    assert not found or 0.69 <= found[-1] <= 0.7 * (1 + NEAR)
