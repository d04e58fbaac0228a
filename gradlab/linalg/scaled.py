"""Arrays of any magnitude: value = mantissa · 2^exponent, max |mantissa| in [½, 1).

The exponent is a Python integer, so nothing of one size over- or underflows: a product
of 10^6 matrices keeps all 53 bits of its largest entries.
"""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_array
from gradlab.linalg._integers import exact_product
from gradlab.linalg.powers_of_two import times_power
from gradlab.typing import Array, ArrayLike, Matrix

__all__ = ["Scaled"]

_LN2 = math.log(2.0)
_SMALLEST = 2.0**-960  # a product below it may have lost digits to underflow
_CANCELLED = 2.0**-44  # of the factors' sizes: below it hardly a digit is left


@final
@dataclass(frozen=True, eq=False)
class Scaled:
    """An array given as mantissa · 2^exponent; made by `Scaled.of`.

    Entries more than 2^1000 times smaller than the largest one become zero.

    Examples
    --------
    >>> swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> A = np.diag([1e300, 0.0])
    >>> product = Scaled.of(swap).after(A).after(A)
    >>> round(product.log_norm() / math.log(10), 10)
    600.0
    """

    mantissa: Array
    exponent: int

    @classmethod
    def of(cls, array: ArrayLike, exponent: int = 0) -> "Scaled":
        """Return array · 2^exponent, for a finite array of any shape.

        Exact for entries down to 2^-1000 of the largest.

        Raises
        ------
        NonFiniteError, InputTypeError
            If an entry is NaN or infinite, or is not a number.
        """
        finite = require_array("array", array, "...", allow_complex=True)
        return cls._normalised(finite, exponent)

    @classmethod
    def _normalised(cls, array: Array, exponent: int) -> "Scaled":
        size = _size(array)
        if size == 0.0:
            return cls(np.zeros_like(array), 0)
        power = math.frexp(size)[1]
        return cls(_times_power_of_two(array, -power), exponent + power)

    def after(self, J: Matrix) -> "Scaled":
        """Return J · self, for a finite float array J.

        Rounded as any float product is; where nothing above the rounding is left, the
        product is formed again exactly, so that a zero is a zero.
        """
        return self._product(J, self.mantissa, J)

    def before(self, J: Matrix) -> "Scaled":
        """Return self · J, for a finite float array J; see `after`."""
        return self._product(self.mantissa, J, J)

    def _product(self, A: Array, B: Array, J: Array) -> "Scaled":
        with np.errstate(over="ignore", invalid="ignore"):
            product = A @ B
        size = _size(product)
        if _SMALLEST < size < math.inf and _CANCELLED * _size(J) < size:
            power = math.frexp(size)[1]
            mantissa = _times_power_of_two(product, -power)
            return Scaled(mantissa, self.exponent + power)
        if np.iscomplexobj(product):
            factor = self._normalised(J, 0)
            A, B = (factor.mantissa if X is J else X for X in (A, B))
            return self._normalised(A @ B, self.exponent + factor.exponent)
        product, power = exact_product(A, B)
        return self._normalised(product, self.exponent + power)

    def to_float(self) -> Array:
        """Return the plain array; entries beyond float64 become ±inf or 0, quietly."""
        with np.errstate(over="ignore", under="ignore"):
            return _times_power_of_two(self.mantissa, self.exponent)

    def log_abs(self) -> Array:
        """Return ln|x| of every entry, in nats; −inf where the entry is 0."""
        with np.errstate(divide="ignore"):
            return np.log(np.abs(self.mantissa)) + self.exponent * _LN2

    def log_norm(self) -> float:
        """Return ln ‖·‖₂ in nats: of a vector, or of a matrix (largest singular value).

        −inf for zero.  A stack of matrices has no norm of its own; index it first.
        """
        return self._log(float(np.linalg.norm(self.mantissa, 2)))

    def log_frobenius(self) -> float:
        """Return the log of the root of the sum of |x|² over all entries, in nats."""
        return self._log(float(np.linalg.norm(self.mantissa.ravel())))

    def _log(self, size: float) -> float:
        return math.log(size) + self.exponent * _LN2 if size > 0.0 else -math.inf


def _size(array: Array) -> float:
    return float(np.maximum.reduce(np.abs(array), axis=None, initial=0.0))


def _times_power_of_two(array: Array, power: int) -> Array:
    if -1000 < power < 1000:
        return array * 2.0**power
    # Beyond ±4400 every float64 has become 0 or inf.
    return times_power(array, max(-4400, min(power, 4400)))
