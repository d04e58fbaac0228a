"""What a loss says to every layer of a recording: through the layers above it, too.

With λ_t of a layer above, that layer sends λ_t ∂h_t/∂x_t to those it reads, at the same
step of the batch; all of it as mantissa · 2^exponent, so that nothing is lost between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from gradlab.adapters import RecordedLayer, Recording
from gradlab.dynamics import ScaledRows, Trajectory
from gradlab.studies.diagnosis.lags import last_steps, required_lag
from gradlab.studies.diagnosis.subject import Losses, Subject
from gradlab.typing import Array

__all__ = ["input_cotangents", "subjects_of"]

_BLOCK = 64  # steps whose input Jacobians are held at once


def subjects_of(recording: Recording) -> tuple[Subject, ...]:
    """Return the layers of a recording, each with what the loss says to it.

    Last is the loss that a layer meets last in its own time: a backward layer reads a
    sequence from its end, and its last loss is the first of the batch.
    """
    layers = recording.layers
    every = _through(layers, [layer.sources for layer in layers])
    found: dict[int, Subject] = {}
    for direction in ("forward", "backward"):
        own = [i for i, one in enumerate(layers) if one.order.direction == direction]
        last = _Last.of([layers[i] for i in own])
        kept = [
            None if i not in own else last.only(layer) for i, layer in enumerate(layers)
        ]
        sent = _through(layers, kept)
        for i in own:
            found[i] = _subject(layers[i], every[i], sent[i], last)
    return tuple(found[i] for i in range(len(layers)))


@final
@dataclass(frozen=True, eq=False)
class _Last:
    """Where the layers of one direction meet their last loss, by module."""

    steps: Mapping[str, Array]
    lags: Mapping[str, int]

    @classmethod
    def of(cls, layers: Sequence[RecordedLayer]) -> Self:
        steps: dict[str, Array] = {}
        lags: dict[str, int] = {}
        for layer in layers:
            if layer.sources is not None and layer.sources.any():
                at, name = last_steps(layer.sources), layer.module
                lag = required_lag(layer.sources, layer.order.starts)
                steps[name] = np.maximum(steps.get(name, at), at)
                lags[name] = max(lags.get(name, lag), lag)
        return cls(steps, lags)

    def only(self, layer: RecordedLayer) -> Array | None:
        """Return the sources of a layer with all but the last loss gone."""
        if layer.sources is None or layer.module not in self.steps:
            return None
        at = self.steps[layer.module], np.arange(layer.sources.shape[1])
        kept = np.zeros_like(layer.sources)
        kept[at] = layer.sources[at]
        return kept


def _subject(
    layer: RecordedLayer, every: ScaledRows | None, last: ScaledRows | None, met: _Last
) -> Subject:
    losses = None
    if every is not None and last is not None:
        steps, lag = met.steps[layer.module], met.lags[layer.module]
        losses = Losses(every, last, steps, lag)
    return Subject(
        layer.name,
        layer.trajectory,
        losses,
        layer.order.starts,
        layer.dtype,
        reads_inputs=not layer.reads,
    )


def _through(
    layers: Sequence[RecordedLayer], sources: Sequence[Array | None]
) -> list[ScaledRows | None]:
    """Return what reaches every layer from outside it, from the top down."""
    sums = [None if s is None or not s.any() else ScaledRows.of(s) for s in sources]
    for place in reversed(range(len(layers))):
        _send_down(layers, layers[place], sums, place)
    return sums


def input_cotangents(trajectory: Trajectory, cotangents: ScaledRows) -> ScaledRows:
    """Return λ_t ∂h_t/∂x_t for t = 1 … T (T, B, m) from λ_0 … λ_T."""
    states, inputs, rows = trajectory.states, trajectory.inputs, cotangents
    found = np.empty(inputs.shape)
    for start in range(0, len(inputs), _BLOCK):
        block = slice(start, start + _BLOCK)
        J = trajectory.cell.input_slopes(states[:-1][block], inputs[block])
        found[block] = J.cotangent(rows.mantissa[1:][block][..., None, :])[..., 0, :]
    return ScaledRows.of(found, rows.exponent[1:])


def _send_down(
    layers: Sequence[RecordedLayer],
    layer: RecordedLayer,
    sums: list[ScaledRows | None],
    place: int,
) -> None:
    """Add what a layer makes of its gradient to those that it reads."""
    seen = sums[place]
    if seen is None or not layer.reads:
        return
    chain = layer.trajectory.chain
    sent = input_cotangents(layer.trajectory, chain.scaled_cotangents(seen))
    column = 0
    for below in layer.reads:
        reader = layers[below]
        n, width = reader.trajectory.cell.sizes[0], reader.trajectory.cell.hidden
        part = sent.mantissa[..., column : column + width]
        column += width
        own = np.zeros((*part.shape[:2], n))
        own[..., :width] = _turned(layer, reader, part)
        exponent = _turned(layer, reader, sent.exponent)
        sums[below] = _sum(sums[below], ScaledRows.of(own, exponent))


def _turned(layer: RecordedLayer, reader: RecordedLayer, values: Array) -> Array:
    """Return values in the order of time of another layer of the same batch."""
    if layer.order.direction == reader.order.direction:
        return values
    return reader.order.own(layer.order.back(values))


def _sum(before: ScaledRows | None, more: ScaledRows) -> ScaledRows:
    if before is None:
        return more
    total = before.plus(more)
    return ScaledRows.of(total.mantissa, total.exponent)
