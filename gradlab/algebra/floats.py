"""FLOATS: float64 and complex128 through NumPy; complex so that complex steps pass."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from scipy import special

from gradlab.typing import Array

__all__ = ["FLOATS", "Floats"]


@final
class Floats:
    """float64 and complex128; every function is analytic off the kinks."""

    name = "floats"

    def array(self, value: Any) -> Array:
        """Return `value` as an array, complex if it is complex."""
        array = np.asarray(value)
        return array if array.dtype.kind == "c" else np.asarray(array, dtype=float)

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
        e = np.exp(-a * np.sign(a.real))  # |e| <= 1: nothing overflows
        return np.where(a.real >= 0, 1.0, e) / (1 + e)

    def erf(self, a: Array) -> Array:
        """Return the error function."""
        return special.erf(a)

    def normal_cdf(self, a: Array) -> Array:
        """Return Φ(a), to full relative accuracy in the left tail."""
        return special.ndtr(a)

    def softplus(self, a: Array) -> Array:
        """Return log(1 + e^a) = max(a, 0) + log1p(e^-|a|)."""
        folded = a * np.sign(a.real)
        return self.positive(a) + np.log1p(np.exp(-folded))

    def positive(self, a: Array) -> Array:
        """Return max(a, 0), by the real part where a is complex."""
        return np.where(a.real > 0, a, 0.0)


FLOATS = Floats()
