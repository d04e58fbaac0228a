"""Norms of the blocks of a gated Jacobian: ‖J[r, s]‖ ≤ max|b| + Σ_k max|a_k| ‖W_k‖.

For J = R (diag(b) + Σ_k diag(a_k) W_k) as in `gradlab.cells.factored`, which is what an
LSTM and a GRU have.  Where the first block is told of the last, a_k and b come with the
relay, and it is the largest product that counts.  The stored J is rounded: each term of
an entry passes at most K + 4 roundings.
"""

from typing import Any

import numpy as np

from gradlab.cells.factored import GatedJacobian
from gradlab.linalg.arithmetic import ETA, UNIT
from gradlab.linalg.outward import frobenius_above, norm_above
from gradlab.linalg.rounding import up_add, up_mul
from gradlab.typing import Array

__all__ = ["block_norms_above"]


def block_norms_above(slopes: GatedJacobian) -> Array:
    """Return float64s ≥ the 2-norms of the blocks of J_t as stored, (T, p, p).

    Examples
    --------
    >>> gates, W = np.full((1, 1, 2), 0.5), 4 * np.eye(2)
    >>> J = GatedJacobian(gates, W, feeds=(0,), carry=np.full((1, 2), 0.25))
    >>> block_norms_above(J).round(12).tolist()
    [[[2.25]]]
    """
    K, n = slopes.gates.shape[-2:]
    p = slopes.blocks
    # (1 + u)^(K + 4) − 1 < (K + 5) u, of terms whose norm is at most ‖W_k‖_F.
    share = up_mul(K + 5, UNIT)
    W = slopes.weights.reshape(K, n, -1)
    weights = up_add(norm_above(W), up_mul(share, frobenius_above(W)))
    blocks = np.zeros((*slopes.gates.shape[:-2], p, p))
    for k, row in enumerate(slopes.feeds):
        for r, size in _rows(slopes, row, slopes.gates[..., k, :]):
            blocks[..., r, 0] = up_add(blocks[..., r, 0], up_mul(size, weights[k]))
    if slopes.carry is not None:
        for r, size in _rows(slopes, p - 1, slopes.carry):
            kept = up_mul(size, up_add(1.0, share))
            blocks[..., r, -1] = up_add(blocks[..., r, -1], kept)
    return up_add(blocks, _lost(slopes))


def _rows(slopes: GatedJacobian, row: int, a: Array) -> list[tuple[int, Array]]:
    """Return the row blocks that diag(a), in row block `row`, reaches, and max|·|."""
    reached = [(row, np.abs(a).max(axis=-1))]
    if slopes.relay is not None and row == max(slopes.feeds):
        passed = up_mul(np.abs(slopes.relay), np.abs(a))
        reached.append((0, passed.max(axis=-1)))
    return reached


def _lost(slopes: GatedJacobian) -> Any:
    """Return what underflow may add to the norm of a block: a number or (T, 1, 1)."""
    K, n = slopes.gates.shape[-2:]
    each = up_mul((K + 4) * n, ETA)
    if slopes.relay is None:
        return each
    largest = np.abs(slopes.relay).max(axis=-1)
    return up_mul(each, up_add(1.0, largest))[..., None, None]
