"""Exact exponents of products of random matrices, beside simulation, in z-scores."""

import functools

import mpmath
import numpy as np
import pytest

from gradlab.errors import InputError, InputTypeError
from gradlab.linalg import (
    block_log_growths,
    complex_gaussian,
    complex_newman_exponents,
    gaussian,
    independent_factors,
    newman_exponents,
    orthogonal,
    periodic_eigenvalues,
    sparse,
    truncated_orthogonal,
    truncated_orthogonal_exponents,
    truncated_unitary,
    truncated_unitary_exponents,
    unitary,
    with_spectrum,
)

LAWS = {
    "real": (
        functools.partial(gaussian, 3, gain=1.0),
        newman_exponents(3, variance=1 / 3),
    ),
    "complex": (
        functools.partial(complex_gaussian, 3, gain=1.0),
        complex_newman_exponents(3, variance=1 / 3),
    ),
    "orthogonal corner, one row short": (
        functools.partial(truncated_orthogonal, 3, of=4, gain=1.0),
        truncated_orthogonal_exponents(3, of=4),
    ),
    "orthogonal corner": (
        functools.partial(truncated_orthogonal, 2, of=6, gain=1.0),
        truncated_orthogonal_exponents(2, of=6),
    ),
    "unitary corner": (
        functools.partial(truncated_unitary, 3, of=4, gain=1.0),
        truncated_unitary_exponents(3, of=4),
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_products_grow_as_the_law_says(name):
    ensemble, exact = LAWS[name]
    z = []
    for seed in range(8):
        factors = independent_factors(ensemble, 1000, rng=seed)
        growths = block_log_growths(factors, block=50, skip=50) / 50
        stderr = growths.std(axis=0, ddof=1) / np.sqrt(len(growths))
        z.append((growths.mean(axis=0) - exact) / stderr)
    # Student's t with 18 degrees of freedom: variance 1.13, and 8 seeds.
    assert np.all(np.abs(np.mean(z, axis=0)) < 4 * np.sqrt(1.13 / 8))
    assert np.abs(z).max() < 5


@pytest.mark.parametrize("name", ["real", "complex"])
def test_eigenvalues_of_long_products_have_the_same_rates(name):
    # Stability exponents are Lyapunov exponents for isotropic factors, and a long
    # product of real ones has only real eigenvalues.
    ensemble, exact = LAWS[name]
    rates = []
    for seed in range(12):
        factors = np.array([*independent_factors(ensemble, 300, rng=seed)])
        found = periodic_eigenvalues(factors)
        rates.append(found.rates)
        assert name == "complex" or np.isfinite(found.signs).all()
    stderr = np.std(rates, axis=0, ddof=1) / np.sqrt(12)
    assert np.all(np.abs(np.mean(rates, axis=0) - exact) < 4.5 * stderr)


def test_closed_forms():
    gamma = float(mpmath.euler)
    # [RP07] of the references.
    two = [0.2113921675492335697, -0.2886078324507664303]
    np.testing.assert_allclose(
        complex_newman_exponents(2, variance=1.0), two, rtol=1e-14
    )
    four = complex_newman_exponents(4, variance=1.0)
    np.testing.assert_allclose(four[2:], two, rtol=1e-14)
    assert four[0] == pytest.approx(0.62805883421590023636, rel=1e-14)
    assert complex_newman_exponents(1, variance=1.0)[0] == pytest.approx(-gamma / 2)
    # A corner of one entry: |u|² of a unit vector is Beta distributed, by mpmath.
    with mpmath.workdps(20):
        for of in (2, 5):
            real = (mpmath.digamma(0.5) - mpmath.digamma(mpmath.mpf(of) / 2)) / 2
            whole = (mpmath.digamma(1) - mpmath.digamma(of)) / 2
            assert truncated_orthogonal_exponents(1, of=of)[0] == pytest.approx(
                float(real), rel=1e-14
            )
            assert truncated_unitary_exponents(1, of=of)[0] == pytest.approx(
                float(whole), rel=1e-14
            )


def test_limits_of_corners():
    # Nothing cut off: unitary. All but little cut off: Gaussian of variance 1/N.
    assert truncated_orthogonal_exponents(4, of=4).tolist() == [0.0] * 4
    assert truncated_unitary_exponents(4, of=4).tolist() == [0.0] * 4
    N = 10**8
    np.testing.assert_allclose(
        truncated_orthogonal_exponents(3, of=N),
        newman_exponents(3, variance=1 / N),
        atol=1e-7,
    )
    np.testing.assert_allclose(
        truncated_unitary_exponents(3, of=N),
        complex_newman_exponents(3, variance=1 / N),
        atol=1e-7,
    )


def test_exponents_fall():
    for row in (law for _, law in LAWS.values()):
        assert np.all(np.diff(row) < 0)


# The ensembles -----------------------------------------------------------------------


def test_complex_entries_have_independent_parts():
    W = complex_gaussian(200, gain=3.0, rng=1)
    variances = np.array([W.real.var(), W.imag.var()]) * 200
    # 4e4 entries: 4 standard errors of √(2/4e4).
    np.testing.assert_allclose(variances, 4.5, rtol=0.03)
    assert abs((W.real * W.imag).mean()) * 200 < 4 * 4.5 / 200


def test_unitary_matrices_have_uniform_phases():
    Q = unitary(4, gain=1.0, rng=0)
    np.testing.assert_allclose(Q.conj().T @ Q, np.eye(4), atol=1e-15)
    first = np.array([unitary(3, gain=1.0, rng=seed)[0, 0] for seed in range(400)])
    # Without the correction the first column has real, negative diagonal of R.
    assert abs(np.mean(first / np.abs(first))) < 4 / np.sqrt(400)


@pytest.mark.parametrize("degree", [1, 7, 60])
def test_sparse_matrices_keep_their_variance(degree):
    W = sparse(60, gain=2.0, degree=degree, rng=3)
    assert (np.count_nonzero(W, axis=1) == degree).all()
    total = np.square(W).sum() / 60
    assert abs(total - 4.0) < 4 * 4.0 * np.sqrt(2 / (60 * degree))
    # Every column is as likely as every other.
    counts = sum(
        np.count_nonzero(sparse(60, gain=1.0, degree=degree, rng=s), axis=0)
        for s in range(40)
    )
    assert np.all(np.abs(counts - 40 * degree) <= 5 * np.sqrt(40 * degree))


@pytest.mark.parametrize("departure", [0.0, 0.5, 20.0])
@pytest.mark.parametrize(
    "eigenvalues",
    [[1.0, -0.5, 0.25], [0.9 + 0.1j, 0.9 - 0.1j, 0.3, 2j, -2j], [1j, 1.0, -0.5]],
)
def test_prescribed_spectra(eigenvalues, departure):
    A = with_spectrum(eigenvalues, rng=5, departure=departure)
    values = np.sort_complex(np.linalg.eigvals(A).round(8))
    # Condition numbers reach (1 + departure)^(n−1).
    np.testing.assert_allclose(
        values, np.sort_complex(eigenvalues), atol=1e-7 if departure > 1 else 1e-8
    )
    real = eigenvalues[0] != 1j
    assert np.iscomplexobj(A) != real
    departed = np.linalg.norm(A) ** 2 - np.sum(np.abs(eigenvalues) ** 2)
    assert np.sqrt(max(departed, 0.0)) == pytest.approx(departure, abs=1e-6)
    if not departure:
        np.testing.assert_allclose(A @ A.conj().T, A.conj().T @ A, atol=1e-14)


def test_one_pair_of_eigenvalues_leaves_no_room():
    assert with_spectrum([1j, -1j], rng=0).shape == (2, 2)
    for values in ([3.0], [1j, -1j]):
        with pytest.raises(InputError, match="`departure` must be 0 for eigenvalues"):
            with_spectrum(values, rng=0, departure=1.0)


def test_refusals():
    for call in (
        lambda: sparse(4, gain=1.0, degree=5, rng=0),
        lambda: truncated_orthogonal(4, of=3, gain=1.0, rng=0),
        lambda: truncated_unitary_exponents(4, of=3),
        lambda: with_spectrum([], rng=0),
        lambda: with_spectrum([1.0], rng=0, departure=-1.0),
        lambda: with_spectrum([np.nan], rng=0),
        lambda: complex_newman_exponents(0, variance=1.0),
        lambda: newman_exponents(2, variance=0.0),
        lambda: independent_factors(orthogonal, 0, rng=0),
    ):
        with pytest.raises(InputError):
            call()
    with pytest.raises(InputTypeError):
        unitary(3, gain=1.0, rng=None)
