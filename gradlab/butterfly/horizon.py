"""Predictability horizon: T* = ln(D/δ)/λ₁ steps until δ has grown to D."""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_number
from gradlab._results import Result
from gradlab.references import Reference
from gradlab.typing import Vector

__all__ = ["Horizon", "predictability_horizon"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Horizon(Result):
    """Steps until an error fills the attractor.

    Attributes
    ----------
    steps : float
        T*; inf where errors do not grow.
    stderr : float
        To first order, T* σ_λ/λ₁; nan where T* is infinite.
    low, high : float
        T* at λ₁ ± 1.96 σ_λ, without linearising; `high` is inf if that range of rates
        reaches 0.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("lorenz1963deterministic"),)

    steps: float
    stderr: float
    low: float
    high: float

    def columns(self) -> dict[str, Vector]:
        """Return all numbers, in one row."""
        return {name: np.array([value]) for name, value in self.as_dict().items()}


def predictability_horizon(
    rate: float, separation: float, saturation: float, *, rate_stderr: float = 0.0
) -> Horizon:
    """Return T* = ln(D/δ)/λ₁ with the error of the rate carried through.

    Parameters
    ----------
    rate : float
        λ₁ in nats per step, of either sign.
    separation : float
        δ > 0: what is not known of the state at the start.
    saturation : float
        D > δ: the size of a separation that means nothing is known.
    rate_stderr : float
        Standard error of the rate.

    Returns
    -------
    Horizon

    Raises
    ------
    InputError
        If δ, D or the error is unusable.

    Examples
    --------
    >>> horizon = predictability_horizon(math.log(2), 2.0**-30, 1.0)
    >>> round(horizon.steps, 10)
    30.0
    """
    rate = require_number("rate", rate)
    delta = require_number("separation", separation, above=0.0)
    size = require_number("saturation", saturation, above=delta)
    sigma = require_number("rate_stderr", rate_stderr, minimum=0.0)
    nats = math.log(size) - math.log(delta)
    steps = _steps(nats, rate)
    stderr = steps * sigma / rate if rate > 0 else math.nan
    low, high = _steps(nats, rate + 1.96 * sigma), _steps(nats, rate - 1.96 * sigma)
    return Horizon(steps=steps, stderr=stderr, low=low, high=high)


def _steps(nats: float, rate: float) -> float:
    return nats / rate if rate > 0 else math.inf
