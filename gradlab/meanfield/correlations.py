"""The correlation map C(c) of two states of one wide random RNN under common input.

With preactivations u, v ~ N(0, q*) of correlation c, one step makes of it

    C(c) = (g² E φ(u) φ(v) + σ²) / q*,      C'(c) = g² E φ'(u) φ'(v),

since common inputs and biases, of variance σ², add the same to both.  C(1) = 1 and
C'(1) = χ_1: where χ_1 > 1 two states that are almost equal part, and c falls to another
fixed point.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, final

from scipy.optimize import brentq

from gradlab._checks import require_number
from gradlab._results import Result
from gradlab.cells.activations import AbstractActivation, activation_named
from gradlab.errors import InputError
from gradlab.meanfield.gaussian import GaussianMean
from gradlab.meanfield.lengths import length_fixed_point
from gradlab.meanfield.pairs import by_panels, pair_mean
from gradlab.references import Reference

__all__ = ["CorrelationFixedPoint", "correlation_fixed_point", "correlation_map"]

_NEAR_ONE = 1e-7  # 1 − c: nearer, the distance from a tangent is lost in rounding


@final
@dataclass(frozen=True, eq=False, repr=False)
class CorrelationFixedPoint(Result):
    """c* = C(c*), the correlation that pairs of states go to, and how fast.

    Attributes
    ----------
    correlation : float
        c*, the stable fixed point: 1 where χ_1 ≤ 1, less than 1 in chaos.
    error : float
        Its estimated absolute error: that of C(c*) over 1 − C'(c*); 1e-7 where χ_1 is
        so little over 1 that c* was not told from 1.
    slope : float
        C'(c*); the distance from c* shrinks by it at every step.
    chi : float
        χ_1 = C'(1), by which 1 − c grows at first.
    variance : float
        q*.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("poole2016exponential"),
        Reference("molgedey1992suppressing"),
    )

    correlation: float
    error: float
    slope: float
    chi: float
    variance: float

    @property
    def depth_scale(self) -> float:
        """Steps over which c forgets a disturbance by a factor e: −1/ln C'(c*)."""
        if self.slope <= 0:
            return 0.0
        return math.inf if self.slope >= 1 else -1 / math.log(self.slope)


def correlation_map(
    activation: str | AbstractActivation,
    correlation: float,
    *,
    gain: float,
    input_variance: float = 0.0,
    start: float = 1.0,
) -> GaussianMean:
    """Return C(c) = (gain² E φ(u) φ(v) + input_variance) / q*, with its error.

    Parameters
    ----------
    activation : str or AbstractActivation
        φ.
    correlation : float
        c in [−1, 1], of two preactivations now.
    gain, input_variance, start : float
        As in `length_fixed_point`, which gives q*.

    Returns
    -------
    GaussianMean
        The correlation one step later; its error is that of the mean, q* given.

    Raises
    ------
    InputError
        If a number is out of its range, or q* is 0 or infinite.

    Examples
    --------
    A ReLU at gain √2 keeps its variance, and C(0) = 1/π:

    >>> C = correlation_map("relu", 0.0, gain=math.sqrt(2))
    >>> abs(C.value - 1 / math.pi) < 1e-15
    True
    """
    phi, q, gain, sigma2 = _stationary(activation, gain, input_variance, start)
    c = require_number("correlation", correlation, minimum=-1.0, maximum=1.0)
    mean = pair_mean(phi.value, q, c, kinks=phi.kinks)
    return GaussianMean(
        value=(gain**2 * mean.value + sigma2) / q,
        error=gain**2 * mean.error / q,
        points=mean.points,
    )


def correlation_fixed_point(
    activation: str | AbstractActivation,
    *,
    gain: float,
    input_variance: float = 0.0,
    start: float = 1.0,
) -> CorrelationFixedPoint:
    """Return the correlation that two states under common input go to, n → ∞.

    Parameters
    ----------
    activation, gain, input_variance, start
        As in `correlation_map`.

    Returns
    -------
    CorrelationFixedPoint

    Raises
    ------
    InputError
        If a number is out of its range, or q* is 0 or infinite.

    Notes
    -----
    C is a power series with coefficients ≥ 0 (squares of Hermite coefficients of φ), so
    on [0, 1] it is convex and has at most one fixed point besides 1.

    Examples
    --------
    >>> found = correlation_fixed_point("tanh", gain=2.5, input_variance=0.09)
    >>> round(found.correlation, 10), round(found.depth_scale, 8)
    (0.1221037473, 5.10891899)
    """
    phi, q, gain, sigma2 = _stationary(activation, gain, input_variance, start)
    chi = _slope(phi, q, gain, 1.0)

    def excess(c: float) -> float:
        mean = by_panels(phi.value, q, c, phi.kinks).value
        return (gain**2 * mean + sigma2) / q - c

    if chi <= 1 or excess(1 - _NEAR_ONE) >= 0:
        error = 0.0 if chi <= 1 else _NEAR_ONE
        return CorrelationFixedPoint(
            correlation=1.0, error=error, slope=chi, chi=chi, variance=q
        )
    at_zero = excess(0.0)
    c = 0.0
    if at_zero > 0:
        c = float(brentq(excess, 0.0, 1 - _NEAR_ONE, xtol=1e-15, rtol=1e-14))
    slope = _slope(phi, q, gain, c)
    doubt = gain**2 * pair_mean(phi.value, q, c, kinks=phi.kinks).error / q
    return CorrelationFixedPoint(
        correlation=c,
        error=doubt / (1 - slope) if slope < 1 else math.inf,
        slope=slope,
        chi=chi,
        variance=q,
    )


def _stationary(
    activation: str | AbstractActivation,
    gain: float,
    input_variance: float,
    start: float,
) -> tuple[AbstractActivation, float, float, float]:
    phi = activation_named(activation)
    fixed = length_fixed_point(
        phi, gain=gain, input_variance=input_variance, start=start
    )
    q = fixed.variance
    if q == 0.0 or math.isinf(q):
        fate = "dies out" if q == 0.0 else "grows without bound"
        message = f"the state {fate} at gain {gain:g}: it has no stationary variance."
        raise InputError(message)
    return phi, q, float(gain), float(input_variance)


def _slope(phi: AbstractActivation, q: float, gain: float, c: float) -> float:
    """Return C'(c)."""
    return gain**2 * pair_mean(phi.slope, q, c, kinks=phi.kinks).value
