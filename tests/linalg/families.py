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
