"""λ_1 = ½ ln χ_1 with χ_1 = g² E φ'²(√q* z): growth in a random RNN, n → ∞."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_number
from gradlab._results import Result
from gradlab._words import describe_rate
from gradlab.cells.activations import AbstractActivation, activation_named
from gradlab.meanfield.gaussian import GaussianMean, gaussian_mean
from gradlab.meanfield.lengths import LengthFixedPoint, length_fixed_point
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["MeanFieldExponent", "mean_field_exponent", "slope_mean"]

_ALMOST_ZERO = 1e-30  # stands for q → 0+ where the state dies out
_FAR = 1e100  # stands for an argument of φ' in a state that grows without bound
_EPS = float(np.finfo(float).eps)


@final
@dataclass(frozen=True, eq=False, repr=False)
class MeanFieldExponent(Result):
    """What mean-field theory says of J_T ⋯ J_1, in nats per step, as n → ∞.

    Attributes
    ----------
    exponent : float
        λ_1 = ½ ln χ_1, the largest Lyapunov exponent.
    error : float
        Its estimated absolute error as a number; what finite n changes is not in it.
    mean_exponent, mean_error : float
        (1/n) Σ λ_i = ln g − ½ + E ln|φ'(√q* z)|; −inf where φ' is 0 with positive
        probability.
    chi : float
        χ_1 = g² E φ'²(√q* z), the mean growth of a squared gradient in one step.
    variance : float
        q*, the variance of a preactivation; 0 where the state dies out, inf where it
        grows without bound.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("molgedey1992suppressing"),
        Reference("poole2016exponential"),
    )

    exponent: float
    error: float
    mean_exponent: float
    mean_error: float
    chi: float
    variance: float

    def describe(self) -> str:
        """Say both rates in words."""
        return (
            f"mean field, n → ∞, preactivations N(0, {self.variance:.6g})\n"
            f"largest exponent  {describe_rate(self.exponent)}\n"
            f"mean exponent     {describe_rate(self.mean_exponent)}"
        )

    __str__ = describe


def mean_field_exponent(
    activation: str | AbstractActivation,
    *,
    gain: float,
    input_variance: float = 0.0,
    start: float = 1.0,
) -> MeanFieldExponent:
    """Return λ_1 = ½ ln(g² E φ'²(√q* z)) of an RNN with weights N(0, g²/n), n → ∞.

    Parameters
    ----------
    activation : str or AbstractActivation
        φ.
    gain : float
        g > 0.
    input_variance : float
        σ² ≥ 0, the variance that inputs and biases add to a preactivation at each
        step; inputs are taken as independent from step to step.
    start : float
        Where the length map starts; see `length_fixed_point`.

    Returns
    -------
    MeanFieldExponent

    Raises
    ------
    InputError
        If a number is out of its range, or the activation is not known.

    Notes
    -----
    An RNN of n units differs by O(1/n): at gain 2 and n = 200 the simulated λ_1 is
    about 0.01 lower.

    Examples
    --------
    >>> growth = mean_field_exponent("tanh", gain=2.0)
    >>> round(growth.exponent, 12), round(growth.mean_exponent, 11)
    (0.154724229831, -1.14902254449)
    >>> print(mean_field_exponent("relu", gain=2.0))
    mean field, n → ∞, preactivations N(0, inf)
    largest exponent  ×1.4 per step: doubles every 2 steps (0.347 nats)
    mean exponent     ×0 per step: gone at once (−inf nats)
    """
    phi = activation_named(activation)
    gain = require_number("gain", gain, above=0.0)
    fixed = length_fixed_point(
        phi, gain=gain, input_variance=input_variance, start=start
    )
    square, square_error = _moment(_squared, phi, fixed)
    mean, mean_error = _moment(np.positive, phi, fixed)
    chi = gain**2 * square
    return MeanFieldExponent(
        exponent=math.log(chi) / 2 if chi > 0 else -math.inf,
        error=square_error / (2 * square) if square > 0 else 0.0,
        mean_exponent=math.log(gain) - 0.5 + mean,
        mean_error=mean_error,
        chi=chi,
        variance=fixed.variance,
    )


def slope_mean(
    function: Callable[[Array], Array], phi: AbstractActivation, variance: float
) -> GaussianMean:
    """Return E f(ln|φ'(√q z)|); q = 0 and q = ∞ stand for the limits q → 0+ and ∞."""
    if variance == math.inf:
        with np.errstate(divide="ignore"):  # a slope that dies out at one end: ln 0
            ends = np.log(np.abs(phi.slope(np.array([-_FAR, _FAR]))))
        value = float(function(ends).mean())
        error = _EPS * abs(value) if math.isfinite(value) else 0.0
        return GaussianMean(value=value, error=error, points=2)
    return gaussian_mean(
        lambda a: function(phi.log_slope(a)),
        max(variance, _ALMOST_ZERO),
        kinks=phi.kinks,
    )


def _moment(
    function: Callable[[Array], Array], phi: AbstractActivation, fixed: LengthFixedPoint
) -> tuple[float, float]:
    """Return E f(ln|φ'|) at q* and its error, that of q* included."""
    q = fixed.variance
    mean = slope_mean(function, phi, q)
    if fixed.error == 0 or not math.isfinite(mean.value):
        return mean.value, mean.error

    # d/dq E F(√q z) = E[F(√q z)(z² − 1)] / (2q), since the density obeys the heat
    # equation; no second derivative of φ is needed.
    drift = gaussian_mean(
        lambda a: function(phi.log_slope(a)) * (np.square(a) / q - 1),
        q,
        kinks=phi.kinks,
    )
    if abs(drift.value) <= drift.error:  # a moment that does not depend on q
        return mean.value, mean.error
    return mean.value, mean.error + abs(drift.value) / (2 * q) * fixed.error


def _squared(log_slope: Array) -> Array:
    return np.exp(2 * log_slope)
