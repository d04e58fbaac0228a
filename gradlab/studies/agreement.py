"""Agreement: the growth of twins beside λ₁, z = (rate − λ₁)/√(σ_rate² + σ_λ²)."""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Origin, Result
from gradlab.butterfly import Twins
from gradlab.exponents import LyapunovSpectrum
from gradlab.references import Reference
from gradlab.typing import Vector

__all__ = ["Agreement", "agreement"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Agreement(Result):
    """Two routes to λ₁ side by side, in nats per step.

    Attributes
    ----------
    rate, rate_stderr : float
        Growth of the separation of two runs.
    exponent, exponent_stderr : float
        λ₁ of the tangent dynamics.
    difference : float
        rate − λ₁.
    z : float
        The difference in standard errors of it; 0 if the two are equal, nan if an error
        is unknown because a run was too short.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("benettin1980lyapunov"),)

    rate: float
    rate_stderr: float
    exponent: float
    exponent_stderr: float
    difference: float
    z: float

    def columns(self) -> dict[str, Vector]:
        """Return all numbers, in one row."""
        return {name: np.array([value]) for name, value in self.as_dict().items()}


def agreement(pair: Twins, spectrum: LyapunovSpectrum) -> Agreement:
    """Return the growth rate of twins beside the leading Lyapunov exponent.

    Parameters
    ----------
    pair : Twins
        From `gradlab.butterfly.twins`.
    spectrum : LyapunovSpectrum
        From `gradlab.exponents.lyapunov_spectrum`, of the same cell and inputs.

    Returns
    -------
    Agreement
        |z| well above 3 says that the two do not estimate the same number: the linear
        stretch was short, or is not typical of the attractor.  The errors are taken as
        independent; with N steps in the stretch z has the tails of Student's t with
        about √N − 1 degrees of freedom.

    Examples
    --------
    >>> from gradlab.butterfly import twins
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.exponents import lyapunov_spectrum
    >>> turn = Linear([[0.0, -2.0], [2.0, 0.0]], np.zeros((2, 1)))
    >>> x = np.zeros((60, 1))
    >>> pair = twins(turn, np.zeros(2), x, separation=1e-9, rng=0)
    >>> found = agreement(pair, lyapunov_spectrum(run(turn, np.zeros(2), x)))
    >>> round(found.rate, 12) == round(found.exponent, 12) == round(math.log(2), 12)
    True
    """
    exponent, error = float(spectrum.exponents[0]), float(spectrum.stderr[0])
    difference = pair.rate - exponent
    scale = math.hypot(pair.rate_stderr, error)
    return Agreement(
        rate=pair.rate,
        rate_stderr=pair.rate_stderr,
        exponent=exponent,
        exponent_stderr=error,
        difference=difference,
        z=_in_units(difference, scale),
        origin=Origin(seed=pair.origin.seed, parameters=dict(pair.origin.parameters)),
    )


def _in_units(difference: float, scale: float) -> float:
    if difference == 0.0:
        return 0.0
    return difference / scale if scale else math.copysign(math.inf, difference)
