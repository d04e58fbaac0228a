"""One layer looked at: its gradient lag by lag, where it is lost, what is beside."""

import math
import warnings
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab._results import Origin
from gradlab.cells import GRU, LSTM, RNN, AbstractCell
from gradlab.gradients import gradient_horizon
from gradlab.studies.diagnosis.facts import deciding, facts
from gradlab.studies.diagnosis.lags import (
    Growth,
    by_lag,
    growth,
    probe_sources,
)
from gradlab.studies.diagnosis.precision import FORMATS, first_above, lost_after
from gradlab.studies.diagnosis.result import LayerDiagnosis
from gradlab.studies.diagnosis.subject import Losses, Subject
from gradlab.studies.diagnosis.verdict import Evidence, verdict_of
from gradlab.typing import Array, Vector

__all__ = ["layer_diagnosis"]

_QUANTILES = (0.1, 0.5, 0.9)
_BOUNDED = ("tanh", "sigmoid", "erf", "hardtanh")


@final
@dataclass(frozen=True, eq=False)
class _Gradient:
    """What was measured of a gradient: a_l (L, B) and ln‖λ_t‖ (T + 1, B), in nats."""

    profile: Array
    newest: Array
    signal: Array
    lag: int
    has_loss: bool


def layer_diagnosis(
    subject: Subject, *, lag: int | None, rng: np.random.Generator
) -> LayerDiagnosis:
    """Return the diagnosis of one layer, without remedies.

    Parameters
    ----------
    subject : Subject
    lag : int or None
        The lag that the task needs; estimated from where the losses are unless told.
    rng : Generator
        For the rows that stand in for a loss where there is none.
    """
    found = _gradient(subject, lag, rng)
    bands = _quantiles(found.profile)
    rate = growth(found.profile)
    beside = facts(subject)
    at = min(found.lag, len(bands) - 1)
    evidence = _evidence(subject, found, bands[:, 1], rate)
    return LayerDiagnosis(
        name=subject.name,
        kind=type(subject.cell).__name__,
        hidden=subject.cell.hidden,
        steps=len(subject.trajectory),
        sequences=found.profile.shape[1],
        dtype=subject.dtype,
        verdict=verdict_of(evidence),
        reads_inputs=subject.reads_inputs,
        required_lag=found.lag,
        profile=bands,
        signal=_quantiles(found.signal) if found.has_loss else np.empty((0, 3)),
        left=bands[at],
        half_life=gradient_horizon(bands[:, 1], level=0.5),
        horizon=evidence.horizon,
        **_limits(bands[:, 1], _level(found)),
        exponent=rate.exponent,
        stderr=rate.stderr,
        radii=beside.radii,
        norms=beside.norms,
        gates=beside.gates,
        memory=beside.memory,
        saturated=beside.saturated,
        deciding=deciding(beside, subject.cell, rate.exponent),
        origin=Origin(parameters={"required_lag": lag, "has_loss": found.has_loss}),
    )


def _gradient(subject: Subject, lag: int | None, rng: np.random.Generator) -> _Gradient:
    chain, losses = subject.trajectory.chain, subject.losses
    if losses is None:
        losses = Losses.of(probe_sources(subject.trajectory, rng=rng), subject.starts)
    needed = losses.lag if subject.losses else 0
    newest = losses.steps
    cotangents = chain.scaled_cotangents(losses.last)
    norms = cotangents.log_norms()
    alone = (losses.last.mantissa == losses.every.mantissa).all()
    signal = norms if alone else chain.log_cotangent_norms(losses.every)
    return _Gradient(
        profile=by_lag(cotangents, newest, subject.starts),
        newest=norms[newest + 1, np.arange(len(newest))],
        signal=signal,
        lag=needed if lag is None else lag,
        has_loss=subject.losses is not None,
    )


def _evidence(
    subject: Subject, found: _Gradient, middle: Vector, rate: Growth
) -> Evidence:
    largest = FORMATS[subject.dtype].log_largest
    return Evidence(
        left=float(middle[min(found.lag, len(middle) - 1)]),
        peak=float(middle.max()),
        exponent=rate.exponent,
        stderr=rate.stderr,
        required_lag=found.lag,
        horizon=gradient_horizon(middle),
        has_loss=found.has_loss,
        bounded=_is_bounded(subject.cell),
        finite=not found.has_loss or bool(found.signal.max() <= largest),
    )


def _level(found: _Gradient) -> float:
    return float(np.median(found.newest)) if found.has_loss else math.nan


def _is_bounded(cell: AbstractCell) -> bool:
    if isinstance(cell, RNN):
        return cell.phi.name in _BOUNDED
    return isinstance(cell, LSTM | GRU)


def _quantiles(logs: Array) -> Array:
    """Return quantiles over sequences (L, 3), at the lags that any of them has."""
    seen = ~np.isnan(logs).all(axis=1)
    with warnings.catch_warnings():
        # −∞ beside finite values: interpolating between them is −∞ or NaN, and said.
        warnings.simplefilter("ignore", RuntimeWarning)
        bands = np.nanquantile(logs[seen], _QUANTILES, axis=1, method="lower")
    return bands.T


def _limits(middle: Vector, newest: float) -> dict[str, Any]:
    """Return where each format rounds the gradient away, stores 0, and overflows.

    `newest` is ln of the size at lag 0; NaN where there is no loss to give it one.
    """
    rounded = {k: lost_after(middle, f.log_roundoff) for k, f in FORMATS.items()}
    sizes = middle + newest if math.isfinite(newest) else np.zeros(1)
    half = math.log(2)  # what is below half of the smallest number becomes 0
    zero = {k: lost_after(sizes, f.log_smallest - half) for k, f in FORMATS.items()}
    over = {k: first_above(sizes, f.log_largest) for k, f in FORMATS.items()}
    return {"rounded_at": rounded, "zero_at": zero, "overflow_at": over}
