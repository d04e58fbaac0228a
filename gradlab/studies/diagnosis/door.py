"""`diagnose`: a model and a batch in, a verdict with numbers and remedies out."""

import dataclasses
import functools
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from gradlab._checks import describe_rng, require_count, require_one_of, require_rng
from gradlab._results import Origin
from gradlab.adapters import (
    LoadedModel,
    Recording,
    from_torch_step,
    record,
    with_cells,
)
from gradlab.cells import AbstractCell, Wrapped
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError, InputTypeError
from gradlab.objectives import AbstractObjective
from gradlab.studies.diagnosis.advice import advice
from gradlab.studies.diagnosis.checks import Progress, Whole, with_remedies
from gradlab.studies.diagnosis.diagnosis import Diagnosis
from gradlab.studies.diagnosis.facts import transient_growth
from gradlab.studies.diagnosis.jacobians import exact_norms, probed_norms
from gradlab.studies.diagnosis.measure import evidence_of, layer_diagnosis
from gradlab.studies.diagnosis.result import LayerDiagnosis
from gradlab.studies.diagnosis.stacked import subjects_of
from gradlab.studies.diagnosis.subject import Subject
from gradlab.studies.diagnosis.verdict import GradientVerdict, verdict_of, worst
from gradlab.typing import Array, Seed

__all__ = ["diagnose"]

_QUICK_SEQUENCES = 8
_MODES = ("quick", "exact")


def diagnose(
    model: Any,
    batch: Any = None,
    *,
    loss: Callable[..., Any] | str | None = None,
    forward: Callable[[Any, Any], Any] | None = None,
    h0: Any = None,
    required_lag: int | None = None,
    mode: str = "quick",
    rng: Seed = 0,
    progress: Progress | None = None,
) -> Diagnosis:
    """Return what is wrong with a model's gradient through time, if anything.

    Parameters
    ----------
    model, batch, loss, forward, h0, required_lag, mode, rng, progress
        As for `gradlab.diagnose`, which makes a report of what is found here.

    Returns
    -------
    Diagnosis
        It prints as plain words.  Its origin has the lag and mode that were asked for,
        and of a loaded model the name of the file and its sha256.

    Raises
    ------
    InputTypeError, InputError
        If the model is none of these, or is called with what does not fit; what
        `gradlab.adapters.record` raises for torch models.
    MissingExtraError
        If torch is needed and not installed.

    Notes
    -----
    A torch model is run once, forward and backward, and is afterwards as it was.  Every
    layer is then followed in float64, at the states that were recorded: its gradient
    in logarithms, its gates, and remedies on copies of it.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> print(diagnose(Linear([[0.5]], [[1.0]]), np.ones((50, 1))).headline)
    Contracting: its Jacobians forget: a thousandth is left 10.0 steps back.
    """
    start = time.perf_counter()
    chosen = require_one_of("mode", mode, _MODES)
    lag = required_lag
    if lag is not None:
        lag = require_count("required_lag", lag, minimum=0)
    seed, generator = describe_rng(rng), require_rng(rng)
    limit = _QUICK_SEQUENCES if chosen == "quick" else None
    tell = _silent if progress is None else progress
    tell(0.0, "running the model")
    seen = _seen(model, batch, loss, forward, h0, limit)
    if not all(len(subject.starts) for subject in seen.subjects):
        message = "`batch` must hold at least one sequence; got none."
        raise InputError(message)
    whole = None
    if chosen == "exact" and seen.again is not None:
        whole = _copies(seen.again, lag)
    count = len(seen.subjects)
    layers = tuple(
        _layer(subject, lag, chosen, generator, whole, _part(place, count, tell))
        for place, subject in enumerate(seen.subjects)
    )
    return Diagnosis(
        model=seen.model,
        verdict=_whole((layer.verdict, layer.reads_inputs) for layer in layers),
        has_loss=any(s.losses is not None for s in seen.subjects),
        loss=seen.loss,
        mode=chosen,
        layers=layers,
        caveats=seen.caveats,
        seconds=time.perf_counter() - start,
        origin=Origin(
            seed=seed, parameters={"required_lag": lag, "mode": chosen, **seen.file}
        ),
    )


@final
@dataclass(frozen=True, eq=False)
class _Seen:
    """A model as it was run: its name, its layers, the loss, and its file if any."""

    model: str
    subjects: tuple[Subject, ...]
    loss: float
    caveats: tuple[str, ...] = ()
    again: Callable[[Mapping[str, AbstractCell]], tuple[Subject, ...]] | None = None
    file: Mapping[str, str] = field(default_factory=dict)


def _layer(
    subject: Subject,
    lag: int | None,
    mode: str,
    rng: np.random.Generator,
    whole: Whole | None,
    progress: Progress,
) -> LayerDiagnosis:
    progress(0.0, subject.name)
    exact = mode == "exact"
    norms = exact_norms(subject) if exact else probed_norms(subject, rng=rng)
    found = layer_diagnosis(subject, lag=lag, rng=rng, jacobians=norms)
    if exact:
        more = {**vars(advice(subject)), "kreiss": transient_growth(subject.cell)}
        found = dataclasses.replace(found, **more)
    return with_remedies(found, subject, lag=lag, whole=whole, progress=progress)


