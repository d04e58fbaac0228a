"""2-norms that neither overflow nor underflow: ‖2^e A‖ = 2^e ‖A‖, with max|A| near 1.

``np.linalg.norm([3e-170, 4e-170])`` is 0 and of ``[3e200, 4e200]`` inf, because the
squares are out of range; here the largest entry is brought near 1 first, exactly.
"""

import math

import numpy as np

from gradlab._checks import require_array
from gradlab.errors import ShapeError
from gradlab.linalg.scaled import Scaled
from gradlab.typing import ArrayLike

__all__ = ["frobenius_norm", "log_norm", "spectral_norm"]


def spectral_norm(A: ArrayLike) -> float:
    """Return ‖A‖₂: the length of a vector, the largest singular value of a matrix.

    Parameters
    ----------
    A : (n,) or (m, n) array_like
        Real or complex, finite.  An empty array has norm 0.

    Returns
    -------
    float
        To a few units in the last place for vectors, about ``n eps`` for matrices; inf
        where the norm itself is beyond float64 (`log_norm` is then still right).

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite vector or matrix of numbers.

    Examples
    --------
    >>> spectral_norm([3e-170, 4e-170])
    5e-170
    """
    return _float(_norm_and_exponent(A))


def frobenius_norm(A: ArrayLike) -> float:
    """Return the root of the sum of |a_ij|², over- and underflow avoided.

    Examples
    --------
    >>> frobenius_norm(np.full((2, 2), 1e-170))
    2e-170
    """
    scaled = Scaled.of(require_array("A", A, "...", allow_complex=True))
    size = float(np.linalg.norm(scaled.mantissa.ravel()))
    return _float((size, scaled.exponent))


def log_norm(A: ArrayLike) -> float:
    """Return ln ‖A‖₂ in nats; −inf for zero, finite wherever `A` is not zero.

    Examples
    --------
    >>> round(log_norm(np.full((2, 2), 1e308)), 10)
    709.8893558227
    """
    size, exponent = _norm_and_exponent(A)
    return math.log(size) + exponent * math.log(2.0) if size else -math.inf


def _norm_and_exponent(A: ArrayLike) -> tuple[float, int]:
    """Return ‖A‖₂ as (x, e), its value being x 2^e."""
    array = require_array("A", A, "...", allow_complex=True)
    if array.ndim not in (1, 2):
        raise ShapeError("A", "(n,) or (m, n)", array.shape)
    if not array.size:
        return 0.0, 0
    scaled = Scaled.of(array)
    return float(np.linalg.norm(scaled.mantissa, 2)), scaled.exponent


def _float(value: tuple[float, int]) -> float:
    try:
        return math.ldexp(*value)
    except OverflowError:
        return math.inf
