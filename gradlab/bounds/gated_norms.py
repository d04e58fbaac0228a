"""Norms of the blocks of a gated Jacobian: ‖J[r, s]‖ ≤ max|b| + Σ_k max|a_k| ‖W_k‖.

For J[r, s] = diag(b[r, s]) + [s = 0] Σ_k diag(a[r, k]) W_k, which is what an LSTM and a
GRU have; the sum is there for s = 0 only.  The stored J is rounded: each entry of the
sum passes at most K + 1 roundings, and the carry one more.
"""

import numpy as np

from gradlab.cells.factored import GatedJacobian
from gradlab.linalg.arithmetic import ETA, UNIT
from gradlab.linalg.outward import frobenius_above, norm_above
from gradlab.linalg.rounding import up_add, up_mul, up_sums
from gradlab.typing import Array

__all__ = ["block_norms_above"]


def block_norms_above(slopes: GatedJacobian) -> Array:
    """Return float64s ≥ the 2-norms of the blocks of J_t as stored, (T, p, p).

    Examples
    --------
    >>> gates, W = np.full((1, 1, 1, 2), 0.5), 4 * np.eye(2)
    >>> carry = np.full((1, 1, 1, 2), 0.25)
    >>> block_norms_above(GatedJacobian(gates, W, carry)).round(12).tolist()
    [[[2.25]]]
    """
    *_, p, K, n = slopes.gates.shape
    W = slopes.weights.reshape(K, n, n)
    # (1 + u)^(K + 2) − 1 < (K + 3) u, of entries whose norm is at most ‖W_k‖_F.
    share = up_mul(K + 3, UNIT)
    weights = up_add(norm_above(W), up_mul(share, frobenius_above(W)))
    largest = np.abs(slopes.gates).max(axis=-1)
    sums = up_sums(up_mul(largest, weights))
    blocks = np.zeros((*largest.shape[:-2], p, p))
    if slopes.carry is not None:
        carried = np.abs(slopes.carry).max(axis=-1)
        blocks = up_mul(carried, up_add(1.0, share))
    tiny = up_mul(n * K + n, ETA)
    blocks[..., 0] = up_add(up_add(sums, blocks[..., 0]), tiny)
    return blocks
