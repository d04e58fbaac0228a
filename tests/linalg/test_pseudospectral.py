"""Criss-cross against closed forms, published values, grids and perturbations."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gradlab.errors import InputError
from gradlab.linalg import pseudospectral_abscissa, pseudospectral_radius
from gradlab.testing import matrices
from tests.linalg.known import cyclic_shift, grcar, jordan, scaled_gaussian

GRCAR = {
    0.1: (2.591859098114388, 3.0138968162186797),
    0.01: (2.09543304038439, 2.6739907566877013),
    0.001: (1.7366412073884179, 2.4731626736385866),
}


@pytest.mark.parametrize("eps", GRCAR)
def test_grcars_matrix(eps):
    abscissa, radius = GRCAR[eps]
    for found, exact in (
        (pseudospectral_abscissa(grcar(32), eps), abscissa),
        (pseudospectral_radius(grcar(32), eps), radius),
    ):
        # Computed by another program to 13 digits.
        assert found.lower - 1e-12 <= exact <= found.upper + 1e-12
        assert found.upper - found.lower < 1e-10


@pytest.mark.parametrize("c", [0.5, 1.0, 4.0, 100.0])
@pytest.mark.parametrize("eps", [1e-10, 1e-3, 0.3, 20.0])
def test_a_jordan_block_of_two(c, eps):
    # σ_min of [[z, −c], [0, z]] is ε iff |z|² = ε (ε + c); Λ_ε is a disc.
    exact = math.sqrt(eps * (eps + c))
    for reach in (pseudospectral_radius, pseudospectral_abscissa):
        found = reach(jordan(2, coupling=c), eps)
        assert found.lower <= exact <= found.upper
        assert abs(found.z) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("eps", [0.2, 0.7, 1.1])
def test_a_normal_matrix_grows_by_eps(eps):
    found = pseudospectral_radius(cyclic_shift(10), eps)
    assert found.lower <= 1 + eps <= found.upper < 1 + eps + 1e-10
    found = pseudospectral_abscissa(np.diag([-1.0 + 2j, -3.0]), eps)
    assert found.lower <= -1 + eps <= found.upper < -1 + eps + 1e-10


def test_one_number():
    found = pseudospectral_radius([[-2.0]], 0.5)
    assert found.lower <= 2.5 <= found.upper
    assert found.z == pytest.approx(-2.5, abs=1e-12)
    found = pseudospectral_radius(np.zeros((2, 2)), 0.5)
    assert found.lower <= 0.5 <= found.upper


@pytest.mark.parametrize("complex_entries", [False, True])
def test_nothing_is_outside_and_the_point_is_attained(complex_entries, rng):
    A = scaled_gaussian(30, 1.0, rng, complex_entries=complex_entries)
    radius = pseudospectral_radius(A, 0.05)
    abscissa = pseudospectral_abscissa(A, 0.05)
    angles = np.linspace(0, 2 * math.pi, 400)
    for z in (radius.z, abscissa.z):
        sigma = np.linalg.svd(z * np.eye(30) - A, compute_uv=False)[-1]
        assert sigma == pytest.approx(0.05, rel=1e-10)  # n u ‖A‖ / ε = 1e-13
    outside = [
        *radius.upper * np.exp(1j * angles),
        *(abscissa.upper + 1j * np.linspace(-3, 3, 400)),
    ]
    sigmas = np.linalg.svd(np.array(outside)[:, None, None] * np.eye(30) - A)[1][:, -1]
    assert sigmas.min() > 0.05 * (1 - 1e-10)


def test_convergence_is_quadratic(rng):
    # Five circles are many; a bisection to 1e-12 would take forty.
    for seed in range(10):
        A = scaled_gaussian(15, 1.0, np.random.default_rng(seed))
        assert pseudospectral_radius(A, 0.1).steps <= 6
        assert pseudospectral_abscissa(A, 0.1).steps <= 6


@pytest.mark.parametrize("reach", [pseudospectral_radius, pseudospectral_abscissa])
def test_a_search_that_does_not_end_is_bounded_by_the_norm(reach, monkeypatch):
    A, eps = grcar(32), 0.01
    full = reach(A, eps)
    monkeypatch.setattr("gradlab.linalg.pseudospectral._STEPS", 1)
    found = reach(A, eps)
    assert found.lower <= full.lower <= full.upper < found.upper
    # ‖A‖₂ = 3.22 is bounded by √(‖A‖₁ ‖A‖_∞) = 5.
    assert np.linalg.norm(A, 2) + eps <= found.upper < 5.0 + 2 * eps


@given(st.integers(1, 5).flatmap(matrices), st.integers(-30, 4), st.integers(0, 99))
def test_perturbed_eigenvalues_are_within_reach(A, power, seed):
    scale = np.abs(A).max() or 1.0
    eps = math.ldexp(scale, power)
    E = np.random.default_rng(seed).standard_normal(A.shape)
    E *= 0.999 * math.ldexp(1.0, power) / np.linalg.norm(E, 2)
    values = np.linalg.eigvals(A / scale + E)
    # Eigenvalues of the perturbed matrix are themselves known up to a perturbation of
    # n u, which is below a thousandth of ε/scale ≥ 2⁻³⁰.
    assert np.abs(values).max() <= pseudospectral_radius(A, eps).upper / scale
    assert values.real.max() <= pseudospectral_abscissa(A, eps).upper / scale


@given(st.integers(1, 4).flatmap(matrices), st.sampled_from([-3, 1, 5]))
def test_scaling_by_powers_of_two(A, power):
    scale = math.ldexp(np.abs(A).max() or 1.0, -10)
    assume(math.ldexp(scale, min(power, 0)) > 0)  # of subnormal entries it may be 0
    one = pseudospectral_radius(A, scale)
    other = pseudospectral_radius(np.ldexp(A, power), math.ldexp(scale, power))
    if np.array_equal(np.ldexp(np.ldexp(A, power), -power), A):  # no underflow
        assert other.lower == pytest.approx(math.ldexp(one.lower, power), rel=1e-9)


@pytest.mark.parametrize("eps", [0.0, -1.0, math.nan, math.inf])
def test_eps_must_be_a_size(eps):
    for reach in (pseudospectral_radius, pseudospectral_abscissa):
        with pytest.raises(InputError, match="`eps` must be a finite number > 0"):
            reach([[1.0]], eps)
