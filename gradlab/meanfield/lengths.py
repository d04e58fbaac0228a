"""The length map V(q) = g² E φ²(√q z) + σ² of a wide random RNN, and its fixed point.

With recurrent weights N(0, g²/n) and n → ∞, every preactivation is N(0, q), where q
follows q' = V(q); σ² is what inputs and biases add to it at every step.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.optimize import brentq

from gradlab._checks import require_number
from gradlab._results import Result
from gradlab.cells.activations import AbstractActivation, activation_named
from gradlab.meanfield.gaussian import GaussianMean, gaussian_mean
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["LengthFixedPoint", "length_fixed_point", "length_map"]

_GONE = 1e-30  # a variance that falls this far falls to 0
_HUGE = 1e30  # one that rises this far rises for ever
_EPS = float(np.finfo(float).eps)


@final
@dataclass(frozen=True, eq=False, repr=False)
class LengthFixedPoint(Result):
    """q* = V(q*), what it is worth, and how fast it is approached.

    Attributes
    ----------
    variance : float
        q*, the variance of a preactivation in the stationary state.
    error : float
        Estimated absolute error of q*: that of V(q*) over |1 − V'(q*)|.
    slope : float
        V'(q*); a disturbance of q shrinks by it at every step.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("poole2016exponential"),)

    variance: float
    error: float
    slope: float

    @property
    def depth_scale(self) -> float:
        """Steps over which q forgets a disturbance by a factor e: −1/ln V'(q*)."""
        if self.slope <= 0:
            return 0.0
        return math.inf if self.slope >= 1 else -1 / math.log(self.slope)


def length_map(
    activation: str | AbstractActivation,
    variance: float,
    *,
    gain: float,
    input_variance: float = 0.0,
) -> float:
    """Return V(q) = gain² E φ²(√q z) + input_variance, the next variance.

    Parameters
    ----------
    activation : str or AbstractActivation
        φ.
    variance : float
        q ≥ 0, the variance of a preactivation now.
    gain : float
        g > 0; recurrent weights are N(0, g²/n).
    input_variance : float
        σ² ≥ 0, the variance that inputs and biases add to a preactivation.

    Returns
    -------
    float
        To a few units in the last place.

    Examples
    --------
    >>> round(length_map("relu", 3.0, gain=2.0), 14)  # g² q / 2
    6.0
    """
    phi, gain, input_variance = _checked(activation, gain, input_variance)
    return _next(phi, variance, gain, input_variance).value


def length_fixed_point(
    activation: str | AbstractActivation,
    *,
    gain: float,
    input_variance: float = 0.0,
    start: float = 1.0,
) -> LengthFixedPoint:
    """Return q* = V(q*), the fixed point that q' = V(q) goes to from `start`.

    Parameters
    ----------
    activation : str or AbstractActivation
        φ; φ² must grow with |a| on average over a and −a, as it does for every
        activation of gradlab, so that the map does not overshoot.
    gain, input_variance : float
        As in `length_map`.
    start : float
        Variance > 0 to start from.  It matters only where there are several fixed
        points: a linear RNN at gain 1, or a ReLU at gain √2, keeps any variance.

    Returns
    -------
    LengthFixedPoint
        `variance` is 0 where the state dies out, as for tanh at gain ≤ 1, and inf
        where it grows without bound, as for a ReLU at a gain above √2.

    Raises
    ------
    InputError
        If a number is out of its range, or the activation is not known.

    Examples
    --------
    >>> length_fixed_point("tanh", gain=2.0).variance.__round__(12)
    2.121473568203
    >>> length_fixed_point("tanh", gain=0.9).variance
    0.0
    """
    phi, gain, input_variance = _checked(activation, gain, input_variance)
    start = require_number("start", start, above=0.0)

    def next_variance(q: float) -> GaussianMean:
        return _next(phi, q, gain, input_variance)

    q = _fixed_point(next_variance, start)
    # A state that dies out still has the slopes of q → 0+, not those at q = 0 itself,
    # where a kink would have a say.
    slope = _slope(phi, min(max(q, _GONE), _HUGE), gain)
    if q == 0.0 or q == math.inf:
        return LengthFixedPoint(variance=q, error=0.0, slope=slope)
    doubt = next_variance(q).error
    steepness = abs(1 - slope)
    error = doubt / steepness + 4 * _EPS * q if steepness > 0 else math.inf
    return LengthFixedPoint(variance=q, error=error, slope=slope)


def _checked(
    activation: str | AbstractActivation, gain: float, input_variance: float
) -> tuple[AbstractActivation, float, float]:
    return (
        activation_named(activation),
        require_number("gain", gain, above=0.0),
        require_number("input_variance", input_variance, minimum=0.0),
    )


def _next(
    phi: AbstractActivation, q: float, gain: float, input_variance: float
) -> GaussianMean:
    def squared(a: Array) -> Array:
        return np.square(phi.value(a))

    mean = gaussian_mean(squared, q, kinks=phi.kinks)
    value = gain**2 * mean.value + input_variance
    return GaussianMean(
        value=value, error=gain**2 * mean.error + _EPS * value, points=mean.points
    )


def _slope(phi: AbstractActivation, q: float, gain: float) -> float:
    # Stein's lemma: d/dq E F(√q z) = E[F'(√q z) √q z] / (2q), here with F = φ².
    def weighted(a: Array) -> Array:
        return phi.value(a) * phi.slope(a) * a

    return gain**2 * gaussian_mean(weighted, q, kinks=phi.kinks).value / q


def _fixed_point(next_variance: Callable[[float], GaussianMean], start: float) -> float:
    direction = _direction(next_variance, start)
    before, q, ahead = start, start, direction
    while ahead == direction != 0:
        before, q = q, q * 4.0**direction
        if q < _GONE:
            return 0.0
        if q > _HUGE:
            return math.inf
        ahead = _direction(next_variance, q)
    if ahead == 0:
        return q
    return float(
        brentq(
            lambda x: next_variance(x).value - x,
            min(before, q),
            max(before, q),
            xtol=1e-300,
            rtol=4 * _EPS,
        )
    )


def _direction(next_variance: Callable[[float], GaussianMean], q: float) -> int:
    """Return the sign of V(q) − q, 0 where rounding hides it."""
    mean = next_variance(q)
    change = mean.value - q
    return 0 if abs(change) <= mean.error else (1 if change > 0 else -1)
