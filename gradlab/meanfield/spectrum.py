"""λ(x) = ½ ln(g² x/w) with E[w φ'²/(1 + w φ'²)] = x: all exponents as n → ∞.

x = i/n is the place in the spectrum, from 0 (largest) to 1 (smallest), and φ' is taken
at preactivations N(0, q*).  It is Kargin's theorem on products of free matrices for
factors diag(φ') W, W with entries N(0, g²/n).
"""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from gradlab._checks import require_array, require_number
from gradlab._results import Result
from gradlab.cells.activations import AbstractActivation, activation_named
from gradlab.errors import InputError
from gradlab.meanfield.growth import mean_field_exponent, slope_mean
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = ["MeanFieldSpectrum", "mean_field_spectrum"]

_STRIDE = 16.0  # nats: the first guess at how far ln w may be from 0


@final
@dataclass(frozen=True, eq=False, repr=False)
class MeanFieldSpectrum(Result):
    """The exponents λ(x), in nats per step, at the places x of the spectrum.

    Attributes
    ----------
    fractions : (k,) array
        x, from 0 for the largest exponent to 1 for the smallest.
    exponents : (k,) array
        λ(x); −inf from x = P(φ' ≠ 0) on.
    errors : (k,) array
        Estimated absolute errors of the numbers, given q*.
    variance : float
        q*.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("kargin2008lyapunov"),
        Reference("newman1986distribution"),
        Reference("molgedey1992suppressing"),
    )

    fractions: Vector
    exponents: Vector
    errors: Vector
    variance: float


def mean_field_spectrum(
    activation: str | AbstractActivation,
    fractions: ArrayLike,
    *,
    gain: float,
    input_variance: float = 0.0,
    start: float = 1.0,
) -> MeanFieldSpectrum:
    """Return the Lyapunov spectrum λ(x) of a random RNN with n → ∞ units.

    Parameters
    ----------
    activation : str or AbstractActivation
        φ.
    fractions : (k,) array_like
        Places x in [0, 1]; exponent i of n is best compared at x = (i − ½)/n.
    gain, input_variance, start : float
        As in `mean_field_exponent`.

    Returns
    -------
    MeanFieldSpectrum

    Raises
    ------
    InputError
        If a fraction is outside [0, 1], or `gain` or `input_variance` out of its range.

    Notes
    -----
    λ(0) is λ_1 = ½ ln χ_1, and the mean of λ(x) over x is the mean exponent
    ln g − ½ + E ln|φ'|.  For a linear RNN λ(x) = ½ ln(g²(1 − x)), Newman's triangular
    law.

    Examples
    --------
    >>> mean_field_spectrum("tanh", [0.0, 0.5], gain=2.0).exponents.round(10).tolist()
    [0.1547242298, -0.6892937516]
    """
    phi = activation_named(activation)
    gain = require_number("gain", gain, above=0.0)
    x = require_array("fractions", fractions, "(k,)")
    outside = (x < 0) | (x > 1)
    if outside.any():
        message = f"`fractions` must lie in [0, 1]; got {x[outside][0]}."
        raise InputError(message)
    top = mean_field_exponent(
        phi, gain=gain, input_variance=input_variance, start=start
    )
    pairs = [
        (top.exponent, top.error)
        if fraction == 0
        else _exponent(phi, top.variance, gain, float(fraction))
        for fraction in x
    ]
    exponents, errors = np.array(pairs).reshape(-1, 2).T
    return MeanFieldSpectrum(
        fractions=np.array(x), exponents=exponents, errors=errors, variance=top.variance
    )


def _exponent(
    phi: AbstractActivation, variance: float, gain: float, x: float
) -> tuple[float, float]:
    """Return λ(x) and its error, by the root u = ln w of E σ(u + ln φ'²) = x."""

    def share(u: float) -> float:
        # w φ'²/(1 + w φ'²) = σ(ln w + ln φ'²), which cannot overflow.
        return slope_mean(lambda y: expit(u + 2 * y), phi, variance).value

    alive = slope_mean(lambda y: np.where(np.isneginf(y), 0.0, 1.0), phi, variance)
    if x >= alive.value - alive.error:
        return -math.inf, 0.0
    reach = _STRIDE
    while share(reach) < x:
        reach *= 2
    lowest = -_STRIDE
    while share(lowest) > x:
        lowest *= 2
    u = float(brentq(lambda u: share(u) - x, lowest, reach, xtol=1e-14, rtol=1e-15))
    return math.log(gain) + (math.log(x) - u) / 2, _root_error(phi, variance, u, x) / 2


def _root_error(phi: AbstractActivation, variance: float, u: float, x: float) -> float:
    def density(y: Array) -> Array:
        return expit(u + 2 * y) * expit(-u - 2 * y)

    slope = slope_mean(density, phi, variance)
    eps = float(np.finfo(float).eps)
    return 8 * eps * x / slope.value + 4 * eps * max(1.0, abs(u))
