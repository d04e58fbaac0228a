"""The triangularising sweep as a compiled loop: for small n no call costs anything.

The same recursion with the same pivots as `gradlab.linalg._sweep.sweep`, so the results
agree to rounding; loaded only through `gradlab.linalg._engines`.  Compiling takes some
five seconds once, and is kept on disk; complex factors go to LAPACK.  Compiled lines
are invisible to coverage; the tests of the engines run them all.
"""

import numba
import numpy as np

from gradlab.linalg._sweep import sweep as sweep_by_lapack
from gradlab.typing import Array, Matrix

__all__ = ["sweep"]


def sweep(
    transposed: Array, frame: Matrix, growth: Matrix | None
) -> tuple[Matrix, Matrix | None, Array, Array]:
    """Carry `frame` through a stack of factors; see `gradlab.linalg._sweep.sweep`."""
    if np.iscomplexobj(transposed):
        return sweep_by_lapack(transposed, frame, growth)
    steps, r = len(transposed), frame.shape[1]
    tracked = growth is not None
    triangle = np.array(growth if tracked else np.eye(0), transposed.dtype, order="C")
    columns = np.array(frame, transposed.dtype, order="C")
    diagonal = np.empty((steps, r), transposed.dtype)
    rows = np.empty((steps, r), np.intp)
    _loop(transposed, columns, triangle, tracked, diagonal, rows)
    return np.asfortranarray(columns), triangle if tracked else None, diagonal, rows


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _loop(
    transposed: Array,
    frame: Matrix,
    growth: Matrix,
    tracked: bool,
    diagonal: Array,
    rows: Array,
) -> None:  # pragma: no cover
    n, r = frame.shape
    moved = np.empty_like(frame)
    order = np.empty(n, np.intp)
    for t in range(len(transposed)):
        _multiply(transposed[t], frame, moved)
        _eliminate(moved, order)
        for i in range(r):
            diagonal[t, i] = moved[i, i]
            rows[t, i] = order[i]
        if tracked:
            _multiply_upper(moved, growth)
        for i in range(n):
            for c in range(min(i, r)):
                frame[order[i], c] = moved[i, c]
            if i < r:
                frame[order[i], i] = 1.0
            for c in range(i + 1, r):
                frame[order[i], c] = 0.0


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _multiply(
    transposed: Matrix, frame: Matrix, moved: Matrix
) -> None:  # pragma: no cover
    """Set moved = J frame."""
    n, r = frame.shape
    moved[:] = 0.0
    for i in range(n):
        for j in range(n):
            entry = transposed[j, i]
            for c in range(r):
                moved[i, c] += entry * frame[j, c]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _eliminate(moved: Matrix, order: Array) -> None:  # pragma: no cover
    """Factor rows `order` of `moved` as L U in place, with partial pivoting."""
    n, r = moved.shape
    order[:] = np.arange(n)
    for c in range(r):
        _bring_up(moved, order, c)
        if moved[c, c] == 0.0:
            continue
        for i in range(c + 1, n):
            moved[i, c] /= moved[c, c]
            multiplier = moved[i, c]
            for j in range(c + 1, r):
                moved[i, j] -= multiplier * moved[c, j]


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
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


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _multiply_upper(upper: Matrix, growth: Matrix) -> None:  # pragma: no cover
    """Set growth = U growth, both upper triangular; row i needs only rows below it."""
    r = len(growth)
    for i in range(r):
        for j in range(r - 1, i - 1, -1):
            total = upper[i, i] * growth[i, j]
            for m in range(i + 1, j + 1):
                total += upper[i, m] * growth[m, j]
            growth[i, j] = total
