"""One layer looked at: its gradient lag by lag, where it is lost, what is beside."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab._results import Origin
from gradlab.butterfly import predictability_horizon
from gradlab.cells import GRU, RNN, AbstractCell
from gradlab.cells.lstm_base import AbstractLSTM
from gradlab.dynamics import Trajectory
from gradlab.gradients import gradient_horizon
from gradlab.studies.diagnosis.facts import deciding, facts
from gradlab.studies.diagnosis.jacobians import JacobianNorms, probed_norms
from gradlab.studies.diagnosis.lags import Growth, by_lag, growth, left, quantiles
from gradlab.studies.diagnosis.precision import FORMATS, first_above, lost_after
from gradlab.studies.diagnosis.result import LayerDiagnosis
from gradlab.studies.diagnosis.subject import Losses, Subject
from gradlab.studies.diagnosis.verdict import Evidence, verdict_of
from gradlab.typing import Array, Vector

__all__ = ["evidence_of", "layer_diagnosis"]

_BOUNDED = ("tanh", "sigmoid", "erf", "hardtanh")


@final
@dataclass(frozen=True, eq=False)
class _Gradient:
    """What was measured of a gradient, in nats; sizes are empty without a loss.

    Attributes
    ----------
    profile : (L, B) array
        a_l of the last loss, or of the Jacobians alone.
    rate : Growth
        Of that per lag.
    largest, units : (L, B) array
        Its largest entry, and whose it is.
    signal, strongest : (T + 1, B) array
        ‖λ_t‖ and the largest entry of all losses.
    """

    profile: Array
    rate: Growth
    largest: Array
    units: Array
    signal: Array
    strongest: Array
    lag: int
    has_loss: bool


def layer_diagnosis(
    subject: Subject,
    *,
    lag: int | None,
    rng: np.random.Generator,
    jacobians: JacobianNorms | None = None,
) -> LayerDiagnosis:
    """Return the diagnosis of one layer, without remedies.

    Parameters
    ----------
    subject : Subject
    lag : int or None
        The lag that the task needs; estimated from where the losses are unless told.
    rng : Generator
        For random rows.
    jacobians : JacobianNorms, optional
        Those of the layer, to be told as well; without a loss all there is to go by,
        and estimated by random rows if not given.
    """
    known = _unasked(subject, rng) if jacobians is None else jacobians
    found = _gradient(subject, lag, known)
    bands, rate = quantiles(found.profile), found.rate
    beside = facts(subject)
    at = min(found.lag, len(bands) - 1)
    evidence = _evidence(subject, found, bands[:, 1])
    return LayerDiagnosis(
        name=subject.name,
        kind=type(subject.cell).__name__,
        activation=subject.cell.phi.name if isinstance(subject.cell, RNN) else "",
        hidden=subject.cell.hidden,
        steps=len(subject.trajectory),
        sequences=found.profile.shape[1],
        dtype=subject.dtype,
        verdict=verdict_of(evidence),
        reads_inputs=subject.reads_inputs,
        required_lag=found.lag,
        profile=bands,
        signal=quantiles(found.signal),
        jacobians=quantiles(known.logs),
        jacobian_error=known.largest_error(),
        left=bands[at],
        half_life=gradient_horizon(bands[:, 1], level=0.5),
        horizon=evidence.horizon,
        **_limits(bands[:, 1], found, subject.dtype),
        exponent=rate.exponent,
        stderr=rate.stderr,
        separation_horizon=_separation_horizon(evidence, subject.dtype),
        radii=beside.radii,
        norms=beside.norms,
        gates=beside.gates,
        memory=beside.memory,
        saturated=beside.saturated,
        deciding=deciding(beside, subject.cell, rate.exponent),
        origin=Origin(parameters={"required_lag": lag, "has_loss": found.has_loss}),
    )


def evidence_of(
    subject: Subject, *, lag: int | None, rng: np.random.Generator
) -> Evidence:
    """Return what the verdict on a layer rests on, and nothing beside it."""
    found = _gradient(subject, lag, _unasked(subject, rng))
    return _evidence(subject, found, quantiles(found.profile)[:, 1])


def _unasked(subject: Subject, rng: np.random.Generator) -> JacobianNorms:
    """Return norms to stand in for a loss; none where there is one."""
    if subject.losses is None:
        return probed_norms(subject, rng=rng)
    return JacobianNorms.unknown(subject)


def _gradient(subject: Subject, lag: int | None, known: JacobianNorms) -> _Gradient:
    if subject.losses is None:
        return _of_jacobians(known, lag)
    return _of_loss(subject.trajectory, subject.losses, subject.starts, lag)


def _of_loss(
    trajectory: Trajectory, losses: Losses, starts: Array, lag: int | None
) -> _Gradient:
    chain = trajectory.chain
    last = chain.scaled_cotangents(losses.last)
    alone = (losses.last.mantissa == losses.every.mantissa).all()
    every = last if alone else chain.scaled_cotangents(losses.every)
    place = losses.steps, starts
    profile = left(by_lag(last.log_norms(), *place))
    return _Gradient(
        profile=profile,
        rate=growth(profile),
        largest=by_lag(last.log_maxima(), *place),
        units=by_lag(np.abs(last.mantissa).argmax(axis=-1), *place),
        signal=every.log_norms(),
        strongest=every.log_maxima(),
        lag=losses.lag if lag is None else lag,
        has_loss=True,
    )


def _of_jacobians(jacobians: JacobianNorms, lag: int | None) -> _Gradient:
    profile = left(jacobians.logs)
    nothing = np.empty((0, profile.shape[1]))
    return _Gradient(
        profile=profile,
        rate=growth(profile).over_lags(jacobians.largest_error()),
        largest=nothing,
        units=nothing,
        signal=nothing,
        strongest=nothing,
        lag=0 if lag is None else lag,
        has_loss=False,
    )


def _evidence(subject: Subject, found: _Gradient, middle: Vector) -> Evidence:
    largest = FORMATS[subject.dtype].log_largest
    return Evidence(
        left=float(middle[min(found.lag, len(middle) - 1)]),
        peak=float(middle.max()),
        exponent=found.rate.exponent,
        stderr=found.rate.stderr,
        required_lag=found.lag,
        horizon=gradient_horizon(middle),
        has_loss=found.has_loss,
        bounded=_is_bounded(subject.cell),
        finite=not found.has_loss or bool(found.strongest.max() <= largest),
    )


def _separation_horizon(evidence: Evidence, dtype: str) -> float:
    """Return ln(1/u)/λ₁ of bounded states that small changes grow in; else inf."""
    if not (evidence.bounded and evidence.grows):
        return math.inf
    roundoff = math.exp(FORMATS[dtype].log_roundoff)
    return predictability_horizon(evidence.exponent, roundoff, 1.0).steps


def _is_bounded(cell: AbstractCell) -> bool:
    if isinstance(cell, RNN):
        return cell.phi.name in _BOUNDED
    return isinstance(cell, AbstractLSTM | GRU)


def _limits(middle: Vector, found: _Gradient, dtype: str) -> dict[str, Any]:
    """Return where each format rounds the gradient away, stores 0, and overflows.

    Sizes are those of a loss: without one nothing but rounding can be told.
    """
    rounded = {k: lost_after(middle, f.log_roundoff) for k, f in FORMATS.items()}
    nowhere = dict.fromkeys(FORMATS, math.inf)
    if not found.has_loss:
        nothing = {"zero_at": nowhere, "overflow_at": nowhere}
        return {"rounded_at": rounded, **nothing, "zero_steps": 0, "last_unit": -1}
    sizes = quantiles(found.largest)[:, 1]
    # What is below half of the smallest number is stored as 0.
    floors = {k: f.log_smallest - math.log(2) for k, f in FORMATS.items()}
    zero = {k: lost_after(sizes, floor) for k, floor in floors.items()}
    over = {k: first_above(sizes, f.log_largest) for k, f in FORMATS.items()}
    gone = (found.strongest[1:] < floors[dtype]).sum(axis=0)
    return {
        "rounded_at": rounded,
        "zero_at": zero,
        "overflow_at": over,
        "zero_steps": int(np.median(gone)),
        "last_unit": _leaving_unit(found, zero[dtype], over[dtype]),
    }


def _leaving_unit(found: _Gradient, zero: float, over: float) -> int:
    """Return the unit that overflows first, or that is the last to become 0; or −1."""
    lag = over if math.isfinite(over) else zero - 1
    if not math.isfinite(lag) or lag < 0:
        return -1
    seen = found.units[int(lag)]
    values, counts = np.unique(seen[np.isfinite(seen)], return_counts=True)
    return int(values[counts.argmax()])
