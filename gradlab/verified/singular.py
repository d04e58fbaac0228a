"""All singular values of a matrix, enclosed: in float64 within ‖AV − U diag(s)‖ of s.

σ_i(A) differs from σ_i(AV) by no more than the factors σ_min(V) and ‖V‖, that from
σ_i(U diag(s)) by no more than the residual, and this from s_i by no more than the
factors σ_min(U) and ‖U‖.  U, s and V come from an SVD, and nothing about them is
trusted.  That error is absolute; small values are enclosed relatively in balls.
"""

from typing import Any

import numpy as np

from gradlab._checks import require_count, require_number
from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic, fault
from gradlab.linalg.outward import (
    defect,
    frobenius_above,
    least_singular_value_above,
    least_singular_value_below,
)
from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
from gradlab.linalg.real_form import realified
from gradlab.linalg.rounding import (
    down_div,
    down_mul,
    down_sqrt,
    down_sub,
    mm,
    up_add,
    up_distance,
    up_div,
    up_mul,
    up_sqrt,
)
from gradlab.typing import Array, ArrayLike
from gradlab.verified._ball_singular import singular_values_in_balls
from gradlab.verified._refine import is_relatively_narrow, refined
from gradlab.verified.conversion import arb_down, arb_up, ball_matrix
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.norms import require_matrix

__all__ = [
    "enclosed_least_singular_value",
    "enclosed_singular_values",
    "singular_values_between",
]

_FIRST = 128  # bits


def enclosed_singular_values(
    A: ArrayLike,
    *,
    rtol: float = 1e-9,
    most_bits: int = 8192,
    arithmetic: Arithmetic = FLOAT64,
) -> Enclosure:
    """Return enclosures of σ_1 ≥ … ≥ σ_k, k = min(m, n).

    Parameters
    ----------
    A : (m, n) array_like
        Real or complex, finite, not empty; taken as exact numbers.
    rtol : float
        Where float64 encloses a value less narrowly than this, relatively, balls take
        over, and their precision is doubled until all are that narrow.
    most_bits : int
        Where that ends; a value that is exactly 0 is never narrow, but enclosed by 0
        and a number as small as the precision.
    arithmetic : Arithmetic
        Products and sums to use; tests put adversaries here.

    Returns
    -------
    Enclosure
        Of arrays (k,).

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite matrix of numbers, or is empty.

    Examples
    --------
    >>> near = [[1e9, 1e9 + 1], [1e9 - 1, 1e9]]  # det A = 1, so σ_2 = 1/σ_1
    >>> least = enclosed_singular_values(near)[1]
    >>> least.lower <= 4.99999999999999999875e-10 <= least.upper, least.arithmetic
    (True, 'balls of 128 bits')
    >>> bool(np.linalg.svd(near)[1][1] > 1e-7)  # 300 times as much
    True
    """
    matrix = require_matrix("A", A)
    ratio = require_number("rtol", rtol, above=0.0)
    limit = require_count("most_bits", most_bits, minimum=_FIRST)
    low, high = singular_values_between(matrix, arithmetic)
    return refined(
        Enclosure.between(low, high, fault=fault(arithmetic)),
        lambda: _in_balls(matrix),
        lambda found: is_relatively_narrow(found, ratio),
        first_bits=_FIRST,
        most_bits=limit,
    )


def enclosed_least_singular_value(
    A: ArrayLike,
    *,
    rtol: float = 1e-9,
    most_bits: int = 8192,
    arithmetic: Arithmetic = FLOAT64,
) -> Enclosure:
    """Return an enclosure of the last of the min(m, n) singular values.

    In float64 it is relatively n² u κ(A) wide, as long as that is below 1; parameters
    and errors are those of `enclosed_singular_values`.

    Examples
    --------
    >>> found = enclosed_least_singular_value([[1.0, 0.0], [0.0, 2.0**-30]])
    >>> found.lower <= 2.0**-30 <= found.upper, found.arithmetic
    (True, 'float64')
    """
    matrix = require_matrix("A", A)
    ratio = require_number("rtol", rtol, above=0.0)
    limit = require_count("most_bits", most_bits, minimum=_FIRST)
    low = least_singular_value_below(matrix, arithmetic)
    high = least_singular_value_above(matrix, arithmetic)
    fast = Enclosure.between(low, high, fault=fault(arithmetic))
    if is_relatively_narrow(fast, ratio):
        return fast
    every = enclosed_singular_values(
        matrix, rtol=ratio, most_bits=limit, arithmetic=arithmetic
    )
    return fast.met(every[-1])


def singular_values_between(
    A: Array, arithmetic: Arithmetic = FLOAT64
) -> tuple[Array, Array]:
    """Return float64s ≤ and ≥ σ_1 ≥ … ≥ σ_k, some n² u ‖A‖ apart."""
    S, exponent = split_power(A if len(A) >= A.shape[1] else A.T)
    U, s, Vh = arithmetic.svd(S)
    k = S.shape[1]
    if not S.any():
        return np.zeros(k), np.zeros(k)
    if not ((s >= 0).all() and (s[:-1] >= s[1:]).all()):
        return np.zeros(k), np.full(k, np.inf)
    V = Vh.conj().T
    B, lost = mm(S, V, arithmetic)
    C, error = mm(U, np.diag(s), arithmetic)
    gap = up_add(up_add(up_distance(B, C), error), lost)
    residual = up_add(frobenius_above(gap, arithmetic), up_mul(ETA, len(S)))
    below, above = _stretched(U, s, arithmetic)
    turned, widened = _ends(defect(V, arithmetic))
    low = down_div(down_sub(below, residual), widened)
    high = up_div(up_add(above, residual), turned)
    low, high = np.maximum(down_ldexp(low, exponent), 0.0), up_ldexp(high, exponent)
    return low, np.where(high >= 0, high, np.inf)


def _stretched(U: Array, s: Array, arithmetic: Arithmetic) -> tuple[Any, Any]:
    """Return bounds on the singular values of U diag(s): σ_min(U) s and ‖U‖ s."""
    least, largest = _ends(defect(U, arithmetic))
    return down_mul(s, least), up_mul(s, largest)


def _ends(d: Any) -> tuple[Any, Any]:
    """Return √(1 − d) from below, 0 for no basis, and √(1 + d) from above."""
    rest = down_sub(1.0, d)
    return down_sqrt(np.where(rest > 0.5, rest, 0.0)), up_sqrt(up_add(1.0, d))


def _in_balls(A: Array) -> tuple[list[float], list[float]]:
    real = realified(A if len(A) >= A.shape[1] else A.T)
    pairs = singular_values_in_balls(ball_matrix(real))
    n = min(A.shape)
    once = pairs[:: len(pairs) // n]  # two of each if A is complex
    return [arb_down(low) for low, _ in once], [arb_up(high) for _, high in once]
