"""Norms and the spectral radius at every size of entry."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError, NonFiniteError, ShapeError
from gradlab.linalg import (
    frobenius_norm,
    gaussian,
    log_norm,
    spectral_norm,
    spectral_radius,
)


@pytest.mark.parametrize(
    ("entries", "norm"),
    [
        ([3e-170, 4e-170], 5e-170),  # numpy.linalg.norm: 0.0
        ([3e200, 4e200], 5e200),  # numpy.linalg.norm: inf
        (np.float32([3e-23, 4e-23]), 5e-23),  # numpy.linalg.norm: 5.29e-23
        (np.float16([300, 300]), 300 * math.sqrt(2)),  # numpy.linalg.norm: inf
        (np.float16([1e-4, 1e-4]), 1678 * 2.0**-24 * math.sqrt(2)),  # 0.0; 1e-4 rounded
        ([1e308, 1e308, 1e308, 1e308], math.inf),
        ([], 0.0),
        ([0.0], 0.0),
    ],
)
def test_vector_norms(entries, norm):
    # float32 holds 3e-23 with 6e-8.
    rel = 1e-7 if getattr(entries, "dtype", None) == np.float32 else 1e-15
    assert spectral_norm(entries) == pytest.approx(norm, rel=rel)


def test_matrix_norms():
    assert frobenius_norm(np.full((2, 2), 1e-170)) == 2e-170
    assert spectral_norm(np.full((3, 3), 5e-324)) == 1.5e-323
    assert spectral_norm(np.full((3, 3), 1e-310)) == 3e-310
    assert spectral_norm(np.full((2, 2), 1e308)) == math.inf
    assert log_norm(np.full((2, 2), 1e308)) == pytest.approx(
        math.log(2) + 308 * math.log(10), rel=1e-15
    )
    assert spectral_norm(np.zeros((0, 0))) == frobenius_norm(np.zeros((0, 0))) == 0.0
    assert log_norm(np.zeros((0, 0))) == -math.inf
    assert log_norm(np.zeros((2, 2))) == -math.inf
    assert spectral_norm(1j * np.eye(3)) == 1.0
    assert spectral_norm([[0.0, 3.0], [0.0, 4.0]]) == pytest.approx(5.0, rel=1e-15)


@given(st.integers(-900, 900), st.integers(0, 2**32))
def test_norms_scale_with_powers_of_two(power, seed):
    A = np.random.default_rng(seed).standard_normal((3, 3))
    for norm in (spectral_norm, frobenius_norm, spectral_radius):
        assert norm(A * 2.0**power) == norm(A) * 2.0**power


@pytest.mark.parametrize("shape", [(), (2, 2, 2), (2, 2, 2, 2)])
def test_no_norm_of_a_number_or_a_stack(shape):
    with pytest.raises(ShapeError, match=r"`A` must have shape \(n,\) or \(m, n\)"):
        spectral_norm(np.zeros(shape))


@pytest.mark.parametrize(
    ("A", "radius"),
    [
        ([[2.0, 1.0], [0.0, -3.0]], 3.0),
        ([[0.0, 1.0], [-1.0, 0.0]], 1.0),
        ([[0.0, 1e8], [0.0, 0.0]], 0.0),
        (1j * np.eye(2), 1.0),
        (np.diag([1e308, 1.0]), 1e308),
        ([[5e-324]], 5e-324),
    ],
)
def test_spectral_radii(A, radius):
    assert spectral_radius(A) == pytest.approx(radius, rel=1e-14)


def test_the_circular_law():
    # The largest of n eigenvalues lies at gain (1 + O(sqrt(ln n / n))).
    W = gaussian(400, gain=0.9, rng=3)
    assert spectral_radius(W) == pytest.approx(0.9, abs=0.05)


def test_refusals():
    with pytest.raises(InputError, match=r"`A` needs n >= 1; got shape \(0, 0\)"):
        spectral_radius(np.zeros((0, 0)))
    with pytest.raises(ShapeError, match=r"`A` must have shape \(n, n\); got \(2, 3\)"):
        spectral_radius(np.zeros((2, 3)))
    with pytest.raises(NonFiniteError, match=r"got inf at index \(0, 1\)"):
        spectral_radius([[0.0, math.inf], [0.0, 0.0]])
