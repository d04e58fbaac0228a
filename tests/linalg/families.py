"""Chains on which products go wrong: saturated, graded, non-normal, orthogonal."""

import numpy as np

from gradlab.linalg.ensembles import gaussian, orthogonal


def tanh_chain(n, T, gain, rng):
    """J_t = diag(sech² a_t) W of a tanh network, slopes right far into saturation."""
    W, h = gaussian(n, gain=gain, rng=rng), rng.standard_normal(n)
    factors = np.empty((T, n, n))
    for t in range(T):
        a = W @ h
        e = np.exp(-2 * np.abs(a))
        factors[t] = (4 * e / (1 + e) ** 2)[:, None] * W
        h = np.tanh(a)
    return factors


def columns_graded(n, T, ratio, rng):
    """Gaussian factors whose columns shrink from 1 to `ratio`."""
    sizes = np.logspace(0, np.log10(ratio), n)
    return np.array([gaussian(n, gain=1.0, rng=rng) * sizes for _ in range(T)])


def graded_on_both_sides(n, T, ratio, rng):
    """Gaussian factors whose rows and columns shrink from 1 to `ratio`."""
    return np.logspace(0, np.log10(ratio), n)[:, None] * columns_graded(
        n, T, ratio, rng
    )


def upper_triangular(n, T, rng):
    """Strongly non-normal: unit diagonal times 0.9, everything above of size 1."""
    return np.array(
        [np.triu(rng.standard_normal((n, n)), 1) + 0.9 * np.eye(n) for _ in range(T)]
    )


def orthogonal_chain(n, T, rng):
    """Every singular value of every product is 1."""
    return np.array([orthogonal(n, gain=1.0, rng=rng) for _ in range(T)])


def gaussian_chain(n, T, rng):
    """Independent N(0, 1/n) entries."""
    return np.array([gaussian(n, gain=1.0, rng=rng) for _ in range(T)])


def complex_chain(n, T, rng):
    """Entries with independent real and imaginary parts."""
    return gaussian_chain(n, T, rng) + 1j * gaussian_chain(n, T, rng)


FAMILIES = {
    "tanh, gain 1": lambda n, T, rng: tanh_chain(n, T, 1.0, rng),
    "tanh, gain 3": lambda n, T, rng: tanh_chain(n, T, 3.0, rng),
    "tanh, gain 8": lambda n, T, rng: tanh_chain(n, T, 8.0, rng),
    "tanh, gain 20": lambda n, T, rng: tanh_chain(n, T, 20.0, rng),
    "columns graded": lambda n, T, rng: columns_graded(n, T, 1e-8, rng),
    "graded on both sides": lambda n, T, rng: graded_on_both_sides(n, T, 1e-8, rng),
    "upper triangular": upper_triangular,
    "orthogonal": orthogonal_chain,
    "gaussian": gaussian_chain,
    "complex": complex_chain,
}
