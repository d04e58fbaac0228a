"""What a training step's own gradients say about time, layer by layer, in nats.

ln‖∂L/∂h_t‖ for every t, of all losses together, and a_l = ln‖∂ℓ_τ/∂h_{τ−l}‖ −
ln‖∂ℓ_τ/∂h_τ‖ of the last loss ℓ_τ alone, both through exact Jacobians at the states
that the step went through.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.adapters.recording import RecordedLayer
from gradlab.adapters.torch_watched import WatchedModule
from gradlab.dynamics import ScaledRows
from gradlab.gradients import gradient_horizon
from gradlab.studies.diagnosis.lags import by_lag, growth, last_steps
from gradlab.studies.diagnosis.stacked import input_cotangents
from gradlab.typing import Array, Vector

__all__ = ["LayerSample", "cotangents_of", "layer_samples"]


@final
@dataclass(frozen=True, eq=False)
class LayerSample:
    """One layer at one step of training.

    Attributes
    ----------
    name : str
    steps : int
        T.
    left : (L,) array
        a_l at the lags asked for that are below T: the median over sequences, NaN where
        no sequence is that long, −inf where nothing is left.
    signal : (L,) array
        ln‖∂L/∂h_{T−l}‖ at the same lags, likewise.
    horizon : float
        Steps back at which a thousandth of the last loss's gradient is left; inf if
        more is left at the first step.
    exponent, stderr : float
        λ₁, from the growth of a_l, per step.
    """

    name: str
    steps: int
    left: Vector
    signal: Vector
    horizon: float
    exponent: float
    stderr: float


def layer_samples(watched: WatchedModule, lags: Vector) -> list[LayerSample]:
    """Return the layers of a module that any gradient reaches.

    Parameters
    ----------
    watched : WatchedModule
    lags : (K,) array of int
        Ascending, from 0 on.
    """
    every = cotangents_of(watched, [layer.sources for layer in watched.layers])
    found = []
    for direction in ("forward", "backward"):
        kept, newest = _last_losses(watched.layers, direction)
        alone = len(watched.ends) == 1 and _is_all(watched.layers, kept)
        last = every if alone else _flow(watched.layers, kept, watched.ends[-1:])
        for i, layer in enumerate(watched.layers):
            rows, all_rows = last[i], every[i]
            own = layer.order.direction == direction
            if own and rows is not None and all_rows is not None:
                profile = by_lag(rows, newest, layer.order.starts)
                found.append((i, _sample(layer, profile, all_rows.log_norms(), lags)))
    return [sample for _, sample in sorted(found, key=lambda pair: pair[0])]


def cotangents_of(
    watched: WatchedModule, sources: Sequence[Array | None]
) -> list[ScaledRows | None]:
    """Return ∂L/∂h_0 … ∂L/∂h_T of every layer, None where no gradient comes.

    At the end of a call the source is all of ∂L/∂h there, so each stretch between two
    ends is followed by itself.
    """
    return _flow(watched.layers, sources, watched.ends)


def _sample(
    layer: RecordedLayer, profile: Array, log_norms: Array, lags: Vector
) -> LayerSample:
    T = len(profile)
    shown = lags[lags < T]
    middle = _median(profile)
    inside = np.arange(1, T + 1)[:, None] > layer.order.starts[None, :]
    signal = _median(np.where(inside, log_norms[1:], np.nan))[::-1]
    told = middle[~np.isnan(middle)]
    rate = growth(profile)
    return LayerSample(
        name=layer.name,
        steps=T,
        left=middle[shown],
        signal=signal[shown],
        horizon=gradient_horizon(told) if len(told) else math.nan,
        exponent=rate.exponent,
        stderr=rate.stderr,
    )


def _median(logs: Array) -> Vector:
    """Return the lower median over sequences (T,), NaN where there is none."""
    ordered = np.sort(logs, axis=1)  # NaN come last
    count = (~np.isnan(logs)).sum(axis=1)
    at = np.maximum(count - 1, 0) // 2
    return ordered[np.arange(len(logs)), at]


def _last_losses(
    layers: Sequence[RecordedLayer], direction: str
) -> tuple[list[Array | None], Array]:
    """Return the sources of one direction with all but the last loss gone, and where.

    The last loss is that which the layers of the direction meet last in their time.
    """
    own = [layer for layer in layers if layer.order.direction == direction]
    sources = [layer.sources for layer in own if layer.sources is not None]
    batch = layers[0].trajectory.states.shape[1]
    steps = [last_steps(s) for s in sources if s.any()]
    newest = np.max([np.zeros(batch, dtype=int), *steps], axis=0)
    at = newest, np.arange(batch)
    found: list[Array | None] = []
    for layer in layers:
        kept = None
        if layer.order.direction == direction and layer.sources is not None:
            kept = np.zeros_like(layer.sources)
            kept[at] = layer.sources[at]
        found.append(kept)
    return found, newest


def _is_all(layers: Sequence[RecordedLayer], kept: Sequence[Array | None]) -> bool:
    """Whether the last losses of one direction are all the losses that there are."""
    return all(
        layer.sources is None
        or (not layer.sources.any() if rows is None else (rows == layer.sources).all())
        for layer, rows in zip(layers, kept, strict=True)
    )


def _flow(
    layers: Sequence[RecordedLayer],
    sources: Sequence[Array | None],
    ends: Sequence[int],
) -> list[ScaledRows | None]:
    """Return λ_0 … λ_T of every layer, from the top of the module down."""
    sums = [None if s is None or not s.any() else ScaledRows.of(s) for s in sources]
    found: list[ScaledRows | None] = [None] * len(layers)
    for place in reversed(range(len(layers))):
        seen = sums[place]
        if seen is not None:
            found[place] = rows = _stretches(layers[place], seen, ends)
            _send_down(layers, layers[place], rows, sums)
    return found


def _stretches(
    layer: RecordedLayer, sources: ScaledRows, ends: Sequence[int]
) -> ScaledRows:
    """Return λ_0 … λ_T, stretch by stretch: nothing passes an end but what it says."""
    chain = layer.trajectory.chain
    if len(ends) == 1:
        return chain.scaled_cotangents(sources)
    if len(ends) == len(chain):  # single steps: every λ_t is a source
        first = chain[:1].scaled_cotangents(_rows(sources, 0, 1))
        return _joined([_rows(first, 0, 1), sources])
    parts, begin = [], 0
    for end in ends:
        rows = chain[begin:end].scaled_cotangents(_rows(sources, begin, end))
        parts.append(_rows(rows, int(begin > 0), end - begin + 1))
        begin = end
    return _joined(parts)


def _rows(rows: ScaledRows, start: int, stop: int) -> ScaledRows:
    return ScaledRows(rows.mantissa[start:stop], rows.exponent[start:stop])


def _joined(parts: Sequence[ScaledRows]) -> ScaledRows:
    return ScaledRows(
        np.concatenate([part.mantissa for part in parts]),
        np.concatenate([part.exponent for part in parts]),
    )


def _send_down(
    layers: Sequence[RecordedLayer],
    layer: RecordedLayer,
    cotangents: ScaledRows,
    sums: list[ScaledRows | None],
) -> None:
    """Add λ_t ∂h_t/∂x_t to what the layers below get, dropout between included."""
    if not layer.reads:
        return
    sent = input_cotangents(layer.trajectory, cotangents)
    mantissa = sent.mantissa
    if layer.dropout is not None:
        mantissa = mantissa * layer.dropout
    column = 0
    for below in layer.reads:
        reader = layers[below]
        width = reader.trajectory.cell.hidden
        own = np.zeros((*mantissa.shape[:2], reader.trajectory.cell.sizes[0]))
        own[..., :width] = mantissa[..., column : column + width]
        column += width
        rows, exponent = (_turned(layer, reader, v) for v in (own, sent.exponent))
        more, before = ScaledRows.of(rows, exponent), sums[below]
        total = more if before is None else before.plus(more)
        sums[below] = ScaledRows.of(total.mantissa, total.exponent)


def _turned(layer: RecordedLayer, reader: RecordedLayer, values: Array) -> Array:
    """Return values in the order of time of another layer of the same batch."""
    if layer.order.direction == reader.order.direction:
        return values
    return reader.order.own(layer.order.back(values))
