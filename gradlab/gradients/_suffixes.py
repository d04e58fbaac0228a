"""Suffix gradients R_{j,t}: what the losses from ℓ_j on say to the steps before t.

R_{j,t} = Σ_{k ≥ j} Σ_{i < t} u_{k,i} ∂f_i/∂θ with u_{k,i} = δ_k J_k ⋯ J_{i+1}.  That
is all that a cut between t − 1 and t can take from the gradient.
"""

from collections.abc import Iterator

import numpy as np

from gradlab.cells.base import Outer
from gradlab.gradients._lags import carried_rows, sheet_gradients
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = ["cut_cotangents", "loss_gradients", "suffix_gradients"]

_BLOCK = 16  # losses that are followed together


def suffix_gradients(objective: AbstractObjective) -> Iterator[tuple[int, int, Array]]:
    """Yield (t, j, R_{j,t}, R_{j+1,t}, … as rows (k, P)) for all j ≥ t ≥ 2.

    Losses come in blocks of k ≤ 16, the last first, each with t = 2 … j + k − 1; a
    block holds 16 T n B numbers and 32 P.  T² B (n² + P) flops in all.  The rows are
    valid until the next ones.
    """
    trajectory = objective.trajectory
    count = sum(value.size for value in trajectory.cell.params.values())
    for first, rows in _suffix_rows(objective):
        R, scratch = np.zeros((2, len(rows), count))
        for i in range(rows.shape[1] - 1):
            low = max(i + 1 - first, 0)  # R_{j,t} with j ≥ t = i + 2 alone
            h, x = trajectory.states[i], trajectory.inputs[i]
            outers = trajectory.cell.parameter_cotangents(h, x, rows[low:, i])
            start = 0
            for outer in outers.values():
                start += _put(outer, bool(trajectory.batch), scratch[low:, start:])
            R[low:] += scratch[low:]
            yield i + 2, first + low + 1, R[low:]


def cut_cotangents(objective: AbstractObjective) -> Iterator[tuple[int, list[Outer]]]:
    """Yield (t, Λ_t J_t ⋯ J_{i+1} ∂f_i/∂θ over i = 1 … t − 1) for t = T … 2.

    With the full adjoint Λ_t: what a cut before step t takes from each step before.  A
    cotangent for each parameter, in order, with the leading axes (t − 1, ...).
    """
    trajectory = objective.trajectory
    for first, rows in _suffix_rows(objective):
        h, x = (a[: rows.shape[1]] for a in (trajectory.states, trajectory.inputs))
        outers = trajectory.cell.parameter_cotangents(h, x, rows).values()
        for t in range(first + len(rows), max(first, 1), -1):
            k, before = t - first - 1, slice(t - 1)
            yield t, [_part(outer, k, before) for outer in outers]


def _part(outer: Outer, k: int, steps: slice) -> Outer:
    right = None if outer.right is None else outer.right[steps]
    return Outer(outer.left[k, steps], right)


def loss_gradients(objective: AbstractObjective) -> Iterator[tuple[int, Array]]:
    """Yield (t, rows (k, P)) for blocks of losses ℓ_t, ℓ_{t+1}, …, without their lag 0.

    In a batch the rows are (k, P) too: its sequences are summed.
    """
    T = len(objective.trajectory)
    for first in range(0, T, _BLOCK):
        rows = _rows(objective, first, min(first + _BLOCK, T))
        own = np.arange(len(rows))
        rows[own, first + own] = 0.0
        yield first + 1, sheet_gradients(objective.trajectory, rows)


def _suffix_rows(objective: AbstractObjective) -> Iterator[tuple[int, Array]]:
    """Yield (f, Σ_{k≥j} u_{k,i} for j = f + 1, f + 2, … (k, end, ..., n)), last first.

    Column i − 1 stands for step i; for i < j it is Λ_j J_j ⋯ J_{i+1}, with the full
    adjoint Λ_j.  The rows are not to be changed.
    """
    T = len(objective.trajectory)
    later = np.zeros(objective.cotangents.shape)
    for first in range(0, T, _BLOCK)[::-1]:
        rows = _rows(objective, first, min(first + _BLOCK, T))
        rows[-1] += later[: rows.shape[1]]
        for j in range(len(rows) - 1)[::-1]:
            rows[j] += rows[j + 1]
        later = rows[0]
        yield first, rows


def _rows(objective: AbstractObjective, first: int, end: int) -> Array:
    """Return u_{t,i} for t = first + 1 … end and i ≤ t (k, end, ..., n); 0 above."""
    deltas = objective.cotangents
    rows = np.zeros((end - first, end, *deltas.shape[1:]))
    times = np.arange(first + 1, end + 1)
    for lag, (at, carried) in enumerate(carried_rows(objective, times)):
        inside = at > 0
        steps = at[inside]
        rows[steps + lag - first - 1, steps - 1] = carried[inside]
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
