"""Elimination of J F in whole numbers, for a factor that float64 cannot tell apart.

Floats are m 2^e with whole m, so J F is a matrix of integers over a power of two, and
Bareiss' fraction-free elimination finds its pivots without any rounding: det of
[[a, a + 1], [a − 1, a]] is 1, also for a = 10^8, where float64 sees 0.
"""

import math
from typing import Any

import numpy as np

from gradlab.linalg._gaussian_integers import (
    GaussianInteger,
    log_size,
    phase,
    whole_numbers,
)
from gradlab.linalg._weighted import weighted_triangle
from gradlab.typing import Array, Matrix, Vector

__all__ = ["exact_elimination", "weights_in_order"]

_STEEP = 1e6  # nats from one weight to the next: no pivot is that much larger


def exact_elimination(
    J: Matrix, frame: Matrix, weights: Vector
) -> tuple[Matrix, Vector, Array, Matrix]:
    """Return what `weighted_elimination` of J F does, exact before the last rounding.

    J (n, n) nonsingular, F (n, r) of rank r; both real or both complex.
    """
    J_whole, J_power = whole_numbers(J)
    F_whole, F_power = whole_numbers(frame)
    rest = J_whole @ F_whole
    n, r = rest.shape
    rows, columns = np.arange(n), np.arange(r)
    previous: Any = GaussianInteger(1, 0) if np.iscomplexobj(J) else 1
    log_previous, logs, signs = 0.0, np.empty(r), np.empty(r, J.dtype)
    for i in range(r):
        row, column = _pivot(rest[i:, i:], weights[columns[i:]])
        _swap(rest, rows, columns, i, i + row, i + column)
        pivot = rest[i, i]
        log_pivot = log_size(pivot)
        logs[i] = log_pivot - log_previous
        signs[i] = phase(pivot) * np.conj(phase(previous))
        below = rest[i + 1 :, i + 1 :] * pivot
        below -= np.outer(rest[i + 1 :, i], rest[i, i + 1 :])
        rest[i + 1 :, i + 1 :] = below // previous
        previous, log_previous = pivot, log_pivot
    L = np.zeros((n, r), J.dtype, order="F")
    L[rows] = [
        [rest[i, c] / rest[c, c] if i > c else float(i == c) for c in range(r)]
        for i in range(n)
    ]
    U = np.array(
        [
            [rest[i, c] / rest[i, i] if c >= i else 0.0 for c in range(r)]
            for i in range(r)
        ]
    )
    W = np.empty((r, r), J.dtype)
    W[:, columns] = signs[:, None] * weighted_triangle(U, weights[columns], np.zeros(r))
    return L, logs + (J_power + F_power) * math.log(2.0), columns, W


def weights_in_order(k: int) -> Vector:
    """Return log weights so steep that elimination takes k columns in their order."""
    return -_STEEP * np.arange(k, dtype=float)


def _pivot(rest: Array, weights: Vector) -> tuple[int, int]:
    """Return the largest entry of the column that has the largest weighted entry."""
    sizes = np.abs(rest)
    largest = sizes.max(axis=0)
    column = max(
        (c for c in range(len(largest)) if largest[c]),
        key=lambda c: math.log(largest[c]) + weights[c],
    )
    return int(sizes[:, column].argmax()), column


def _swap(rest: Array, rows: Array, columns: Array, i: int, row: int, col: int) -> None:
    rest[[i, row]] = rest[[row, i]]
    rows[[i, row]] = rows[[row, i]]
    rest[:, [i, col]] = rest[:, [col, i]]
    columns[[i, col]] = columns[[col, i]]
