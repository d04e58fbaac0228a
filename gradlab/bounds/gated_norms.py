"""Norms of the blocks of a gated Jacobian: at most max|b| + Σ_k max|a_k| ‖W_k‖.

J = R (diag(b) + Σ_k diag(a_k) W_k) is what an LSTM and a GRU have: gate k feeds one
block of rows, b is kept in the last one, and R relays the last to the first by a
diagonal d, so that d ∘ b and d ∘ a_k stand there.  The stored J is rounded: an entry
passes at most K + 3 roundings.
"""

import numpy as np

from gradlab.cells.factored import GatedJacobian
from gradlab.linalg.arithmetic import ETA, UNIT
from gradlab.linalg.outward import frobenius_above, norm_above
from gradlab.linalg.rounding import up_add, up_mul, up_sums
from gradlab.typing import Array, Vector

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
    T, K, n = slopes.gates.shape
    last = slopes.blocks - 1
    largest = np.zeros((T, last + 1, K))  # of a_k, in the rows of every block
    for k, block in enumerate(slopes.feeds):
        largest[:, block, k] = np.abs(slopes.gates[:, k]).max(axis=-1)
        if slopes.relay is not None and block == last:
            largest[:, 0, k] = _largest_product(slopes.relay, slopes.gates[:, k])
    carried = np.zeros((T, last + 1, last + 1))
    if slopes.carry is not None:
        carried[:, last, last] = np.abs(slopes.carry).max(axis=-1)
        if slopes.relay is not None:
            carried[:, 0, last] = _largest_product(slopes.relay, slopes.carry)
    # (1 + u)^(K + 3) − 1 < (K + 4) u, of entries whose norm is at most ‖W_k‖_F.
    share = up_mul(K + 4, UNIT)
    W = slopes.weights.reshape(K, n, n)
    weights = up_add(norm_above(W), up_mul(share, frobenius_above(W)))
    blocks = up_mul(carried, up_add(1.0, share))
    tiny = up_mul(_underflows(slopes), ETA)
    sums = up_sums(up_mul(largest, weights))
    blocks[..., 0] = up_add(up_add(sums, blocks[..., 0]), tiny)
    return blocks


def _largest_product(d: Array, a: Array) -> Vector:
    """Return float64s ≥ max_i |d_i a_i| (T,)."""
    return up_mul(np.abs(d), np.abs(a)).max(axis=-1)


def _underflows(slopes: GatedJacobian) -> float:
    """Return how many times η the norm of all that underflows is at most."""
    *_, K, n = slopes.gates.shape
    relayed = 0.0 if slopes.relay is None else float(np.abs(slopes.relay).max())
    return 2.0 * n * (K + 2) * (1.0 + relayed)
