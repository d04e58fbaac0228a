"""Lag terms of a gradient: u_{t,i} = δ_t J_t ⋯ J_{i+1}, what ℓ_t says to step i.

An estimator weights them, λ_i = Σ_t w_{t,i} u_{t,i}, and ∂L/∂θ = Σ_i λ_i ∂f_i/∂θ.  They
are carried for many losses at once: one batched product with Jacobians for each lag.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradlab.cells.factored import AbstractJacobian
from gradlab.dynamics import Trajectory
from gradlab.errors import RangeError
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = [
    "block_rows",
    "carried_rows",
    "lag_gradients",
    "lag_rows",
    "require_range",
    "sheet_gradients",
    "steps_with_loss",
]

_BLOCK = 16  # lags whose outer products are summed in one call
_KEPT = 2**24  # numbers u that are kept rather than carried twice: 128 MiB


def steps_with_loss(objective: AbstractObjective) -> Array:
    """Return (T,) of bool: whether δ_t is not zero, in any sequence of the batch."""
    deltas = objective.cotangents
    seen: Array = (deltas.reshape(len(deltas), -1) != 0).any(axis=1)
    return seen


def require_range(rows: Array) -> Array:
    """Return cotangents (T + 1, ...), or raise at the latest that is not finite."""
    finite = np.isfinite(rows).reshape(len(rows), -1).all(axis=1)
    if not finite.all():
        raise RangeError(int(np.flatnonzero(~finite)[-1]))
    return rows


def block_rows(
    objective: AbstractObjective, ends: Array, firsts: Array
) -> Iterator[tuple[Array, Array]]:
    """Yield (states i, Σ_t u_{t,i}) of blocks of losses, lag by lag from their ends.

    Block j holds the losses t in firsts[j] … ends[j]; the l-th pair, l = 0, 1, …, is at
    i = ends − l for every block that still has such a state.  `ends` ascend.
    """
    slopes, deltas = _slopes(objective), objective.cotangents
    at, rows = ends, deltas[ends - 1]
    while len(at):
        yield at, rows
        at, rows = _retreat(slopes, at, rows)
        entering = (at >= firsts[len(firsts) - len(at) :]) & (at > 0)
        rows[entering] += deltas[at[entering] - 1]


def lag_rows(objective: AbstractObjective) -> Iterator[tuple[Array, Array]]:
    """Yield (states i, u_{i+l,i}) over all losses, for l = 0, 1, … while there are."""
    return carried_rows(objective, 1 + np.flatnonzero(steps_with_loss(objective)))


def carried_rows(
    objective: AbstractObjective, times: Array
) -> Iterator[tuple[Array, Array]]:
    """Yield (states i, u_{i+l,i}) for the losses at ascending times, lag by lag."""
    return _carried(_slopes(objective), times, objective.cotangents[times - 1])


def lag_gradients(objective: AbstractObjective) -> Iterator[tuple[int, Array]]:
    """Yield (l, G_l, G_{l+1}, … as rows (k, P)) for blocks of lags, the last one first.

    G_l = Σ_t u_{t,t−l} ∂f_{t−l}/∂θ over the cell's P parameters.  Backwards, because a
    sum of tails Σ_{m ≥ l} G_m keeps its digits that way; so the u are kept, or, where
    they are too many, one lag in sixteen and the others are carried anew.
    """
    sweep = lag_rows(objective)
    n = objective.cotangents[0].size
    few = n * len(objective.trajectory) ** 2 // 2 <= _KEPT
    blocks: list[list[tuple[Array, Array]]] = []
    while block := list(itertools.islice(sweep, _BLOCK)):
        blocks.append(block if few else block[:1])
    slopes = _slopes(objective)
    for start in range(0, _BLOCK * len(blocks), _BLOCK)[::-1]:
        block = blocks.pop()
        if not few:
            block = list(itertools.islice(_carried(slopes, *block[0]), _BLOCK))
        stepping = [(at[at > 0], rows[at > 0]) for at, rows in block if at[-1] > 0]
        if stepping:
            yield start, _summed(objective.trajectory, stepping)


def _slopes(objective: AbstractObjective) -> AbstractJacobian:
    trajectory = objective.trajectory
    return trajectory.cell.slopes(trajectory.states[:-1], trajectory.inputs)


def _carried(
    slopes: AbstractJacobian, at: Array, rows: Array
) -> Iterator[tuple[Array, Array]]:
    while len(at):
        yield at, rows
        at, rows = _retreat(slopes, at, rows)


def _retreat(slopes: AbstractJacobian, at: Array, rows: Array) -> tuple[Array, Array]:
    """Return the states i − 1 ≥ 0 and u J_i, of those that have an earlier state."""
    alive = at > 0
    at, rows = at[alive], rows[alive]
    if not len(at):
        return at, rows
    with np.errstate(over="ignore", invalid="ignore"):
        J = slopes[_evenly(at - 1)]
        return at - 1, J.cotangent(rows[..., None, :])[..., 0, :]


def _summed(trajectory: Trajectory, block: list[tuple[Array, Array]]) -> Array:
    """Return Σ_i u_i ∂f_i/∂θ for every lag of a block, (k, P)."""
    top = max(int(at[-1]) for at, _ in block)
    sheet = np.zeros((len(block), top, *block[0][1].shape[1:]))
    for rows_of_lag, (at, rows) in zip(sheet, block, strict=True):
        rows_of_lag[at - 1] = rows
    return sheet_gradients(trajectory, sheet)


def sheet_gradients(trajectory: Trajectory, sheet: Array) -> Array:
    """Return Σ_i λ_i ∂f_i/∂θ for many λ at once: sheet (k, T', n) or (k, T', B, n).

    Row i − 1 stands for step i; T' ≤ T.  The result is (k, P).
    """
    steps = sheet.shape[1]
    h, x = trajectory.states[:steps], trajectory.inputs[:steps]
    outers = trajectory.cell.parameter_cotangents(h, x, sheet)
    axes = tuple(range(1, 2 + len(trajectory.batch)))
    found = [np.zeros((len(sheet), 0))]
    for outer in outers.values():
        if outer.right is None:
            total = outer.left.sum(axis=axes)
        else:
            rows = outer.left.reshape(len(sheet), -1, outer.left.shape[-1])
            right = outer.right.reshape(rows.shape[1], -1)
            total = np.swapaxes(rows, 1, 2) @ right
        found.append(total.reshape(len(sheet), -1))
    return np.concatenate(found, axis=1)


def _evenly(index: Array) -> Any:
    """Return ascending indices as a slice where they are one: no copy is made."""
    if len(index) == 1:
        return slice(int(index[0]), int(index[0]) + 1)
    steps = np.diff(index)
    if (steps == steps[0]).all():
        return slice(int(index[0]), int(index[-1]) + 1, int(steps[0]))
    return index
