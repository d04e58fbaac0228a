"""Norms enclosed in float64: ‖A‖₂ from a computed basis, sums with derived errors."""

from typing import Any

import numpy as np

from gradlab._checks import require_array
from gradlab.errors import InputError
from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic, fault
from gradlab.linalg.outward import norm_between
from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
from gradlab.linalg.rounding import (
    down_abs,
    down_mul,
    down_sqrt,
    down_sub,
    down_sums,
    up_abs,
    up_add,
    up_mul,
    up_sqrt,
    up_sums,
)
from gradlab.typing import Array, ArrayLike
from gradlab.verified.enclosure import Enclosure

__all__ = ["enclosed_norm", "require_matrix"]


def enclosed_norm(
    A: ArrayLike, order: float | str = 2, *, arithmetic: Arithmetic = FLOAT64
) -> Enclosure:
    """Return an enclosure of ‖A‖₂, ‖A‖₁, ‖A‖_∞ or ‖A‖_F.

    Parameters
    ----------
    A : (m, n) array_like
        Real or complex, finite, m and n >= 1; taken as exact numbers.
    order : 2, 1, inf or "fro"
        As in `numpy.linalg.norm`: the largest singular value, column sum or row sum of
        absolute values, or the root of the sum of squares.
    arithmetic : Arithmetic
        Products and sums to use; tests put adversaries here.

    Returns
    -------
    Enclosure
        Relatively about 4 n² u wide for the 2-norm and n u for the others.  A power of
        two times A gives that power of two times the ends, exactly.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite matrix of numbers, or is empty.

    Notes
    -----
    The 2-norm is enclosed as `gradlab.linalg.outward` says, from products with a-priori
    error bounds in rounding to nearest [rump2010verification].

    Examples
    --------
    >>> found = enclosed_norm([[-2.0, -5.0], [-2.0, -2.0]])  # 6; NumPy is below it
    >>> found.lower <= 6 <= found.upper, found.width < 1e-13
    (True, True)
    """
    matrix = require_matrix("A", A)
    if order == 2:
        low, high = norm_between(matrix, arithmetic)
    else:
        S, exponent = split_power(matrix)
        low, high = _entrywise(S, order, arithmetic)
        low, high = down_ldexp(low, exponent), up_ldexp(high, exponent)
    high = high if matrix.any() else 0.0
    return Enclosure.between(low, high, fault=fault(arithmetic))


def require_matrix(name: str, A: object, shape: str = "(m, n)") -> Array:
    """Return `A` as a finite matrix with at least one row and one column."""
    matrix = require_array(name, A, shape, allow_complex=True)
    if not matrix.size:
        message = f"`{name}` must have a row and a column; got shape {matrix.shape}."
        raise InputError(message)
    return matrix


def _entrywise(S: Array, order: float | str, arithmetic: Arithmetic) -> tuple[Any, Any]:
    """Return bounds below and above for a matrix given up to 2⁻¹⁰⁷⁴ an entry."""
    low, high = down_sub(down_abs(S), ETA), up_add(up_abs(S), ETA)
    low = np.maximum(low, 0.0)
    if order == "fro":
        squares = np.maximum(down_mul(low, low), 0.0)
        below = np.maximum(down_sums(squares.ravel(), arithmetic), 0.0)
        above = up_sums(up_mul(high, high).ravel(), arithmetic)
        return down_sqrt(below), up_sqrt(above)
    if order not in (1, np.inf):
        message = f'`order` must be 2, 1, inf or "fro"; got {order!r}.'
        raise InputError(message)
    rows = (low, high) if order == np.inf else (low.T, high.T)
    below, above = down_sums(rows[0], arithmetic), up_sums(rows[1], arithmetic)
    return max(below.max(), 0.0), above.max()
