"""Matrices whose spectra, ranges and transients are known, by their definitions."""

import numpy as np

__all__ = [
    "advection_diffusion",
    "cyclic_shift",
    "grcar",
    "jordan",
    "kahan",
    "scaled_gaussian",
]


def jordan(n, eigenvalue=0.0, coupling=1.0):
    """Return λI + cN, N the shift."""
    return eigenvalue * np.eye(n) + coupling * np.eye(n, k=1)


def cyclic_shift(n):
    """Return the permutation matrix whose eigenvalues are the n-th roots of 1."""
    return np.roll(np.eye(n), 1, axis=1)


def grcar(n, k=3):
    """Return the Toeplitz matrix with −1 below, 1 on and 1 on k diagonals above."""
    return np.triu(np.tril(np.ones((n, n)), k)) - np.eye(n, k=-1)


def kahan(n, last=0.1):
    """Return diag(1, s, s², …) (I − cU), U strictly upper ones, s² + c² = 1.

    s^(n − 1) is `last`.
    """
    s = last ** (1 / (n - 1))
    c = np.sqrt(1 - s * s)
    upper = np.triu(np.ones((n, n)), 1)
    return (s ** np.arange(n))[:, None] * (np.eye(n) - c * upper)


def advection_diffusion(n, eta):
    """Return central differences of η u″ + u′ on (0, 1), u = 0 at both ends."""
    h = 1 / (n + 1)
    below, above = eta / h**2 - 1 / (2 * h), eta / h**2 + 1 / (2 * h)
    return below * np.eye(n, k=-1) - 2 * eta / h**2 * np.eye(n) + above * np.eye(n, k=1)


def scaled_gaussian(n, radius, rng, *, complex_entries=False):
    """Return a Gaussian matrix with the given spectral radius."""
    A = rng.standard_normal((n, n))
    if complex_entries:
        A = A + 1j * rng.standard_normal((n, n))
    return A * (radius / np.abs(np.linalg.eigvals(A)).max())
