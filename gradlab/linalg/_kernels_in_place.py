"""The triangularising sweep for some ten to a hundred rows, none of which ever moves.

The frame and J F are kept transposed, so that eight rows of a column are one register.
A row that has been a pivot is marked as gone and holds zeros from then on: what the
columns over their pivots leave in place is the next frame, P L itself.  Compiled lines
are invisible to coverage; the tests of the engines run them all.
"""

import numba
import numpy as np

from gradlab.linalg._kernels_blas import COMPILED, Blas, upper_times
from gradlab.linalg._kernels_registers import (
    LANES,
    add_up,
    eliminate,
    largest,
    subtract,
)
from gradlab.typing import Array, Matrix, Vector

__all__ = ["in_place_loop"]


@numba.njit(**COMPILED)
def in_place_loop(
    use: Blas,
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
    lanes, columns = -(-n // LANES) * LANES, -(-r // 4) * 4
    apart = LANES * (lanes // LANES | 1)  # odd: see `gradlab.linalg._kernels_lu.padded`
    A, d = np.zeros((n, apart)), np.zeros(lanes)
    # One more row of M and column of U, which take what is to be forgotten.
    F, M = np.zeros((columns, apart)), np.zeros((columns + 1, apart))
    U, order = np.zeros((columns, columns + 1)), np.arange(n)
    gone = np.full(lanes, -1)
    F[:r, :n] = frame.T
    for t in range(len(scales)):
        if t < len(matrices):
            A[:, :n] = matrices[t].T
        d[:n] = scales[t]
        _move(A, d, F, order, t > 0, M)
        gone[:n] = 0
        _factorise(M, F, U, gone, r, order)
        for i in range(r):
            diagonal[t, i] = U[i, i]
            rows[t, i] = order[i]
        _list_others(gone, order, r)
        if tracked:
            upper_times(use, U, growth)
    frame[:] = F[:r, :n].T


@numba.njit(**COMPILED)
def _move(
    A: Matrix, d: Vector, F: Matrix, order: Array, lower: bool, M: Matrix
) -> None:  # pragma: no cover
    """Set M = F A diag(d), all transposed; a `lower` F has 0 in rows before a pivot."""
    for i in range(0, len(d), LANES):
        block = A.ctypes.data + i * A.itemsize, A.strides[0]
        scale = d.ctypes.data + i * d.itemsize
        for j in range(0, len(F), 4):
            first = j if lower else 0
            add_up(
                _rows(F, j, 0),
                order.ctypes.data + first * order.itemsize,
                block,
                len(order) - first,
                scale,
                _rows(M, j, i),
            )


@numba.njit(**COMPILED)
def _factorise(
    M: Matrix, F: Matrix, U: Matrix, gone: Array, r: int, order: Array
) -> None:  # pragma: no cover
    """Turn r columns into those of P L, U with M F = P L U, and the rows of pivots."""
    for k in range(0, r, 4):
        _factorise_panel(M, F, U, gone, k, min(k + 4, r), order)
        for j in range(k + 4, r, 4):
            _solve(M, F, U, order, k, j)
            a, b = _down(U, k, j), _down(U, k, j + 1)
            c, d = _down(U, k, j + 2), _down(U, k, j + 3)
            subtract(
                _rows(M, j, 0),
                _rows(F, k, 0),
                (a, b, c, d),
                gone.ctypes.data,
                len(gone) // LANES,
            )


@numba.njit(**COMPILED)
def _factorise_panel(
    M: Matrix, F: Matrix, U: Matrix, gone: Array, k: int, end: int, order: Array
) -> None:  # pragma: no cover
    """Eliminate columns k … end − 1 from those of them that follow."""
    blocks, marks, waste = len(gone) // LANES, gone.ctypes.data, len(M) - 1
    row = largest(_row(M, k), marks, blocks)
    for c in range(k, end):
        x, y, z = c + 1, c + 2, c + 3
        x, y, z = (
            x if x < end else waste,
            y if y < end else waste,
            z if z < end else waste,
        )
        pivot, U_x, U_y, U_z = M[c, row], M[x, row], M[y, row], M[z, row]
        U[c, c], U[c, x], U[c, y], U[c, z] = pivot, U_x, U_y, U_z
        order[c] = row
        row = eliminate(
            _row(M, c),
            row,
            1.0 / pivot if pivot != 0.0 else 0.0,
            _row(F, c),
            marks,
            (_row(M, x), _row(M, y), _row(M, z)),
            (U_x, U_y, U_z),
            blocks,
        )


@numba.njit(**COMPILED)
def _solve(
    M: Matrix, F: Matrix, U: Matrix, order: Array, k: int, j: int
) -> None:  # pragma: no cover
    """Set rows k … k + 3 of U in columns j … j + 3."""
    p, q, r, s = order[k], order[k + 1], order[k + 2], order[k + 3]
    a = F[k, q]
    b, c = F[k, r], F[k + 1, r]
    d, e, f = F[k, s], F[k + 1, s], F[k + 2, s]
    for i in range(j, j + 4):
        w = M[i, p]
        x = M[i, q] - a * w
        y = M[i, r] - b * w - c * x
        U[k, i], U[k + 1, i], U[k + 2, i] = w, x, y
        U[k + 3, i] = M[i, s] - d * w - e * x - f * y


@numba.njit(**COMPILED)
def _list_others(gone: Array, order: Array, r: int) -> None:  # pragma: no cover
    """Let the rows that were no pivots follow the r that were."""
    if r < len(order):
        for i in range(len(order)):
            if not gone[i]:
                order[r] = i
                r += 1


@numba.njit(**COMPILED)
def _down(U: Matrix, k: int, j: int) -> tuple[float, ...]:  # pragma: no cover
    return U[k, j], U[k + 1, j], U[k + 2, j], U[k + 3, j]


@numba.njit(**COMPILED)
def _rows(M: Matrix, j: int, i: int) -> tuple[int, ...]:  # pragma: no cover
    """Return where number i is in rows j … j + 3."""
    here, apart = _row(M, j) + i * M.itemsize, M.strides[0]
    return here, here + apart, here + 2 * apart, here + 3 * apart


@numba.njit(**COMPILED)
def _row(M: Matrix, i: int) -> int:  # pragma: no cover
    return M.ctypes.data + i * M.strides[0]
