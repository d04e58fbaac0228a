"""The gain ln‖A^T‖₂ of a power, enclosed: by squaring in float64, or else in balls."""

from gradlab._checks import require_count, require_number
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic, fault
from gradlab.linalg.outward import norm_between
from gradlab.linalg.real_form import realified
from gradlab.linalg.rounding import down_log, down_sub, up_add, up_log
from gradlab.typing import ArrayLike
from gradlab.verified._ball_products import log_power_norm_in_balls
from gradlab.verified._float_products import power_in_float64
from gradlab.verified._refine import is_narrow, refined
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.norms import require_matrix

__all__ = ["enclosed_log_power_gain"]

_FIRST = 128  # bits


def enclosed_log_power_gain(
    A: ArrayLike,
    T: int,
    *,
    atol: float = 1e-9,
    most_bits: int = 16384,
    arithmetic: Arithmetic = FLOAT64,
) -> Enclosure:
    """Return an enclosure of ln‖A^T‖₂ in nats.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1; taken as exact numbers.
    T : int
        The power, 1 or more.
    atol : float
        The width asked for, in nats.
    most_bits : int
        The precision at which balls give up; the enclosure is valid, and wide.
    arithmetic : Arithmetic
        Products and sums of the fast path; tests put adversaries here.

    Returns
    -------
    Enclosure
        As narrow as `enclosed_log_gain` of T equal factors, at 2 log₂ T products.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite square matrix of numbers, or is empty.

    Examples
    --------
    >>> import math
    >>> found = enclosed_log_power_gain([[1.0, 1.0], [0.0, 1.0]], 1000)
    >>> found.lower <= math.asinh(500) <= found.upper, found.width < 1e-9
    (True, True)
    """
    matrix = require_matrix("A", A, "(n, n)")
    power = require_count("T", T)
    width = require_number("atol", atol, above=0.0)
    limit = require_count("most_bits", most_bits, minimum=_FIRST)
    product = power_in_float64(matrix, power, arithmetic)
    low, high = norm_between(product.mantissa, arithmetic)
    fast = Enclosure.between(
        down_log(down_sub(low, product.error), product.exponent),
        up_log(up_add(high, product.error), product.exponent),
        fault=fault(arithmetic),
    )
    real = realified(matrix)
    return refined(
        fast,
        lambda: log_power_norm_in_balls(real, power),
        lambda found: is_narrow(found, width),
        first_bits=_FIRST,
        most_bits=limit,
    )
