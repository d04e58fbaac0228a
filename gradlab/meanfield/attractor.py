"""Dimension and entropy per unit of a wide chaotic RNN, from its spectrum λ(x).

With x(u) = E σ(u + 2 ln|φ'|) and λ = ½ (2 ln g + ln x − u), the integral of λ has a
closed form, since x = d/du E ln(1 + e^(u + 2 ln|φ'|)):

    L(x) = ∫_0^x λ = x ln g + ½ (x ln x − x − u x + E ln(1 + e^(u + 2 ln|φ'|))).

L rises to the entropy per unit where λ = 0, and is 0 again at the dimension per unit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from gradlab._results import Result
from gradlab.cells.activations import AbstractActivation, activation_named
from gradlab.meanfield.gaussian import GaussianMean
from gradlab.meanfield.growth import mean_field_exponent, slope_mean
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["MeanFieldAttractor", "mean_field_attractor"]

_FAR = 40.0  # u at which x is e^−40: λ is λ_1 there
_STRIDE = 2.0  # nats of u from one trial to the next
_EPS = float(np.finfo(float).eps)


@final
@dataclass(frozen=True, eq=False, repr=False)
class MeanFieldAttractor(Result):
    """What the spectrum of exponents says of the attractor, per unit of the network.

    Attributes
    ----------
    unstable : float
        The share of exponents that are positive; 0 where λ_1 ≤ 0.
    entropy : float
        Their sum over n: the entropy rate per unit is at most this, nats per step.
    dimension : float
        The Kaplan–Yorke dimension over n; 1 where all volumes grow.
    error : float
        Estimated absolute error of each as a number; finite n changes more, O(1/n).
    variance : float
        q*.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("kargin2008lyapunov"),
        Reference("kaplan1979chaotic"),
        Reference("engelken2023lyapunov"),
    )

    unstable: float
    entropy: float
    dimension: float
    error: float
    variance: float


def mean_field_attractor(
    activation: str | AbstractActivation,
    *,
    gain: float,
    input_variance: float = 0.0,
    start: float = 1.0,
) -> MeanFieldAttractor:
    """Return dimension and entropy per unit of a random RNN with n → ∞ units.

    Parameters
    ----------
    activation, gain, input_variance, start
        As in `mean_field_exponent`.

    Returns
    -------
    MeanFieldAttractor

    Raises
    ------
    InputError
        If a number is out of its range, or the activation is not known.

    Examples
    --------
    >>> found = mean_field_attractor("tanh", gain=3.0)
    >>> round(found.dimension, 4), round(found.entropy, 4)
    (0.2877, 0.0252)
    """
    phi = activation_named(activation)
    growth = mean_field_exponent(
        phi, gain=gain, input_variance=input_variance, start=start
    )
    spectrum = _Spectrum(phi, growth.variance, math.log(gain))
    if growth.exponent <= growth.error:
        return _attractor(0.0, 0.0, 0.0, growth.error, growth.variance)
    zero = spectrum.root(spectrum.exponent)
    entropy, place = spectrum.integral(zero), spectrum.place(zero)
    doubt = spectrum.doubt(zero)
    if growth.mean_exponent >= -doubt:  # the integral over the whole spectrum
        return _attractor(place, entropy, 1.0, doubt, growth.variance)
    end = spectrum.root(spectrum.integral, zero)
    slope = abs(spectrum.exponent(end))
    error = max(doubt, spectrum.doubt(end) / slope)
    return _attractor(place, entropy, spectrum.place(end), error, growth.variance)


def _attractor(
    unstable: float, entropy: float, dimension: float, error: float, variance: float
) -> MeanFieldAttractor:
    return MeanFieldAttractor(
        unstable=unstable,
        entropy=entropy,
        dimension=dimension,
        error=error,
        variance=variance,
    )


@dataclass(frozen=True)
class _Spectrum:
    """x, λ and L as functions of u, which rises with x."""

    phi: AbstractActivation
    variance: float
    log_gain: float

    def place(self, u: float) -> float:
        """Return x = E σ(u + 2 ln|φ'|)."""
        return self._mean(lambda y: expit(u + 2 * y)).value

    def exponent(self, u: float) -> float:
        """Return λ."""
        return self.log_gain + (math.log(self.place(u)) - u) / 2

    def integral(self, u: float) -> float:
        """Return L."""
        x, soft = self.place(u), self._soft(u).value
        return x * self.log_gain + (x * math.log(x) - x - u * x + soft) / 2

    def doubt(self, u: float) -> float:
        """Return the error of L, and of λ times x, by those of the means."""
        places = self._mean(lambda y: expit(u + 2 * y))
        weight = abs(self.log_gain) + abs(u) + abs(math.log(places.value)) + 1
        return weight * (places.error + _EPS) + self._soft(u).error

    def root(self, function: Callable[[float], float], start: float = -_FAR) -> float:
        """Return where a function that is positive beyond `start` becomes 0."""
        below, u = start, start + _STRIDE
        while function(u) > 0:
            below, u = u, u + _STRIDE
        return float(brentq(function, below, u, xtol=1e-14, rtol=1e-14))

    def _soft(self, u: float) -> GaussianMean:
        return self._mean(lambda y: np.logaddexp(0.0, u + 2 * y))

    def _mean(self, function: Callable[[Array], Array]) -> GaussianMean:
        return slope_mean(function, self.phi, self.variance)
