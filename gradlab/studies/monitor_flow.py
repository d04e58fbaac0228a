"""Gradients of several losses on their way back through a module, all at one go.

Row 0 is ∂L/∂h_t of the whole loss.  Where a call ended, torch has told all of it, so
row 0 begins anew there; rows 1, 2, … are of the last loss alone, as the layers of one
direction meet it, and pass every end:

    λ_{t−1} = δ_{t−1} + λ_t J_t,   and λ_t ∂h_t/∂x_t goes to the layers below.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.adapters.alignment import Direction
from gradlab.adapters.recording import RecordedLayer
from gradlab.adapters.torch_watched import WatchedModule
from gradlab.dynamics import ScaledRows
from gradlab.studies.diagnosis.lags import last_steps
from gradlab.studies.rows_back import rows_back
from gradlab.typing import Array, Vector

__all__ = ["Flow", "flow_of"]

_BLOCK = 64  # steps whose Jacobians are held at once


@final
@dataclass(frozen=True, eq=False)
class Flow:
    """What reaches a layer.

    Attributes
    ----------
    layer : RecordedLayer
    every : ScaledRows
        λ_0 … λ_T of the whole loss (T + 1, B, n).
    last : ScaledRows
        Of the last loss alone.
    newest : (B,) array of int
        The step at which that loss is, among the T steps.
    """

    layer: RecordedLayer
    every: ScaledRows
    last: ScaledRows
    newest: Vector


def flow_of(watched: WatchedModule) -> list[Flow]:
    """Return the flow of every layer that a gradient comes to, from the inputs up."""
    layers = watched.layers
    directions = list(dict.fromkeys(layer.order.direction for layer in layers))
    newest = [_newest(layers, direction) for direction in directions]
    sums = [_sources(layer, directions, newest) for layer in layers]
    found: list[Flow] = []
    inner = set(watched.ends[:-1])
    for place in reversed(range(len(layers))):
        layer, sources = layers[place], sums[place]
        if sources.mantissa.any():
            rows = rows_back(layer.trajectory, sources, cuts=inner)
            _send_down(layers, layer, rows, sums)
            k = directions.index(layer.order.direction)
            every, last = _row(rows, 0), _row(rows, 1 + k)
            found.append(Flow(layer, every, last, newest[k]))
    return found[::-1]


def _newest(layers: Sequence[RecordedLayer], direction: Direction) -> Vector:
    """Return the step of the loss that the layers of a direction meet last (B,)."""
    own = [layer.sources for layer in layers if layer.order.direction == direction]
    steps = [last_steps(sources) for sources in own if sources is not None]
    return np.max(steps, axis=0)


def _sources(
    layer: RecordedLayer, directions: Sequence[Direction], newest: Sequence[Vector]
) -> ScaledRows:
    """Return δ_1 … δ_T (T, B, rows, n) as they come from outside the module."""
    T, B, n = layer.trajectory.states[1:].shape
    every = np.zeros((T, B, n)) if layer.sources is None else layer.sources
    found = np.zeros((T, B, 1 + len(directions), n))
    found[:, :, 0] = every
    k = directions.index(layer.order.direction)
    at = newest[k], np.arange(B)
    found[(*at, 1 + k)] = every[at]
    return ScaledRows.of(found)


def _row(rows: ScaledRows, k: int) -> ScaledRows:
    return ScaledRows(rows.mantissa[:, :, k], rows.exponent[:, :, k])


def _send_down(
    layers: Sequence[RecordedLayer],
    layer: RecordedLayer,
    cotangents: ScaledRows,
    sums: list[ScaledRows],
) -> None:
    """Add λ_t ∂h_t/∂x_t to what the layers below get, dropout between included."""
    if not layer.reads:
        return
    sent = _input_cotangents(layer, cotangents)
    column = 0
    for below in layer.reads:
        reader = layers[below]
        width = reader.trajectory.cell.hidden
        own = np.zeros((*sent.shape[:-1], reader.trajectory.cell.sizes[0]))
        own[..., :width] = sent[..., column : column + width]
        column += width
        exponent = _turned(layer, reader, cotangents.exponent[1:])
        more = ScaledRows.of(_turned(layer, reader, own), exponent)
        total = more.plus(sums[below])
        sums[below] = ScaledRows.of(total.mantissa, total.exponent)


def _input_cotangents(layer: RecordedLayer, cotangents: ScaledRows) -> Array:
    """Return the mantissas of what goes to the inputs (T, B, rows, m)."""
    trajectory = layer.trajectory
    rows = cotangents.mantissa[1:]
    sent = np.empty((*rows.shape[:-1], trajectory.inputs.shape[-1]))
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        states, inputs = trajectory.states[:-1][block], trajectory.inputs[block]
        J = trajectory.cell.input_slopes(states, inputs)
        sent[block] = J.cotangent(rows[block])
    if layer.dropout is not None:
        sent *= layer.dropout[:, :, None, :]
    return sent


def _turned(layer: RecordedLayer, reader: RecordedLayer, values: Array) -> Array:
    """Return values in the order of time of another layer of the same batch."""
    if layer.order.direction == reader.order.direction:
        return values
    return reader.order.own(layer.order.back(values))
