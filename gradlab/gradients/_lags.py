"""Lag terms of a gradient: u_{t,i} = δ_t J_t ⋯ J_{i+1}, what ℓ_t says to step i.

An estimator weights them, λ_i = Σ_t w_{t,i} u_{t,i}, and ∂L/∂θ = Σ_i λ_i ∂f_i/∂θ.  They
are carried for many losses at once: one batched product with Jacobians for each lag.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradlab.cells.factored import AbstractJacobian
from gradlab.errors import RangeError
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = [
    "block_rows",
    "lag_gradients",
    "lag_rows",
    "require_range",
    "sheet_gradients",
    "steps_with_loss",
]

_BLOCK = 16  # lags whose outer products are summed in one call


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
    trajectory = objective.trajectory
    slopes = trajectory.cell.slopes(trajectory.states[:-1], trajectory.inputs)
    deltas = objective.cotangents
    at, first = np.asarray(ends), np.asarray(firsts)
    rows = deltas[at - 1]
    while True:
        yield at, rows
        alive = at > 0
        at, first, rows = at[alive], first[alive], rows[alive]
        if not len(at):
            return
        with np.errstate(over="ignore", invalid="ignore"):
            rows = _back(slopes[_evenly(at - 1)], rows)
        at = at - 1
        entering = (at >= first) & (at > 0)
        rows[entering] += deltas[at[entering] - 1]


def lag_rows(objective: AbstractObjective) -> Iterator[tuple[int, Array, Array]]:
    """Yield (l, states i, u_{i+l,i}) for lags l = 0 … T over all losses."""
    times = 1 + np.flatnonzero(steps_with_loss(objective))
    if len(times):
        for lag, (at, rows) in enumerate(block_rows(objective, times, times)):
            yield lag, at, rows


def lag_gradients(objective: AbstractObjective) -> Iterator[tuple[int, list[Array]]]:
    """Yield (l, [G_l by parameter of the cell]) for blocks of lags, in order.

    G_l = Σ_t u_{t,t−l} ∂f_{t−l}/∂θ; every array is (lags of the block, *θ.shape) and
    l is its first.  Lags without any step are left out.
    """
    trajectory = objective.trajectory
    deltas = objective.cotangents
    block: list[tuple[Array, Array]] = []
    start = 0
    for lag, at, rows in lag_rows(objective):
        if not (at > 0).any():
            break
        block.append((at[at > 0], rows[at > 0]))
        if len(block) == _BLOCK:
            yield start, _summed(trajectory, deltas, block)
            block, start = [], lag + 1
    if block:
        yield start, _summed(trajectory, deltas, block)


def _summed(
    trajectory: Any, deltas: Array, block: list[tuple[Array, Array]]
) -> list[Array]:
    """Return Σ_i u_i ∂f_i/∂θ by parameter, (lags, *θ.shape)."""
    top = max(int(at[-1]) for at, _ in block)
    sheet = np.zeros((len(block), top, *deltas.shape[1:]))
    for rows_of_lag, (at, rows) in zip(sheet, block, strict=True):
        rows_of_lag[at - 1] = rows
    return sheet_gradients(trajectory, sheet)


def sheet_gradients(trajectory: Any, sheet: Array) -> list[Array]:
    """Return Σ_i λ_i ∂f_i/∂θ for many λ at once: sheet (k, T', n) or (k, T', B, n).

    Row i − 1 stands for step i; T' ≤ T.  Each array is (k, *θ.shape).
    """
    h, x = trajectory.states[: sheet.shape[1]], trajectory.inputs[: sheet.shape[1]]
    axes = 1 + len(trajectory.batch)
    params = trajectory.cell.params
    outers = trajectory.cell.parameter_cotangents(h, x, sheet)
    found = []
    for name, outer in outers.items():
        left, shape = outer.left, params[name].shape
        if outer.right is None:
            total = left.sum(axis=tuple(range(1, 1 + axes)))
        else:
            k = len(sheet)
            rows = left.reshape(k, -1, left.shape[-1])
            right = outer.right.reshape(-1, rows.shape[1], outer.right.shape[-1])
            total = np.swapaxes(rows, 1, 2) @ right
        found.append(total.reshape(len(sheet), *shape))
    return found


def _back(J: AbstractJacobian, rows: Array) -> Array:
    return J.cotangent(rows[..., None, :])[..., 0, :]


def _evenly(index: Array) -> Any:
    """Return ascending indices as a slice where they are one: no copy is made."""
    if len(index) == 1:
        return slice(int(index[0]), int(index[0]) + 1)
    steps = np.diff(index)
    if (steps == steps[0]).all():
        return slice(int(index[0]), int(index[-1]) + 1, int(steps[0]))
    return index
