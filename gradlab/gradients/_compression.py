"""Rows of least singular value leave a block; a random sketch of all that left stays.

Left orthogonal factors change no singular value, so a block K = U Σ Vᵀ may become the
rows Uᵀ K, largest first, of which the last are left out: D, ‖D‖_F² = Σ σ² over them.
With A the rows that ever left, each times the Jacobians since,

    MᵀM = KᵀK + AᵀA,    hence    σ_i(K)² ≤ σ_i(M)² ≤ σ_i(K)² + ‖A‖².

A row that left may grow again, so ‖A‖ must be followed.  X = Ω A, with Ω of k Gaussian
rows, goes through the same Jacobians, and E exp(−s‖X‖_F²) ≤ (1 + 2s‖A‖_F²)^(−k/2)
bounds what it can miss [gratton2018improved]:

    P(‖X‖_F² ≤ q ‖A‖_F²) ≤ (q/k)^(k/2) exp((k − q)/2) ≤ (e q/k)^(k/2) = DOUBT.

What leaves is chosen by K alone, never by X: A does not depend on Ω.
"""

import math
from typing import NamedTuple

import numpy as np

from gradlab.typing import Array, Matrix

__all__ = ["DOUBT", "INFLATION", "SKETCH", "Split", "inflation", "split"]

SKETCH = 6
"""k, the rows of the sketch."""

DOUBT = 1e-6
"""Probability, at every lag of every sequence, that ‖A‖_F is more than it is said."""


def inflation(count: int, doubt: float) -> float:
    """Return 1/q: ‖A‖_F² ≤ ‖X‖_F²/q but with this probability, X of `count` rows."""
    return math.e / (count * doubt ** (2 / count))


INFLATION = inflation(SKETCH, DOUBT)
"""1/q of the sketches here."""

_SHARE = 0.5  # of the tolerance that a single split may use up; they add up
_EXACT = 128  # rows up to which a split is multiplied out in float64


class Split(NamedTuple):
    """The rows that stay (r', n), largest first, and what joins the sketch (k, n)."""

    kept: Array
    sketch: Array


def split(K: Array, *, tol: float, rank: int, rng: np.random.Generator) -> Split | None:
    """Return a block K (r, n) without the rows that it does not need, or None.

    Parameters
    ----------
    K : (r, n) array
    tol : float
        What leaves is so small that the bound of what it takes from ln‖K‖₂ is about a
        quarter of this.
    rank : int
        At most so many rows stay, whatever `tol` says.
    rng : Generator
        Draws Ω.
    """
    wide = K.astype(np.float64, copy=False)
    G = wide @ wide.T
    if not G.any():
        return Split(K[:1], np.zeros((SKETCH, K.shape[1])))
    part = _SHARE * tol / (INFLATION * SKETCH)
    if len(K) <= rank and not _has_eigenvalue_below(G, part * _at_least_norm(G)):
        return None
    values, V = np.linalg.eigh(G)
    energy = np.cumsum(np.maximum(values, 0.0))
    count = int(np.searchsorted(energy, part * values[-1], side="right"))
    count = min(max(count, len(K) - rank), len(K) - 1)
    if count <= 0:
        return None
    left, stays = V[:, :count], V[:, : count - 1 : -1]
    Omega = rng.standard_normal((SKETCH, count))
    if len(K) > _EXACT:
        kept = stays.T.astype(K.dtype) @ K
    else:
        kept = (stays.T @ wide).astype(K.dtype)
    return Split(kept, (Omega @ left.T) @ wide)


def _at_least_norm(G: Matrix) -> float:
    """Return a number that ‖G‖₂ does not exceed: the largest row sum."""
    return float(np.abs(G).sum(axis=1).max())


def _has_eigenvalue_below(G: Matrix, level: float) -> bool:
    """Whether a Cholesky factorisation of G − level · I breaks down."""
    if level == 0.0:
        return False
    try:
        np.linalg.cholesky(G - level * np.eye(len(G)))
    except np.linalg.LinAlgError:
        return True
    return False
