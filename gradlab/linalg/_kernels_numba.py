"""The triangularising sweep as a compiled loop, with LAPACK's pivots but for ties.

The recursion is that of `gradlab.linalg._sweep.sweep`, so the results agree to
rounding; this module is loaded only through `gradlab.linalg._engines`.  Compiling takes
some twenty seconds once, and is kept on disk; complex factors go to LAPACK.  Compiled
lines are invisible to coverage; the tests of the engines run them all.
"""

import numba
import numpy as np

from gradlab.linalg._factors import Steps
from gradlab.linalg._kernels_blas import (
    COMPILED,
    Blas,
    add_product,
    blas,
    times_unit_lower,
    upper_times,
)
from gradlab.linalg._kernels_in_place import in_place_loop
from gradlab.linalg._kernels_lu import factorise, padded
from gradlab.linalg._kernels_small import pair_loop, small_loop
from gradlab.linalg._sweep import sweep as sweep_by_lapack
from gradlab.typing import Array, Matrix

__all__ = ["sweep"]

_SMALL = 4  # the size up to which plain loops beat registers
_MIDDLE = 120  # the size up to which registers beat BLAS


def sweep(
    steps: Steps, frame: Matrix, growth: Matrix | None
) -> tuple[Matrix, Matrix | None, Array, Array]:
    """Carry `frame` through a stack of factors; see `gradlab.linalg._sweep.sweep`."""
    if np.iscomplexobj(steps.matrices):
        return sweep_by_lapack(steps, frame, growth)
    (n, r), count = frame.shape, len(steps)
    tracked = growth is not None
    triangle = np.array(growth if tracked else np.eye(0), float, order="C")
    columns = np.array(frame, float, order="C")
    scales = np.ones((count, n)) if steps.scales is None else steps.scales
    diagonal, rows = np.empty((count, r)), np.empty((count, r), np.intp)
    given = (steps.matrices, np.ascontiguousarray(scales), columns, triangle, tracked)
    if n == r == 2 and not tracked:
        pair_loop(*given[:3], diagonal, rows)
    elif n <= _SMALL:
        small_loop(*given, diagonal, rows)
    elif n <= _MIDDLE:
        in_place_loop(blas(), *given, diagonal, rows)
    else:
        space = np.zeros((2, *padded(n)))
        _loop(blas(), *given, diagonal, rows, space, space.view(np.int64))
    return np.asfortranarray(columns), triangle if tracked else None, diagonal, rows


@numba.njit(**COMPILED)
def _loop(
    use: Blas,
    matrices: Array,
    scales: Array,
    frame: Matrix,
    growth: Matrix,
    tracked: bool,
    diagonal: Array,
    rows: Array,
    space: Array,
    bits: Array,
) -> None:  # pragma: no cover
    """Change `frame` and `growth` in place; fill `diagonal` and `rows`.

    The factored matrices take turns in the two halves of `space`.
    """
    n, r = frame.shape
    columns = -(-r // 4) * 4
    swaps, order = np.empty(space.shape[1], np.int64), np.arange(n)
    for t in range(len(scales)):
        here = t % 2
        matrix = matrices[t if len(matrices) > 1 else 0]
        if t == 0:
            _take_columns(matrix, scales[t], order, space[1])
            add_product(use, 1.0, space[1, :n, :n], frame, 0.0, space[0, :n, :r])
        else:
            _take_columns(matrix, scales[t], order, space[here])
            _times_frame(use, space[here], space[1 - here], n, r)
        space[here, :n, r:columns] = 0.0
        factorise(use, space[here], bits[here], columns, swaps)
        _follow(swaps, order, r)
        for i in range(r):
            diagonal[t, i] = space[here, i, i]
            rows[t, i] = order[i]
        if tracked:
            upper_times(use, space[here], growth)
    _scatter(space[(len(scales) - 1) % 2], order, frame)


@numba.njit(**COMPILED)
def _take_columns(
    matrix: Matrix, scale: Array, order: Array, out: Matrix
) -> None:  # pragma: no cover
    """Set out = diag(scale) A with the columns of A in the given order."""
    n = len(order)
    for i in range(n):
        source, target, d = matrix[i], out[i], scale[i]
        for c in range(n):
            target[c] = d * source[order[c]]


@numba.njit(**COMPILED)
def _times_frame(
    use: Blas, A: Matrix, L: Matrix, n: int, r: int
) -> None:  # pragma: no cover
    """Set the first r columns of A to A L, for the unit lower trapezoid L (n, r)."""
    times_unit_lower(use, A[:n, :r], L)
    if r < n:
        add_product(use, 1.0, A[:n, r:n], L[r:n, :r], 1.0, A[:n, :r])


@numba.njit(**COMPILED)
def _follow(swaps: Array, order: Array, r: int) -> None:  # pragma: no cover
    """Set `order` to the rows that the swaps have brought to each place."""
    for i in range(len(order)):
        order[i] = i
    for k in range(r):
        order[k], order[swaps[k]] = order[swaps[k]], order[k]


@numba.njit(**COMPILED)
def _scatter(L: Matrix, order: Array, frame: Matrix) -> None:  # pragma: no cover
    """Set row order[i] of the frame to row i of the unit lower trapezoid."""
    n, r = frame.shape
    for i in range(n):
        for c in range(r):
            entry = L[i, c] if c < i else 0.0
            frame[order[i], c] = 1.0 if c == i else entry
