"""What a sweep of LUs is guarded against: scales, singular factors, lost frames."""

import enum
import math
from typing import Any

import numpy as np
from scipy.linalg.lapack import dgecon, zgecon

from gradlab.linalg.exact_rank import singular_factors
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = [
    "Trouble",
    "is_dependent",
    "is_poor",
    "prepared",
    "trouble",
    "with_sorted_rows",
]

_SUSPECT = 1e-7  # a pivot this far below its row may be the zero of a singular factor
_EXACT_UP_TO = 16  # the size up to which such a step is worth redoing in integers
_TOGETHER = 8  # factors tested at once; most often the first is singular, or none
_POOR = 2e-2  # n³ times the reciprocal condition of nearly dependent columns
_DEPENDENT = 1e-7  # the same for a unit lower frame; random ones reach 1e-5
_GROWTH = 2.0**13  # of a pivot over n times the entries; it costs four digits
_UNEVEN = 2.0**10  # ratio of column sizes that costs three digits of the smallest
_LOWEST = -900  # power of two below which products would meet subnormal numbers


def prepared(stack: Factors) -> tuple[Array, Array, Vector]:
    """Return a stack ready for a sweep: transposed copies, row sizes, logs of scales.

    The stack returned may be longer, with a product that is the same.  LU with row
    pivoting is accurate however uneven the rows of a factor are, but adds up entries
    across its columns; so a factor with uneven columns, J = A diag(c), is taken as two,
    diag(c) and then A, each of which is uneven in its rows only.
    """
    transposed = _with_even_columns(np.array(stack.transpose(0, 2, 1), order="C"))
    row_sizes = np.abs(transposed).max(axis=1, initial=0.0)
    shifts = _move_inside_range(transposed, row_sizes)
    return transposed, row_sizes, shifts


def _with_even_columns(transposed: Array) -> Array:
    # Row j of the transpose is column j of the factor; zero columns have size 1.
    sizes = np.abs(transposed).max(axis=2, initial=0.0)
    sizes[sizes == 0.0] = 1.0
    with np.errstate(over="ignore"):
        ratio = sizes.max(axis=1, initial=1.0) / sizes.min(axis=1, initial=1.0)
    uneven = np.flatnonzero(ratio > _UNEVEN)
    if not len(uneven):
        return transposed
    # Powers of two, so that A and diag(c) are exact.
    c = np.ldexp(1.0, np.frexp(sizes[uneven])[1] - 1)
    transposed[uneven] /= c[:, :, None]
    scales = np.eye(transposed.shape[1]) * c[:, None, :]
    return np.insert(transposed, uneven, scales, axis=0)


class Trouble(enum.Enum):
    """Why a step needs more than LU with row pivoting."""

    SINGULAR = "its factor is exactly singular"
    CANCELLED = "its smallest pivots have lost their digits"
    GROWN = "its pivots have outgrown its entries"


def trouble(
    transposed: Array, diagonal: Array, rows: Array, row_sizes: Array
) -> tuple[int, Trouble] | None:
    """Return the first step of a sweep that needs more, and why; None if none does.

    Where a pivot falls far below the row that it came from, the factor may be exactly
    singular (elimination leaves about 1e-16 of the row where the truth is 0); finite
    fields decide.  If it is not, the pivot has lost half its digits or more, and for
    n <= 16 the step is to be taken in whole numbers.  Where a pivot rises far above all
    entries, row pivoting has met one of its rare failures (Wilkinson's example).
    """
    pivots = np.abs(diagonal)
    growth = pivots.max(axis=1) / (_GROWTH * pivots.shape[1])
    grown = np.flatnonzero(growth > row_sizes.max(axis=1))
    lost = _lost(transposed, pivots, np.take_along_axis(row_sizes, rows, axis=1))
    if len(grown) and (lost is None or grown[0] < lost[0]):
        return int(grown[0]), Trouble.GROWN
    return lost


def _lost(transposed: Array, pivots: Array, sizes: Array) -> tuple[int, Trouble] | None:
    suspects = np.flatnonzero((pivots <= _SUSPECT * sizes).any(axis=1))
    if not len(suspects):
        return None
    if transposed.shape[1] <= _EXACT_UP_TO and not np.iscomplexobj(transposed):
        first = int(suspects[0])
        singular = singular_factors(transposed[first : first + 1])[0]
        return first, Trouble.SINGULAR if singular else Trouble.CANCELLED
    for batch in np.split(suspects, range(_TOGETHER, len(suspects), _TOGETHER)):
        singular = singular_factors(transposed[batch])
        if singular.any():
            return int(batch[singular.argmax()]), Trouble.SINGULAR
    return None


def is_poor(R: Matrix) -> bool:
    """Whether columns with upper triangular factor R are close to dependent."""
    return _reciprocal_condition(R) < _POOR / len(R) ** 3


def is_dependent(frame: Matrix, rows: Vector) -> bool:
    """Whether a unit lower frame with the given pivot rows has lost its independence.

    Partial pivoting keeps |L| <= 1 and nearly always L⁻¹ of moderate size as well.
    """
    return _reciprocal_condition(frame[rows]) < _DEPENDENT


def _reciprocal_condition(triangle: Matrix) -> float:
    """Return 1/cond, in the 1-norm, of an upper or a unit lower triangle."""
    # Such a triangle is its own packed LU, the other factor being the identity;
    # LAPACK's trcon came to SciPy only with 1.15.
    condition: Any = zgecon if np.iscomplexobj(triangle) else dgecon
    return float(condition(triangle, np.abs(triangle).sum(axis=0).max())[0])


def with_sorted_rows(moved: Matrix) -> tuple[Matrix, Matrix]:
    """Return Q, R with the largest rows taken first, so that small rows keep digits."""
    order = np.argsort(-np.abs(moved).max(axis=1), kind="stable")
    sorted_Q, R = np.linalg.qr(moved[order])
    Q = np.empty_like(sorted_Q, order="F")
    Q[order] = sorted_Q
    return Q, R


def _move_inside_range(transposed: Array, row_sizes: Array) -> Vector:
    """Scale, in place, factors whose products could leave float64; return ln of scales.

    Powers of two, so nothing is rounded; almost always nothing is done at all.
    """
    _, exponents = np.frexp(row_sizes.max(axis=1, initial=0.0))
    highest = 1020 - transposed.shape[1].bit_length()
    move = np.where(exponents > highest, highest - exponents, 0)
    move = np.where(exponents < _LOWEST, -exponents, move)
    for t in np.flatnonzero(move):
        # In two halves: 2^1074 itself is not a float64.
        for power in (move[t] // 2, move[t] - move[t] // 2):
            transposed[t] *= 2.0 ** float(power)
            row_sizes[t] *= 2.0 ** float(power)
    return -math.log(2.0) * move
