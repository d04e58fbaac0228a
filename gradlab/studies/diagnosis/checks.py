"""A remedy is worth what it does to a copy: applied, run again, diagnosed again."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, final

import numpy as np

from gradlab.cells import RNN, AbstractCell, Linear
from gradlab.cells.lstm_base import AbstractLSTM
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
    copies = _Copies(subject.some(_SEQUENCES), lag)
    candidates = list(_candidates(layer, copies))
    tried = []
    for i, remedy in enumerate(candidates, 1):
        progress(i / (1 + len(candidates)), f"{layer.name}, {remedy.name}")
        tried.append(_checked(layer, copies, remedy, whole))
    tried.sort(key=lambda found: (not found.helps, _badness(found)))
    return dataclasses.replace(layer, remedies=tuple(tried))


@final
@dataclass(frozen=True, eq=False)
class _Copies:
    """What copies of a layer with other cells are found to be, each looked at once."""

    subject: Subject
    lag: int | None
    seen: dict[AbstractCell, Evidence] = field(default_factory=dict)

    @property
    def cell(self) -> AbstractCell:
        """The cell that is there."""
        return self.subject.cell

    def after(self, cell: AbstractCell) -> Evidence:
        """Return what a copy with this cell gives to go by."""
        if cell not in self.seen:
            again, rng = self.subject.with_cell(cell), np.random.default_rng(0)
            self.seen[cell] = evidence_of(again, lag=self.lag, rng=rng)
        return self.seen[cell]

    def exponent(self, cell: AbstractCell) -> float:
        """Return λ₁ of a copy with this cell, inf where it diverges."""
        try:
            return self.after(cell).exponent
        except DivergenceError:
            return math.inf


def _candidates(layer: LayerDiagnosis, copies: _Copies) -> Iterator[Remedy]:
    reach = layer.required_lag or len(copies.subject.trajectory)
    yield from remedies(copies.cell, lag=reach)
    if isinstance(copies.cell, AbstractLSTM):
        yield _remembering(copies, copies.cell, layer.exponent, reach)
    if isinstance(copies.cell, RNN | Linear) and math.isfinite(layer.exponent):
        yield _at_the_edge(copies, layer.exponent)


def _checked(
    layer: LayerDiagnosis, copies: _Copies, remedy: Remedy, whole: Whole | None
) -> CheckedRemedy:
    after = copies.after(remedy.cell)
    # A copy of the model has room for a cell of the same kind only.
    fits = whole if type(remedy.cell) is type(copies.cell) else None
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


def _badness(found: CheckedRemedy) -> float:
    """Return how far a gradient is from staying as it is, in nats."""
    return abs(found.left_after) if math.isfinite(found.left_after) else math.inf


def _at_the_edge(copies: _Copies, exponent: float) -> Remedy:
    """Return the cell scaled so that λ₁ is near 0, by secants in the log of the scale.

    λ₁ grows by 1 with the log of the scale where slopes do not change with it.
    """
    at, values, tried = [0.0], [exponent], [scaled(copies.cell, 1.0)]
    step = -exponent
    for _ in range(_TRIES):
        if abs(values[-1]) < _CLOSE or not math.isfinite(step):
            break
        at.append(at[-1] + float(np.clip(step, -2.0, 2.0)))
        tried.append(scaled(copies.cell, math.exp(at[-1])))
        values.append(copies.exponent(tried[-1].cell))
        rise = (values[-1] - values[-2]) / (at[-1] - at[-2])
        step = -values[-1] / rise if rise > 0 else -values[-1]
    return tried[min(range(len(at)), key=lambda i: abs(values[i]))]


def _remembering(
    copies: _Copies, cell: AbstractLSTM, exponent: float, reach: int
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
    remedy = remembering(cell, -math.log(share))
    for _ in range(_LOOKS):
        after = copies.exponent(remedy.cell)
        if -2 / reach <= after <= 0 or not exponent < after < math.inf:
            break
        nearer = max(least, share + (1 - share) * after / (after - exponent))
        if nearer == share:
            break
        share, remedy = nearer, remembering(cell, -math.log(nearer))
    return remedy
