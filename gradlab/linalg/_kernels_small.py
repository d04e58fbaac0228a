"""The triangularising sweep for a few rows, where any call costs more than the work.

Compiled lines are invisible to coverage; the tests of the engines run them all.
"""

import numba
import numpy as np

from gradlab.linalg._kernels_blas import COMPILED
from gradlab.typing import Array, Matrix

__all__ = ["pair_loop", "small_loop"]


@numba.njit(**COMPILED)
def small_loop(
    matrices: Array,
    scales: Array,
    frame: Matrix,
    growth: Matrix,
    tracked: bool,
    diagonal: Array,
    rows: Array,
) -> None:  # pragma: no cover
    """Change `frame` and `growth` in place; fill `diagonal` and `rows`."""
    n, r = frame.shape
    moved, order = np.empty_like(frame), np.empty(n, np.intp)
    for t in range(len(scales)):
        _multiply(matrices[t if len(matrices) > 1 else 0], scales[t], frame, moved)
        _eliminate(moved, order)
        for i in range(r):
            diagonal[t, i] = moved[i, i]
            rows[t, i] = order[i]
        if tracked:
            _multiply_upper(moved, growth)
        for i in range(n):
            for c in range(r):
                entry = moved[i, c] if c < i else 0.0
                frame[order[i], c] = 1.0 if c == i else entry


@numba.njit(**COMPILED)
def _multiply(
    matrix: Matrix, scale: Array, frame: Matrix, moved: Matrix
) -> None:  # pragma: no cover
    """Set moved = diag(scale) A frame."""
    n, r = frame.shape
    for i in range(n):
        for c in range(r):
            total = 0.0
            for j in range(n):
                total += scale[i] * matrix[i, j] * frame[j, c]
            moved[i, c] = total


@numba.njit(**COMPILED)
def _eliminate(moved: Matrix, order: Array) -> None:  # pragma: no cover
    """Factor rows `order` of `moved` as L U in place, with partial pivoting."""
    n, r = moved.shape
    for i in range(n):
        order[i] = i
    for c in range(r):
        _bring_up(moved, order, c)
        if moved[c, c] == 0.0:
            continue
        for i in range(c + 1, n):
            moved[i, c] /= moved[c, c]
            multiplier = moved[i, c]
            for j in range(c + 1, r):
                moved[i, j] -= multiplier * moved[c, j]


@numba.njit(**COMPILED)
def _bring_up(moved: Matrix, order: Array, c: int) -> None:  # pragma: no cover
    """Swap the largest entry of column c, from row c on, into row c."""
    n, r = moved.shape
    pivot = c
    for i in range(c + 1, n):
        if abs(moved[i, c]) > abs(moved[pivot, c]):
            pivot = i
    if pivot != c:
        order[c], order[pivot] = order[pivot], order[c]
        for j in range(r):
            moved[c, j], moved[pivot, j] = moved[pivot, j], moved[c, j]


@numba.njit(**COMPILED)
def _multiply_upper(upper: Matrix, growth: Matrix) -> None:  # pragma: no cover
    """Set growth = U growth, both upper triangular; row i needs only rows below it."""
    r = len(growth)
    for i in range(r):
        for j in range(i, r):
            total = 0.0
            for m in range(i, j + 1):
                total += upper[i, m] * growth[m, j]
            growth[i, j] = total


@numba.njit(**COMPILED)
def pair_loop(
    matrices: Array, scales: Array, frame: Matrix, diagonal: Array, rows: Array
) -> None:  # pragma: no cover
    """Do what `small_loop` does for two columns of two rows, in registers."""
    turned, below = 0, 0.0
    for t in range(len(scales)):
        A = matrices[t if len(matrices) > 1 else 0]
        if t == 0:
            a = A[0, 0] * frame[0, 0] + A[0, 1] * frame[1, 0]
            b = A[0, 0] * frame[0, 1] + A[0, 1] * frame[1, 1]
            c = A[1, 0] * frame[0, 0] + A[1, 1] * frame[1, 0]
            d = A[1, 0] * frame[0, 1] + A[1, 1] * frame[1, 1]
        else:
            # F has the rows (1, 0) and (below, 1), in turned order or not.
            one, other = turned, 1 - turned
            a, b = A[0, one] + below * A[0, other], A[0, other]
            c, d = A[1, one] + below * A[1, other], A[1, other]
        a, b = scales[t, 0] * a, scales[t, 0] * b
        c, d = scales[t, 1] * c, scales[t, 1] * d
        turned = 1 if abs(c) > abs(a) else 0
        if turned:
            a, b, c, d = c, d, a, b
        below = c / a if a != 0.0 else c
        diagonal[t, 0], diagonal[t, 1] = a, d - below * b
        rows[t, 0], rows[t, 1] = turned, 1 - turned
    frame[turned, 0], frame[turned, 1] = 1.0, 0.0
    frame[1 - turned, 0], frame[1 - turned, 1] = below, 1.0
