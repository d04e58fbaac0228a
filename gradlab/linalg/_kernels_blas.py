"""BLAS for compiled loops: SciPy's own routines, called by their addresses.

Matrices here are stored by rows, and BLAS reads them by columns: what it sees is the
transpose.  So C = A B is asked for as Cᵀ = Bᵀ Aᵀ, with left and right, and lower and
upper, exchanged.  Compiled lines are invisible to coverage.
"""

import functools
from typing import Any, NamedTuple

import llvmlite.ir
import numba
import numpy as np
from numba.extending import get_cython_function_address, intrinsic

from gradlab.typing import Array, Matrix

__all__ = [
    "COMPILED",
    "Blas",
    "add_product",
    "blas",
    "times_unit_lower",
    "upper_times",
]

# Sums in another order are as accurate; no pivot is a NaN, for none enters a sweep.
COMPILED: Any = {
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz", "nnan"},
}


class Blas(NamedTuple):
    """Addresses of routines, and room for what they want by reference."""

    gemm: int
    trmm: int
    sizes: Array
    factors: Array
    letters: Array


def blas() -> Blas:
    """Return the routines of the BLAS that SciPy was built with."""
    letters = np.frombuffer(b"NLUR", np.int8).copy()
    gemm, trmm = _address("dgemm"), _address("dtrmm")
    return Blas(gemm, trmm, np.zeros(6, np.int32), np.zeros(2), letters)


@functools.cache
def _address(name: str) -> int:
    return get_cython_function_address("scipy.linalg.cython_blas", name)


@intrinsic
def _call(_: Any, address: Any, pointers: Any) -> Any:
    """Call the function at an address with pointers, both given as integers."""
    signature = numba.types.void(address, pointers)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        where, packed = values
        pointer = llvmlite.ir.IntType(8).as_pointer()
        count = signature.args[1].count
        kind = llvmlite.ir.FunctionType(llvmlite.ir.VoidType(), [pointer] * count)
        function = builder.inttoptr(where, kind.as_pointer())
        given = [builder.extract_value(packed, i) for i in range(count)]
        builder.call(function, [builder.inttoptr(g, pointer) for g in given])
        return context.get_dummy_value()

    return signature, generate


@numba.njit(**COMPILED)
def add_product(
    use: Blas, alpha: float, A: Matrix, B: Matrix, beta: float, C: Matrix
) -> None:  # pragma: no cover
    """Set C = alpha A B + beta C, whose rows lie in one piece each."""
    sizes, factors = use.sizes, use.factors
    sizes[0], sizes[1], sizes[2] = B.shape[1], A.shape[0], A.shape[1]
    sizes[3], sizes[4], sizes[5] = _rows_apart(A), _rows_apart(B), _rows_apart(C)
    factors[0], factors[1] = alpha, beta
    s, f, no = sizes.ctypes.data, factors.ctypes.data, use.letters.ctypes.data
    a, b, c = A.ctypes.data, B.ctypes.data, C.ctypes.data
    _call(
        use.gemm,
        (no, no, s, s + 4, s + 8, f, b, s + 16, a, s + 12, f + 8, c, s + 20),
    )


@numba.njit(**COMPILED)
def times_unit_lower(use: Blas, A: Matrix, L: Matrix) -> None:  # pragma: no cover
    """Set A = A L, for the unit lower triangle that is stored in L (r, r)."""
    letters = use.letters.ctypes.data
    upper, unit = letters + 2, letters + 2
    _multiply_triangle(use, letters + 1, upper, unit, L, A)


@numba.njit(**COMPILED)
def upper_times(use: Blas, U: Matrix, G: Matrix) -> None:  # pragma: no cover
    """Set G = U G, for the upper triangle that is stored in U (r, r)."""
    letters = use.letters.ctypes.data
    lower, general = letters + 1, letters
    _multiply_triangle(use, letters + 3, lower, general, U, G)


@numba.njit(**COMPILED)
def _multiply_triangle(
    use: Blas, side: int, half: int, diagonal: int, triangle: Matrix, A: Matrix
) -> None:  # pragma: no cover
    sizes, factors, no = use.sizes, use.factors, use.letters.ctypes.data
    sizes[0], sizes[1] = A.shape[1], A.shape[0]
    sizes[2], sizes[3] = _rows_apart(triangle), _rows_apart(A)
    factors[0] = 1.0
    s, f = sizes.ctypes.data, factors.ctypes.data
    t, a = triangle.ctypes.data, A.ctypes.data
    _call(use.trmm, (side, half, no, diagonal, s, s + 4, f, t, s + 8, a, s + 12))


@numba.njit(**COMPILED)
def _rows_apart(matrix: Matrix) -> int:  # pragma: no cover
    return matrix.strides[0] // matrix.itemsize
