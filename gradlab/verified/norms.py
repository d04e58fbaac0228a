"""Norms enclosed in float64: ‖A‖₂ from a computed basis, sums with derived errors."""

import numpy as np

from gradlab._checks import require_array
from gradlab.errors import InputError
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic, fault
from gradlab.linalg.entrywise import entrywise_between
from gradlab.linalg.outward import norm_between
from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
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
        Relatively at most some 4 m n u wide for the 2-norm, three times that if A is
        complex, and n u for the others.  A power of two times A gives that power of two
        times the ends, exactly.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite matrix of numbers, is empty, or holds integers or
        fractions that float64 would round.

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
        if order not in (1, np.inf, "fro"):
            message = f'`order` must be 2, 1, inf or "fro"; got {order!r}.'
            raise InputError(message)
        S, exponent = split_power(matrix)
        low, high = entrywise_between(S, order, arithmetic)
        high = up_ldexp(high, exponent) if matrix.any() else 0.0
        low = down_ldexp(low, exponent)
    return Enclosure.between(low, high, fault=fault(arithmetic))


def require_matrix(name: str, A: object, shape: str = "(m, n)") -> Array:
    """Return `A` as a finite matrix, not empty, of exactly the numbers given."""
    matrix = require_array(name, A, shape, allow_complex=True, exact=True)
    if not matrix.size:
        message = f"`{name}` must have a row and a column; got shape {matrix.shape}."
        raise InputError(message)
    return matrix
