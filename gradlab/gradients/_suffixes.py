"""Suffix gradients R_{j,t}: what the losses from ℓ_j on say to the steps before t.

R_{j,t} = Σ_{k ≥ j} Σ_{i < t} u_{k,i} ∂f_i/∂θ with u_{k,i} = δ_k J_k ⋯ J_{i+1}.  That
is all that a cut between t − 1 and t can take from the gradient.
"""

from collections.abc import Iterator

import numpy as np

from gradlab.cells.base import Outer
from gradlab.gradients._lags import lag_rows, sheet_gradients
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = ["loss_gradients", "suffix_gradients"]

_BLOCK = 16  # losses whose outer products are summed in one call


def suffix_gradients(objective: AbstractObjective) -> Iterator[tuple[int, Array]]:
    """Yield (t, R_{t,t} … R_{T,t} as rows (T − t + 1, P)) for t = 2 … T.

    T² n B numbers are held and T P; T² B (n² + P) flops.  A yielded array is valid
    until the next one.
    """
    trajectory = objective.trajectory
    T = len(trajectory)
    rows = _rows(objective)
    for j in range(T - 1)[::-1]:
        rows[j] += rows[j + 1]
    count = sum(value.size for value in trajectory.cell.params.values())
    R, scratch = np.zeros((2, T, count))
    for i in range(T - 1):
        h, x = trajectory.states[i], trajectory.inputs[i]
        outers = trajectory.cell.parameter_cotangents(h, x, rows[i + 1 :, i])
        start = 0
        for outer in outers.values():
            start += _put(outer, bool(trajectory.batch), scratch[i + 1 :, start:])
        R[i + 1 :] += scratch[i + 1 :]
        yield i + 2, R[i + 1 :]


def loss_gradients(objective: AbstractObjective) -> Iterator[tuple[int, Array]]:
    """Yield (t, rows (k, P)) for blocks of losses ℓ_t, ℓ_{t+1}, …, without their lag 0.

    In a batch the rows are (k, P) too: its sequences are summed.
    """
    rows = _rows(objective)
    T = len(rows)
    rows[np.arange(T), np.arange(T)] = 0.0
    for start in range(0, T, _BLOCK):
        sheet = rows[start : start + _BLOCK, : start + _BLOCK]
        yield start + 1, sheet_gradients(objective.trajectory, sheet)


def _rows(objective: AbstractObjective) -> Array:
    """Return u_{t,i} for all t and i ≤ t, (T, T, n) or (T, T, B, n); 0 above."""
    deltas = objective.cotangents
    rows = np.zeros((len(deltas), *deltas.shape))
    for lag, (at, carried) in enumerate(lag_rows(objective)):
        inside = at > 0
        rows[at[inside] + lag - 1, at[inside] - 1] = carried[inside]
    return rows


def _put(outer: Outer, batch: bool, place: Array) -> int:
    """Write cotangents, summed over a batch, into columns 0 …; return how many."""
    left, right = outer.left, outer.right
    rows = len(place)
    if right is None:
        total = (left.sum(axis=1) if batch else left).reshape(rows, -1)
        place[:, : total.shape[1]] = total
        return total.shape[1]
    p, c = left.shape[-1], right.shape[-1]
    out = place[:, : p * c].reshape(rows, p, c)  # a view: only an axis is split
    if batch:
        np.matmul(np.swapaxes(left, 1, 2), right, out=out)
    else:
        np.multiply(left[..., None], right, out=out)
    return p * c
