"""LU with partial pivoting of a matrix that is stored by rows, as compiled loops.

Columns are taken in blocks, and in panels of four within a block: a row of a panel is
one vector register, an exchange of rows moves memory in one piece, and what lies to the
right and below is brought up to date by products, large ones by BLAS.  Up to n = 500
this takes half to two thirds of the time of LAPACK's getrf.  Compiled lines are
invisible to coverage.
"""

import numba
import numpy as np

from gradlab.linalg._kernels_blas import COMPILED, Blas, add_product
from gradlab.typing import Array, Matrix

__all__ = ["factorise", "padded"]

_BLOCK = 32  # columns, a multiple of 8
_SIGN = np.int64(2**63 - 1)  # the other bits of a float are ordered as its magnitude


def padded(n: int) -> tuple[int, int]:
    """Return the rows and columns of the zeros in which an (n, n) matrix is kept.

    Whole panels, and rows an odd number of cache lines apart: at an even one they would
    drive each other out of the cache.
    """
    rows = -(-n // 4) * 4
    return rows, 8 * (-(-rows // 8) | 1)


@numba.njit(**COMPILED)
def factorise(
    use: Blas, M: Matrix, bits: Array, columns: int, swaps: Array
) -> None:  # pragma: no cover
    """Factor the first `columns` columns of M in place, a multiple of four.

    ``bits`` is M seen as integers.  Row k was exchanged with row ``swaps[k]`` >= k.
    """
    for start in range(0, columns, _BLOCK):
        end = min(start + _BLOCK, columns)
        for k in range(start, end, 8):
            _factorise_panel(M, bits, k, columns, swaps)
            if k + 4 < end:
                _solve(M, k, k + 4, k + 8)
                _subtract_panel(M, k)
                _factorise_panel(M, bits, k + 4, columns, swaps)
            # As recursion would: after 1, 2, 3, 4, … pairs of panels the 1, 2, 1, 4, …
            # pairs that follow are brought up to date with as many before them.
            q = k + 8
            reach = 8 * ((q - start) // 8 & (start - q) // 8)
            if q < end:
                _update(use, M, q - reach, q, min(q + reach, end))
        if end < columns:
            _update(use, M, start, end, columns)


@numba.njit(**COMPILED)
def _factorise_panel(
    M: Matrix, bits: Array, k: int, columns: int, swaps: Array
) -> None:  # pragma: no cover
    """Eliminate below columns k … k + 3, within them."""
    row = _largest(bits, k)
    for c in range(k, k + 4):
        swaps[c] = row
        if row != c:
            _exchange(M[c, :columns], M[row, :columns])
        row = _eliminate(M, bits, c, k + 3 - c)


@numba.njit(**COMPILED)
def _largest(bits: Array, k: int) -> int:  # pragma: no cover
    """Return the first row from k on with the largest entry of column k."""
    best, row = np.int64(-1), k
    for i in range(k, len(bits)):
        size = bits[i, k] & _SIGN
        row = i if size > best else row
        best = max(size, best)
    return row


@numba.njit(**COMPILED)
def _exchange(x: Array, y: Array) -> None:  # pragma: no cover
    for j in range(len(x)):
        x[j], y[j] = y[j], x[j]


@numba.njit(**COMPILED)
def _eliminate(M: Matrix, bits: Array, c: int, left: int) -> int:  # pragma: no cover
    """Eliminate column c from the `left` next ones; return the next pivot's row."""
    pivot = M[c, c]
    inverse = 1.0 / pivot if pivot != 0.0 else 0.0
    u = M[c, c + 1] if left > 0 else 0.0
    v = M[c, c + 2] if left > 1 else 0.0
    w = M[c, c + 3] if left > 2 else 0.0
    best, row = np.int64(-1), c + 1
    for i in range(c + 1, len(M)):
        multiplier = M[i, c] * inverse
        M[i, c] = multiplier
        if left > 1:
            M[i, c + 2] -= multiplier * v
        if left > 2:
            M[i, c + 3] -= multiplier * w
        if left > 0:
            M[i, c + 1] -= multiplier * u
            size = bits[i, c + 1] & _SIGN
            row = i if size > best else row
            best = max(size, best)
    return row


@numba.njit(**COMPILED)
def _update(
    use: Blas, M: Matrix, start: int, q: int, end: int
) -> None:  # pragma: no cover
    """Bring columns q … end up to date with the factored columns start … q."""
    for k in range(start, q, 8):
        _solve(M, k, q, end)
        _subtract(M, k, q, end)
        _solve(M, k + 4, q, end)
        if k + 8 < q:
            _subtract_product(use, M, k, k + 8, q, q, end)
    if q < len(M):
        _subtract_product(use, M, start, q, len(M), q, end)


@numba.njit(**COMPILED)
def _subtract_product(
    use: Blas, M: Matrix, low: int, high: int, bottom: int, left: int, right: int
) -> None:  # pragma: no cover
    """Subtract L U of columns low … high of L in rows high … bottom."""
    L, U = M[high:bottom, low:high], M[low:high, left:right]
    add_product(use, -1.0, L, U, 1.0, M[high:bottom, left:right])


@numba.njit(**COMPILED)
def _solve(M: Matrix, k: int, left: int, right: int) -> None:  # pragma: no cover
    """Apply the inverse of the unit lower triangle of rows k … k + 3 to those rows."""
    w, x = M[k, left:right], M[k + 1, left:right]
    y, z = M[k + 2, left:right], M[k + 3, left:right]
    a = M[k + 1, k]
    b, c = M[k + 2, k], M[k + 2, k + 1]
    d, e, f = M[k + 3, k], M[k + 3, k + 1], M[k + 3, k + 2]
    for j in range(len(w)):
        first = w[j]
        second = x[j] - a * first
        third = y[j] - b * first - c * second
        x[j], y[j] = second, third
        z[j] -= d * first + e * second + f * third


@numba.njit(**COMPILED)
def _subtract(M: Matrix, k: int, left: int, right: int) -> None:  # pragma: no cover
    """Subtract from rows k + 4 … k + 7 what columns k … k + 3 contribute."""
    w, x = M[k, left:right], M[k + 1, left:right]
    y, z = M[k + 2, left:right], M[k + 3, left:right]
    for i in range(k + 4, k + 8):
        row = M[i, left:right]
        a, b, c, d = M[i, k], M[i, k + 1], M[i, k + 2], M[i, k + 3]
        for j in range(len(row)):
            row[j] -= (a * w[j] + b * x[j]) + (c * y[j] + d * z[j])


@numba.njit(**COMPILED)
def _subtract_panel(M: Matrix, k: int) -> None:  # pragma: no cover
    """Subtract what columns k … k + 3 contribute to the next four, in rows below."""
    q = k + 4
    w0, w1, w2, w3 = M[k, q], M[k, q + 1], M[k, q + 2], M[k, q + 3]
    x0, x1, x2, x3 = M[k + 1, q], M[k + 1, q + 1], M[k + 1, q + 2], M[k + 1, q + 3]
    y0, y1, y2, y3 = M[k + 2, q], M[k + 2, q + 1], M[k + 2, q + 2], M[k + 2, q + 3]
    z0, z1, z2, z3 = M[k + 3, q], M[k + 3, q + 1], M[k + 3, q + 2], M[k + 3, q + 3]
    for i in range(q, len(M)):
        a, b, c, d = M[i, k], M[i, k + 1], M[i, k + 2], M[i, k + 3]
        M[i, q] -= (a * w0 + b * x0) + (c * y0 + d * z0)
        M[i, q + 1] -= (a * w1 + b * x1) + (c * y1 + d * z1)
        M[i, q + 2] -= (a * w2 + b * x2) + (c * y2 + d * z2)
        M[i, q + 3] -= (a * w3 + b * x3) + (c * y3 + d * z3)
