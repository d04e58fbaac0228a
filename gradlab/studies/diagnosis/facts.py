"""Why: how the weights, the gates and the slopes stand, and which of them decides."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.cells import GRU, LSTM, RNN, AbstractCell, Linear, ProjectedLSTM
from gradlab.linalg import kreiss_constant, spectral_norm, spectral_radius
from gradlab.studies.diagnosis.subject import Subject
from gradlab.typing import Array, Vector

__all__ = ["Facts", "deciding", "facts", "transient_growth"]

_LOOKS = 64  # steps at which gates and slopes are looked at, evenly spread
_QUANTILES = (0.1, 0.5, 0.9)
_SATURATED = 0.1  # of the largest slope
_LARGEST = 512  # units: seconds; the cost grows with their cube
_KEEPING = {LSTM: "f", ProjectedLSTM: "f", GRU: "z"}


@final
@dataclass(frozen=True, eq=False)
class Facts:
    """What stands beside a gradient, and is named as its cause.

    Attributes
    ----------
    radii, norms : (G,) array
        ρ and ‖W‖₂ of the recurrent weights, gate by gate.
    gates : dict
        10 %, 50 % and 90 % quantiles of each gate.
    memory : (n,) array
        −1/ln E[kept] of each unit, in steps, ascending.
    saturated : float
        Share of slopes below a tenth of their largest; NaN where there is none.
    log_slope : float
        Mean ln|φ'| of a plain recurrence, NaN for others.
    """

    radii: Vector
    norms: Vector
    gates: Mapping[str, Vector]
    memory: Vector
    saturated: float
    log_slope: float


def facts(subject: Subject) -> Facts:
    """Return the facts of a layer, at 64 steps at most, evenly spread."""
    trajectory, cell = subject.trajectory, subject.cell
    T = len(trajectory)
    at = np.unique(np.linspace(0, T - 1, min(T, _LOOKS)).round().astype(int))
    h, x = trajectory.states[at], trajectory.inputs[at]
    real = at[:, None] >= subject.starts[None, :]
    gates = {name: value[real] for name, value in cell.gate_values(h, x).items()}
    kept = gates.get(_KEEPING.get(type(cell), ""))
    slopes = _slopes(cell, h, x)
    weights = _recurrent_weights(cell)
    with np.errstate(divide="ignore"):
        return Facts(
            radii=np.array([spectral_radius(W) for W in weights]),
            norms=np.array([spectral_norm(W) for W in weights]),
            gates={name: np.quantile(v, _QUANTILES) for name, v in gates.items()},
            memory=_memory(kept),
            saturated=_saturated(cell, slopes, gates),
            log_slope=_mean_log(slopes[real]) if slopes is not None else math.nan,
        )


def deciding(found: Facts, cell: AbstractCell, exponent: float) -> str:
    """Say which of the numbers side by side decides the rate λ₁, in words."""
    if not math.isfinite(exponent):
        return ""
    if len(found.memory):
        return _deciding_gate(found, cell, exponent)
    if len(found.radii) != 1 or not found.radii[0]:
        return ""
    radius = math.log(found.radii[0])
    rest = exponent - radius
    if abs(rest) <= abs(radius):
        return (
            f"the spectral radius: ln ρ(W) = {_signed(radius)} of "
            f"λ₁ = {_signed(exponent)}"
        )
    if rest < 0:
        return f"the slopes: they take {-rest:.3g} nats per step from ln ρ(W)"
    return f"non-normal weights: they add {rest:.3g} nats per step to ln ρ(W)"


def _deciding_gate(found: Facts, cell: AbstractCell, exponent: float) -> str:
    name = "update gate" if isinstance(cell, GRU) else "forget gate"
    slowest = -1 / found.memory[-1]
    rest = exponent - slowest
    if abs(rest) <= abs(slowest) / 2:
        return (
            f"the {name}s: the unit that keeps longest loses {-slowest:.3g} nats per "
            f"step, λ₁ is {_signed(exponent)}"
        )
    verb = "add" if rest > 0 else "take"
    way = "to" if rest > 0 else "from"
    return (
        f"the recurrent weights: they {verb} {abs(rest):.3g} nats per step {way} what "
        f"the {name}s keep"
    )


def transient_growth(cell: AbstractCell) -> float:
    """Return the Kreiss constant of the weights of a plain recurrence, NaN of others.

    ‖W^t‖ reaches it at some t, at least: 1 for normal weights, inf if ρ(W) > 1.
    """
    weights = _recurrent_weights(cell)
    if len(weights) != 1 or len(weights[0]) > _LARGEST:
        return math.nan
    return kreiss_constant(weights[0]).upper


def _recurrent_weights(cell: AbstractCell) -> list[Array]:
    W = cell.params.get("W_hh")
    if isinstance(cell, ProjectedLSTM):
        W = cell.W_hh @ cell.W_hr  # what a gate is told of the units
    if W is None or W.shape[0] % W.shape[1]:
        return []
    return np.split(W, len(W) // W.shape[1])


def _slopes(cell: AbstractCell, h: Array, x: Array) -> Array | None:
    """Return φ' of a plain recurrence (..., n), None for other cells."""
    if not isinstance(cell, RNN):
        return None
    return np.abs(cell.slopes(h, x).gates[..., 0, :])


def _saturated(
    cell: AbstractCell, slopes: Array | None, gates: Mapping[str, Array]
) -> float:
    if isinstance(cell, RNN) and slopes is not None:
        return float((slopes < _SATURATED * cell.phi.lipschitz).mean())
    if gates:
        # σ' = σ(1 − σ), at most 1/4.
        values = np.concatenate([value.ravel() for value in gates.values()])
        return float((values * (1 - values) < _SATURATED / 4).mean())
    return 0.0 if isinstance(cell, Linear) else math.nan


def _memory(kept: Array | None) -> Vector:
    if kept is None:
        return np.zeros(0)
    # ln of a product of gates is a sum: the mean of the logarithms is the rate.
    rates = np.log(kept).mean(axis=0)
    return np.sort(-1 / rates)


def _mean_log(slopes: Array) -> float:
    return float(np.log(slopes).mean())


def _signed(number: float) -> str:
    return f"{number:.3g}".replace("-", "−")
