"""Triangularising sweep: J_t F_{t-1} = F_t U_t with F_t a row-permuted unit lower L.

Partial pivoting keeps every |F| <= 1 and the frame far from dependent, and the leading
columns of F_t span what those of an orthonormal frame would: log|diag U| plus one
QR of the last frame gives exactly the diagonal of the QR recursion, at a third of its
cost, and rows of very different size do not spoil each other.
"""

from typing import Any

import numpy as np
from scipy.linalg.blas import dgemm, dtrmm, zgemm, ztrmm
from scipy.linalg.lapack import dgetrf, dlaswp, zgetrf

from gradlab.linalg._factors import Steps
from gradlab.typing import Array, Matrix

__all__ = ["sweep"]


def sweep(
    steps: Steps, frame: Matrix, growth: Matrix | None
) -> tuple[Matrix, Matrix | None, Array, Array]:
    """Carry `frame` through a stack of factors, one LU per step.

    Parameters
    ----------
    steps : Steps
        k factors of size n, k >= 1.
    frame : (n, r) ndarray
        The frame F_0, of any kind.
    growth : (r, r) ndarray or None
        Upper triangular B_0, or None if the product of the U_t is not needed.

    Returns
    -------
    frame : (n, r) ndarray
        F_k, Fortran-contiguous.
    growth : (r, r) ndarray or None
        U_k … U_1 B_0.
    diagonal : (k, r) ndarray
        diag U_t.
    rows : (k, r) ndarray of int
        The row of J_t F_{t-1} that became pivot i at step t.
    """
    n, r = frame.shape
    dtype = steps.matrices.dtype
    gemm, trmm, getrf = _ROUTINES[dtype.char]
    diagonal = np.empty((len(steps), r), dtype)
    rows = np.empty((len(steps), r), np.intp)
    places = np.arange(n, dtype=float).reshape((n, 1), order="F")
    below, unit = _lower_masks(n, r)
    square = r == n
    # LAPACK wants columns side by side: A transposed, in rows.
    transposed = np.ascontiguousarray(steps.matrices.transpose(0, 2, 1))
    last = len(steps) - 1
    moved = gemm(1.0, _columns(transposed, steps.scales, 0, None), frame)
    for t in range(last + 1):
        packed, swaps, _ = getrf(moved, overwrite_a=1)
        # Swapping the numbers 0 … n-1 turns LAPACK's row swaps into a permutation.
        order = dlaswp(places, swaps)[:, 0].astype(np.intp)
        diagonal[t] = packed.diagonal()
        rows[t] = order[:r]
        if growth is not None:
            growth = trmm(1.0, packed[:r], growth, 0, 0, 0, 0, 1)
        if t < last:
            columns = _columns(transposed, steps.scales, t + 1, order)
            moved = (
                trmm(1.0, packed, columns, 1, 1, 0, 1, 1)
                if square
                else gemm(1.0, columns, packed * below + unit)
            )
    frame = np.empty_like(packed)
    frame[order] = packed * below + unit
    return frame, growth, diagonal, rows


def _columns(
    transposed: Array, scales: Array | None, t: int, order: Array | None
) -> Matrix:
    """Return J_t with its columns in the given order, Fortran-contiguous."""
    rows = transposed[t if scales is None else 0]
    rows = rows.copy() if order is None else rows.take(order, 0)
    if scales is not None:
        rows *= scales[t]
    return rows.T


_ROUTINES: dict[str, tuple[Any, Any, Any]] = {
    "d": (dgemm, dtrmm, dgetrf),
    "D": (zgemm, ztrmm, zgetrf),
}


def _lower_masks(n: int, r: int) -> tuple[Matrix, Matrix]:
    below = np.asfortranarray(np.tri(n, r, -1))
    return below, np.asfortranarray(np.eye(n, r))