def _part(place: int, count: int, progress: Progress) -> Progress:
    """Return what tells the progress of one layer as that of all of them."""

    def tell(share: float, what: str) -> None:
        progress((place + share) / count, what)

    return tell


def _silent(share: float, what: str) -> None:
    """Tell nobody."""


def _copies(
    again: Callable[[Mapping[str, AbstractCell]], tuple[Subject, ...]], lag: int | None
) -> Whole:
    """Return what tells the verdict on a copy of the model with a layer replaced."""

    def verdict(name: str, cell: AbstractCell) -> GradientVerdict | None:
        try:
            subjects = again({name: cell})
        except InputError:  # a layer without biases, or called twice: not to be copied
            return None
        rng = np.random.default_rng(0)
        found = [verdict_of(evidence_of(s, lag=lag, rng=rng)) for s in subjects]
        return _whole(zip(found, (s.reads_inputs for s in subjects), strict=True))

    return verdict


def _whole(layers: Iterable[tuple[GradientVerdict, bool]]) -> GradientVerdict:
    """Return the gravest verdict; what a layer above loses, one below may still carry.

    A layer, told by its verdict and whether it reads the inputs, gets what all layers
    above it make of the gradient: if enough reaches one that reads the inputs, it does
    not matter which way it came.
    """
    return worst(
        verdict
        for verdict, reads_inputs in layers
        if reads_inputs or verdict is not GradientVerdict.VANISHING
    )


def _seen(
    model: Any, batch: Any, loss: Any, forward: Any, h0: Any, limit: int | None
) -> _Seen:
    if hasattr(model, "named_modules"):
        see = functools.partial(record, loss=loss, forward=forward)
        return _recorded(model, batch, see, with_cells, limit)
    if isinstance(model, LoadedModel) and forward is None:
        see = functools.partial(LoadedModel.record, loss=loss)
        seen = _recorded(model, batch, see, LoadedModel.with_cells, limit)
        held = {"file": model.file, "sha256": model.sha256} if model.file else {}
        return dataclasses.replace(seen, file=held)
    for name, given in (("loss", loss), ("forward", forward)):
        if given is not None:
            message = (
                f"`{name}` is for torch models; give a run's loss as an objective."
            )
            raise InputError(message)
    subject, value = _own(model, batch, h0)
    picked = subject if limit is None else subject.some(limit)
    return _Seen(subject.name, (picked,), value)


def _recorded(
    model: Any,
    batch: Any,
    see: Callable[..., Recording],
    replaced: Callable[[Any, Mapping[str, AbstractCell]], Any],
    limit: int | None,
) -> _Seen:
    """Return what a model is seen to do, and how a copy with other cells is seen."""
    inputs, targets = batch if _is_pair(batch) else (batch, None)

    def again(cells: Mapping[str, AbstractCell]) -> tuple[Subject, ...]:
        few = see(replaced(model, cells), inputs, targets, sequences=_QUICK_SEQUENCES)
        return subjects_of(few)

    recording = see(model, inputs, targets, sequences=limit)
    subjects, value = subjects_of(recording), recording.loss
    return _Seen(recording.model, subjects, value, recording.caveats, again)


def _is_pair(batch: Any) -> bool:
    return type(batch) in (tuple, list) and len(batch) == 2


def _own(model: Any, batch: Any, h0: Any) -> tuple[Subject, float]:
    if isinstance(model, AbstractObjective):
        return Subject.of(model, name=_kind(model.trajectory.cell)), model.loss
    if isinstance(model, Trajectory):
        return Subject.of(model, name=_kind(model.cell)), math.nan
    if callable(model) and not isinstance(model, AbstractCell):
        return _stepped(model, batch, h0), math.nan
    if isinstance(model, AbstractCell):
        rest = _rest(model, batch) if h0 is None else h0
        return Subject.of(run(model, rest, batch), name=_kind(model)), math.nan
    message = (
        f"`model` must be a torch model, a cell, a run or an objective; got {model!r}."
    )
    raise InputTypeError(message)


def _stepped(step: Callable[..., Any], batch: Any, h0: Any) -> Subject:
    """Return the run of a plain function, whose Jacobians are measured."""
    if h0 is None:
        message = "`h0` must be given with a step function: its initial state."
        raise InputError(message)
    if batch is None or (hasattr(h0, "detach") and not hasattr(batch, "detach")):
        kind = "a torch tensor, as `h0` is" if hasattr(h0, "detach") else "the inputs"
        message = f"`batch` must be {kind}; got {type(batch).__name__}."
        raise InputTypeError(message)
    if hasattr(h0, "detach"):
        start, inputs = (np.asarray(a.detach().cpu()) for a in (h0, batch))
        sizes = start.shape[-1], inputs.shape[-1]
        cell = from_torch_step(step, *sizes)
    else:
        start, inputs = np.asarray(h0, dtype=float), np.asarray(batch, dtype=float)
        cell = Wrapped(step, n=start.shape[-1], m=inputs.shape[-1])
    name = getattr(step, "__name__", type(step).__name__)
    return Subject.of(run(cell, start, inputs), name=name)


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
