"""What a sweep of LUs has to be watched for: range, singular factors, lost frames."""

import math
from typing import Any

import numpy as np
from scipy.linalg.lapack import dtrcon, ztrcon

from gradlab.linalg.exact_rank import singular_factors
from gradlab.typing import Array, Matrix, Vector

__all__ = ["first_singular", "is_poor", "move_inside_range", "suspects"]

_SUSPECT = 1e-7  # a pivot this far below its row may be the zero of a singular factor
_POOR = 1e-6  # reciprocal condition at which a frame is made orthonormal again
_LOWEST = -900  # power of two below which products would meet subnormal numbers


def suspects(diagonal: Array, rows: Array, row_sizes: Array) -> Array:
    """Return the steps whose pivots fell far below the rows they came from.

    Elimination of an exactly singular factor leaves a pivot of rounding size, about
    1e-16 of its row, where the truth is 0.
    """
    sizes = np.take_along_axis(row_sizes, rows, axis=1)
    return np.flatnonzero((np.abs(diagonal) <= _SUSPECT * sizes).any(axis=1))


def first_singular(transposed: Array, steps: Array) -> int | None:
    """Return the first of the given steps whose factor is exactly singular."""
    singular = steps[singular_factors(transposed[steps])]
    return int(singular[0]) if len(singular) else None


def is_poor(R: Matrix) -> bool:
    """Whether a frame with triangular factor R is close to dependent."""
    condition: Any = ztrcon if np.iscomplexobj(R) else dtrcon
    return bool(condition(R)[0] < _POOR)


def move_inside_range(transposed: Array, row_sizes: Array) -> Vector:
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
