"""Forward in time: D_t = ∂h_t/∂θ = J_t D_{t−1} + ∂f_t/∂θ, all parameters in one array.

n numbers for each of P parameters are held, and a step costs 2 n² P flops.
"""

import math
from collections.abc import Iterator

import numpy as np

from gradlab._checks import require_memory
from gradlab.dynamics import Trajectory
from gradlab.typing import Array

__all__ = ["by_parameter", "sensitivities"]

_BLOCK = 64  # steps whose ∂f_t/∂θ are prepared at once


def sensitivities(trajectory: Trajectory) -> Iterator[Array]:
    """Yield D_t for t = 1 … T, (n, P) or (B, n, P).

    The P parameters are the entries of ``cell.params`` one after the other.
    """
    cell = trajectory.cell
    n = cell.sizes[0]
    count = sum(value.size for value in cell.params.values())
    shape = (*trajectory.batch, n, count)
    require_memory("n", n, 2 * math.prod(shape))
    D = np.zeros(shape)
    for start in range(0, len(trajectory), _BLOCK):
        part = slice(start, start + _BLOCK)
        J = cell.slopes(trajectory.states[:-1][part], trajectory.inputs[part])
        maps = _immediate(trajectory, part)
        for t in range(J.shape[0]):
            D = J[t].tangent(D)
            _add_immediate(D, maps, t)
            yield D


def by_parameter(trajectory: Trajectory, flat: Array) -> dict[str, Array]:
    """Return the P entries (P,) of a flat vector as arrays by parameter."""
    found, start = {}, 0
    for name, value in trajectory.cell.params.items():
        found[name] = flat[start : start + value.size].reshape(value.shape)
        start += value.size
    return found


def _immediate(trajectory: Trajectory, part: slice) -> list[tuple[Array, Array | None]]:
    """Return ∂f_t/∂θ as left (n, steps, ..., p) ⊗ right (steps, ..., c), in order.

    The rows of the left factor are what the n unit cotangents become.
    """
    h, x = trajectory.states[:-1][part], trajectory.inputs[part]
    n = h.shape[-1]
    unit = np.eye(n).reshape(n, *[1] * (h.ndim - 1), n)
    units = np.broadcast_to(unit, (n, *h.shape))
    outers = trajectory.cell.parameter_cotangents(h, x, units)
    found: list[tuple[Array, Array | None]] = []
    for outer in outers.values():
        if outer.right is None:
            left = outer.left.reshape(n, *h.shape[:-1], -1)
            found.append((left, None))
        else:
            found.append((outer.left, outer.right))
    return found


def _add_immediate(D: Array, maps: list[tuple[Array, Array | None]], t: int) -> None:
    start = 0
    for left, right in maps:
        rows = np.moveaxis(left[:, t], 0, -2)  # (..., n, p)
        if right is not None:
            each = rows[..., None] * right[t][..., None, None, :]
            rows = each.reshape(*rows.shape[:-1], -1)
        D[..., start : start + rows.shape[-1]] += rows
        start += rows.shape[-1]
