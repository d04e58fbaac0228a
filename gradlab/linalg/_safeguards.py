"""What a sweep of LUs is guarded against: scales, singular factors, lost frames."""

import math
from typing import Any

import numpy as np
from scipy.linalg.lapack import dgecon, zgecon

from gradlab.linalg.exact_rank import singular_factors
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["is_poor", "prepared", "trouble"]

_SUSPECT = 1e-7  # a pivot this far below its row may be the zero of a singular factor
_EXACT_UP_TO = 16  # the size up to which such a step is worth redoing in integers
_TOGETHER = 8  # factors tested at once; most often the first is singular, or none
_POOR = 1e-4  # reciprocal condition at which a frame is made orthonormal again
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


def trouble(
    transposed: Array, diagonal: Array, rows: Array, row_sizes: Array
) -> tuple[int | None, bool]:
    """Return the first step of a sweep that needs more than float64, and why.

    Where a pivot falls far below the row that it came from, the factor may be exactly
    singular (elimination leaves about 1e-16 of the row where the truth is 0); finite
    fields decide.  If it is not, the pivot has lost half its digits or more, and for
    n <= 16 the step is to be taken in whole numbers.

    Returns
    -------
    step : int or None
    singular : bool
        Whether the factor of that step is exactly singular.
    """
    sizes = np.take_along_axis(row_sizes, rows, axis=1)
    pivots = np.abs(diagonal)
    suspects = np.flatnonzero((pivots <= _SUSPECT * sizes).any(axis=1))
    if not len(suspects):
        return None, False
    if transposed.shape[1] <= _EXACT_UP_TO and not np.iscomplexobj(transposed):
        return int(suspects[0]), bool(singular_factors(transposed[suspects[:1]])[0])
    for batch in np.split(suspects, range(_TOGETHER, len(suspects), _TOGETHER)):
        singular = singular_factors(transposed[batch])
        if singular.any():
            return int(batch[singular.argmax()]), True
    return None, False


def is_poor(R: Matrix) -> bool:
    """Whether a frame with triangular factor R is close to dependent."""
    # R is its own LU, with L = I; LAPACK's trcon came to SciPy only with 1.15.
    condition: Any = zgecon if np.iscomplexobj(R) else dgecon
    return bool(condition(R, np.abs(R).sum(axis=0).max())[0] < _POOR)


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
