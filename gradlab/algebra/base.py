"""Algebra: the dozen functions that a cell's step may use besides ``+ - * @``.

A step is written once against this protocol and then runs on float64 and complex arrays
(`FLOATS`), on SymPy expressions (`SYMBOLS`) and in rigorous balls (`BALLS`).  In the
last two, arrays are NumPy object arrays, so ``+ - * @``, indexing and broadcasting mean
the same everywhere.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from gradlab.typing import Array

__all__ = ["Algebra"]


class Algebra(Protocol):
    """What every number system offers; functions act elementwise.

    >>> from gradlab.algebra.floats import FLOATS
    >>> FLOATS.sigmoid(FLOATS.array([0.0]))
    array([0.5])
    """

    name: str

    def array(self, value: Any) -> Array:
        """Return `value` (floats, or numbers of this system) as an array of it."""

    def concatenate(self, parts: Sequence[Array]) -> Array:
        """Join arrays along the last axis."""

    def exp(self, a: Array) -> Array:
        """Return e^a."""

    def log(self, a: Array) -> Array:
        """Return the natural logarithm."""

    def tanh(self, a: Array) -> Array:
        """Return the hyperbolic tangent."""

    def sigmoid(self, a: Array) -> Array:
        """Return 1 / (1 + e^-a)."""

    def erf(self, a: Array) -> Array:
        """Return the error function (2/√π) ∫_0^a e^(-s²) ds."""

    def normal_cdf(self, a: Array) -> Array:
        """Return Φ(a) = erfc(−a/√2)/2, the standard normal distribution function."""

    def softplus(self, a: Array) -> Array:
        """Return log(1 + e^a)."""

    def positive(self, a: Array) -> Array:
        """Return max(a, 0)."""

    def where_positive(self, a: Array, yes: Array, no: Array) -> Array:
        """Return `yes` where a > 0 and `no` elsewhere, entry by entry."""
