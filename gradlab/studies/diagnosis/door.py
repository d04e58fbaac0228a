"""`diagnose`: a model and a batch in, a verdict with numbers and remedies out."""

import time
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import describe_rng, require_count, require_one_of, require_rng
from gradlab._results import Origin
from gradlab.cells import AbstractCell
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError, InputTypeError
from gradlab.objectives import AbstractObjective
from gradlab.studies.diagnosis.checks import with_remedies
from gradlab.studies.diagnosis.diagnosis import Diagnosis
from gradlab.studies.diagnosis.measure import layer_diagnosis
from gradlab.studies.diagnosis.result import LayerDiagnosis
from gradlab.studies.diagnosis.subject import Subject
from gradlab.studies.diagnosis.verdict import worst
from gradlab.typing import Array, Seed

__all__ = ["diagnose"]

_QUICK_SEQUENCES = 8
_MODES = ("quick", "exact")


@final
@dataclass(frozen=True, eq=False)
class _Seen:
    """A model as it was run: its name, its layers, and the loss."""

    model: str
    subjects: tuple[Subject, ...]
    loss: float
    caveats: tuple[str, ...] = ()


def diagnose(
    model: object,
    batch: object = None,
    *,
    required_lag: int | None = None,
    mode: str = "quick",
    rng: Seed = 0,
) -> Diagnosis:
    """Return what is wrong with a model's gradient through time, if anything.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> diagnose(Linear([[0.5]], [[1.0]]), np.ones((50, 1))).verdict.value
    'contracting'
    """
    start = time.perf_counter()
    chosen = require_one_of("mode", mode, _MODES)
    lag = required_lag
    if lag is not None:
        lag = require_count("required_lag", lag, minimum=0)
    seed, generator = describe_rng(rng), require_rng(rng)
    seen = _seen(model, batch)
    layers = tuple(_layer(s, lag, chosen, generator) for s in seen.subjects)
    return Diagnosis(
        model=seen.model,
        verdict=worst([layer.verdict for layer in layers]),
        has_loss=any(s.sources is not None for s in seen.subjects),
        loss=seen.loss,
        mode=chosen,
        layers=layers,
        caveats=seen.caveats,
        seconds=time.perf_counter() - start,
        origin=Origin(seed=seed, parameters={"required_lag": lag, "mode": chosen}),
    )


def _layer(
    subject: Subject, lag: int | None, mode: str, rng: np.random.Generator
) -> LayerDiagnosis:
    looked_at = subject.some(_QUICK_SEQUENCES) if mode == "quick" else subject
    found = layer_diagnosis(looked_at, lag=lag, rng=rng)
    return with_remedies(found, looked_at, lag=lag)


def _seen(model: object, batch: object) -> _Seen:
    if isinstance(model, AbstractObjective):
        subject = Subject.of(model, name=_kind(model.trajectory.cell))
        return _Seen(subject.name, (subject,), model.loss)
    if isinstance(model, Trajectory):
        subject = Subject.of(model, name=_kind(model.cell))
        return _Seen(subject.name, (subject,), float("nan"))
    if isinstance(model, AbstractCell):
        trajectory = run(model, _rest(model, batch), batch)
        subject = Subject.of(trajectory, name=_kind(model))
        return _Seen(subject.name, (subject,), float("nan"))
    message = f"`model` must be a cell, a run, an objective or a model; got {model!r}."
    raise InputTypeError(message)


def _kind(cell: AbstractCell) -> str:
    return type(cell).__name__


def _rest(cell: AbstractCell, inputs: object) -> Array:
    if inputs is None:
        message = (
            "`batch` must be the inputs (T, m) or (T, B, m) of the cell; got None."
        )
        raise InputError(message)
    lead = np.asarray(inputs).shape[1:-1]
    return np.zeros((*lead, cell.sizes[0]))
