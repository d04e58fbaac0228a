"""FLOATS: float64 and complex128 through NumPy; complex so that complex steps pass."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from scipy import special

from gradlab.typing import Array

__all__ = ["FLOATS", "Floats", "gaussian"]


@final
class Floats:
    """float64 and complex128; every function is analytic off the kinks.

    Complex arguments are there for complex steps: `where_positive` and `positive`
    decide by the real part.
    """

    name = "floats"

    def array(self, value: Any) -> Array:
        """Return `value` as an array, complex if it is complex; no copy if it fits."""
        array = np.asarray(value)
        return array if array.dtype.kind in "fc" else array.astype(float)

    def concatenate(self, parts: Sequence[Array]) -> Array:
        """Join arrays along the last axis."""
        return np.concatenate(parts, axis=-1)

    def exp(self, a: Array) -> Array:
        """Return e^a."""
        return np.exp(a)

    def log(self, a: Array) -> Array:
        """Return the natural logarithm."""
        return np.log(a)

    def tanh(self, a: Array) -> Array:
        """Return the hyperbolic tangent."""
        return np.tanh(a)

    def sigmoid(self, a: Array) -> Array:
        """Return 1 / (1 + e^-a), to full relative accuracy in both tails."""
        if a.dtype.kind != "c":
            return special.expit(a)
        e = np.exp(-_folded(a))  # |e| <= 1: nothing overflows
        return np.where(a.real > 0, 1.0, e) / (1 + e)

    def erf(self, a: Array) -> Array:
        """Return the error function."""
        return special.erf(a)

    def normal_cdf(self, a: Array) -> Array:
        """Return Φ(a), to full relative accuracy in the left tail.

        Φ(a) = exp(−a²/2) erfcx(−a/√2) / 2 for a < 0, and 1 − Φ(−a) for a > 0.
        """
        folded = _folded(a)
        tail = gaussian(folded, 0.5) * special.erfcx(folded * np.sqrt(0.5)) / 2
        return np.where(a.real > 0, 1 - tail, tail)

    def softplus(self, a: Array) -> Array:
        """Return log(1 + e^a) = max(a, 0) + log1p(e^-|a|)."""
        return self.positive(a) + special.log1p(np.exp(-_folded(a)))

    def positive(self, a: Array) -> Array:
        """Return max(a, 0); NaN stays NaN."""
        return np.where(a.real <= 0, 0.0, a)

    def where_positive(self, a: Array, yes: Array, no: Array) -> Array:
        """Return `yes` where a > 0 and `no` where a ≤ 0; `yes` where a is NaN."""
        return np.where(a.real <= 0, no, yes)


def gaussian(a: Array, k: float) -> Array:
    """Return exp(−k a²) for k = 1 or ½, to a few units in the last place.

    With b the multiple of 1/16 next to a, exp(−k a²) = exp(−k b²) exp(k (b² − a²)):
    b² is exact, and what is rounded is small.  Rounding a² would cost a² ulps.
    """
    # exp(−40²/2) underflows already; clipping keeps the square from overflowing.
    near = np.round(16 * np.clip(a.real, -40.0, 40.0)) / 16
    beside = np.where(np.abs(a.real) < 40.0, a, near)
    return np.exp(-k * near**2) * np.exp(k * (near - beside) * (near + beside))


def _folded(a: Array) -> Array:
    """Return |a|, or its analytic twin ±a with real part |Re a|."""
    return np.where(a.real > 0, a, -a)


FLOATS = Floats()
