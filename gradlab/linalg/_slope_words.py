"""Slopes that grow fast: D_k W ⋯ D_1 W of large radius, one slope changed at a time.

The largest rate over a box of slopes is that over its vertices, because the joint
spectral radius of a set is that of its convex hull.  What is found bounds it from
below, whether or not it is the best.
"""

import numpy as np

from gradlab.linalg._products import word_rate_below
from gradlab.typing import Array, Matrix

__all__ = ["ascended_slopes", "slope_rate_below"]

_LENGTHS = (1, 2, 3)
_GAIN = 1e-9
_ROUNDS = 200
_ENTRIES = 2**20  # of all matrices that differ in one slope: a second for each length


def ascended_slopes(W: Matrix, slopes: tuple[float, float]) -> Array:
    """Return D_1, …, D_k as rows (k, n), which no other single slope makes faster.

    Examples
    --------
    A unit that works against another is best shut:

    >>> ascended_slopes(np.array([[1.0, 1.0], [-0.9, 0.0]]), (0.0, 1.0)).tolist()
    [[1.0, 0.0]]
    """
    ends = [np.full((1, len(W)), slope) for slope in slopes]
    best = max(ends, key=lambda D: float(_rates(W, D[None])[0]))
    for k in _LENGTHS:
        if k * W.size * len(W) > _ENTRIES:
            break
        start = np.repeat(best, k, axis=0) if len(best) == 1 else best
        if len(start) != k:
            start = np.concatenate([best, best[:1]])[:k]
        found = _ascended(W, start, slopes)
        if _rates(W, found[None])[0] > _rates(W, best[None])[0] * (1 + _GAIN):
            best = found
    return best


def slope_rate_below(W: Matrix, D: Array, within: float) -> float:
    """Return a float64 ≤ ρ(D_k W ⋯ D_1 W)^(1/k); D W is known up to `within`."""
    return word_rate_below(D[:, :, None] * W, tuple(range(len(D))), within=within)


def _ascended(W: Matrix, D: Array, slopes: tuple[float, float]) -> Array:
    rate = float(_rates(W, D[None])[0])
    for _ in range(_ROUNDS):
        changed = np.repeat(D[None], D.size, axis=0)
        flat = changed.reshape(D.size, D.size)
        at = np.arange(D.size)
        flat[at, at] = np.where(flat[at, at] == slopes[1], *slopes)
        rates = _rates(W, changed)
        if not rates.max() > rate * (1 + _GAIN):
            return D
        D, rate = changed[rates.argmax()], float(rates.max())
    return D


def _rates(W: Matrix, D: Array) -> Array:
    """Return ρ(D_k W ⋯ D_1 W)^(1/k) for each of the (N, k, n) slopes."""
    product = D[:, 0, :, None] * W
    for k in range(1, D.shape[1]):
        product = D[:, k, :, None] * (W @ product)
    return np.abs(np.linalg.eigvals(product)).max(axis=-1) ** (1 / D.shape[1])
