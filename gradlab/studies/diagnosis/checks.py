"""A remedy is worth what it does to a copy: applied, run again, diagnosed again."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from gradlab.cells import LSTM, RNN, AbstractCell, Linear, ProjectedLSTM
from gradlab.errors import DivergenceError
from gradlab.studies.diagnosis.measure import evidence_of
from gradlab.studies.diagnosis.remedies import (
    Remedy,
    remedies,
    remembering,
    scaled,
)
from gradlab.studies.diagnosis.result import CheckedRemedy, LayerDiagnosis
from gradlab.studies.diagnosis.subject import Subject
from gradlab.studies.diagnosis.verdict import Evidence, GradientVerdict, verdict_of

__all__ = ["Progress", "with_remedies"]

_SEQUENCES = 4  # of a copy: enough for medians, a fraction of the time
_TRIES = 5
_LOOKS = 3  # at an LSTM: each costs seconds where it is large
_CLOSE = 0.01  # nats per step


Whole: TypeAlias = Callable[[str, AbstractCell], GradientVerdict | None]
"""What a copy of the whole model is found to be with a layer's cell replaced."""

Progress: TypeAlias = Callable[[float, str], object]
"""Is told the share that is done, 0 … 1, and what is done next."""


def with_remedies(
    layer: LayerDiagnosis,
    subject: Subject,
    *,
    lag: int | None,
    whole: Whole | None = None,
    progress: Progress,
) -> LayerDiagnosis:
    """Return the diagnosis with the remedies that were tried, the best first.

    A layer that is in no trouble gets none.
    """
    if not layer.verdict.is_trouble:
        return layer
    few = subject.some(_SEQUENCES)
    candidates = list(_candidates(layer, few, lag))
    tried = []
    for i, remedy in enumerate(candidates, 1):
        progress(i / (1 + len(candidates)), f"{layer.name}, {remedy.name}")
        tried.append(_checked(layer, few, remedy, lag, whole))
    tried.sort(key=lambda found: (not found.helps, _badness(found)))
    return dataclasses.replace(layer, remedies=tuple(tried))


def _candidates(
    layer: LayerDiagnosis, subject: Subject, lag: int | None
) -> Iterator[Remedy]:
    reach = layer.required_lag or len(subject.trajectory)
    yield from remedies(subject.cell, lag=reach)
    if isinstance(subject.cell, LSTM | ProjectedLSTM):
        yield _remembering(subject, subject.cell, layer.exponent, reach, lag)
    if isinstance(subject.cell, RNN | Linear) and math.isfinite(layer.exponent):
        yield _at_the_edge(subject, layer.exponent, lag)


def _checked(
    layer: LayerDiagnosis,
    subject: Subject,
    remedy: Remedy,
    lag: int | None,
    whole: Whole | None,
) -> CheckedRemedy:
    after = _again(subject.with_cell(remedy.cell), lag)
    # A copy of the model has room for a cell of the same kind only.
    fits = whole if type(remedy.cell) is type(subject.cell) else None
    return CheckedRemedy(
        name=remedy.name,
        words=remedy.words,
        horizon_before=layer.horizon,
        horizon_after=after.horizon,
        left_before=float(layer.left[1]),
        left_after=after.left,
        exponent_before=layer.exponent,
        exponent_after=after.exponent,
        verdict_after=verdict_of(after),
        whole_after=fits(layer.name, remedy.cell) if fits else None,
        source=remedy.source,
    )


def _again(subject: Subject, lag: int | None) -> Evidence:
    return evidence_of(subject, lag=lag, rng=np.random.default_rng(0))


def _badness(found: CheckedRemedy) -> float:
    """Return how far a gradient is from staying as it is, in nats."""
    return abs(found.left_after) if math.isfinite(found.left_after) else math.inf


def _at_the_edge(subject: Subject, exponent: float, lag: int | None) -> Remedy:
    """Return the cell scaled so that λ₁ is near 0, by secants in the log of the scale.

    λ₁ grows by 1 with the log of the scale where slopes do not change with it.
    """
    at, values = [0.0], [exponent]
    step = -exponent
    for _ in range(_TRIES):
        if abs(values[-1]) < _CLOSE or not math.isfinite(step):
            break
        at.append(at[-1] + float(np.clip(step, -2.0, 2.0)))
        values.append(
            _exponent(subject, scaled(subject.cell, math.exp(at[-1])).cell, lag)
        )
        rise = (values[-1] - values[-2]) / (at[-1] - at[-2])
        step = -values[-1] / rise if rise > 0 else -values[-1]
    best = min(range(len(at)), key=lambda i: abs(values[i]))
    return scaled(subject.cell, math.exp(at[best]))


def _remembering(
    subject: Subject,
    cell: LSTM | ProjectedLSTM,
    exponent: float,
    reach: int,
    lag: int | None,
) -> Remedy:
    """Return the cell with forget biases raised until λ₁ is near 0, and not above.

    Raised by δ, gates near 1 lose u = e^(−δ) of what they lost: λ₁ falls with u, nearly
    in a line, along which 0 is approached.  Were there nothing but the gates, the least
    u that is of use would lose 1/reach a step.
    """
    lost = -exponent * reach
    if not math.e < lost < math.inf:
        return remembering(cell, 1.0)
    least = 1 / lost
    share = max(least, 0.1)
    for _ in range(_LOOKS):
        after = _exponent(subject, remembering(cell, -math.log(share)).cell, lag)
        if -2 / reach <= after <= 0 or not exponent < after < math.inf:
            break
        nearer = share + (1 - share) * after / (after - exponent)
        share, last = max(least, nearer), share
        if share == last:
            break
    return remembering(cell, -math.log(share))


def _exponent(subject: Subject, cell: AbstractCell, lag: int | None) -> float:
    try:
        again = subject.with_cell(cell)
    except DivergenceError:
        return math.inf
    return _again(again, lag).exponent
