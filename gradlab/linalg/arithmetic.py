"""What certified float64 code presumes: |fl(XY) − XY| ≤ γ |X||Y| + k η, and no more.

A product of inner size k may be summed in any order, blocked, with or without fused
multiplication; γ = k u / (1 − k u) and η = 2⁻¹⁰⁷⁴ then bound its error entry by entry.
Kernels that round more (TF32, bfloat16), that mix entries of different size (Strassen),
and processors told to flush subnormal numbers to zero break this; `fault` finds them.
"""

import functools
import itertools
import math
import operator
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ParamSpec, TypeVar, final

import numpy as np
from scipy.linalg import lapack

from gradlab.typing import Array, Matrix

__all__ = ["ETA", "FLOAT64", "UNIT", "Arithmetic", "fault", "quietly"]

UNIT = 2.0**-53
"""The unit roundoff u of float64: |fl(x) − x| ≤ u |x| where nothing underflows."""

ETA = 2.0**-1074
"""The smallest positive float64."""

_QUIET = ContextVar("quiet", default=False)
P = ParamSpec("P")
R = TypeVar("R")

_SHAPES = ((1, 1, 1), (2, 3, 2), (5, 4, 7), (8, 8, 8), (33, 65, 17), (130, 128, 131))
_SMALL, _SCALES = (ETA, 2.0**-1022), (1.0, 0.5)
# 1 + u is a tie and goes to 1; whatever is above it goes up, on both sides of 0.
_ONES = (1.0, 1.0, -1.0, -1.0)
_ADDED = (UNIT, UNIT * (1 + 2 * UNIT), -UNIT, -UNIT * (1 + 2 * UNIT))
_SUMS = (1.0, 1 + 2 * UNIT, -1.0, -1 - 2 * UNIT)
_TRIALS = ((3, 0), (22, 200))  # bits of the whole numbers, largest power of two


def quietly(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function whose infinities and NaNs raise no warning: callers see them.

    Inside another such function nothing is set again, which would take twice the time
    of an operation on a small matrix.
    """

    @functools.wraps(function)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> R:
        if _QUIET.get():
            return function(*args, **kwargs)
        before = _QUIET.set(True)
        try:
            with np.errstate(all="ignore"):
                return function(*args, **kwargs)
        finally:
            _QUIET.reset(before)

    return quiet


def _matmul(X: Array, Y: Array) -> Array:
    return np.matmul(X, Y)


def _total(X: Array) -> Array:
    return X.sum(axis=-1)


def _squared_norm(X: Array) -> float:
    return float(np.vdot(X, X).real)


def _eigh(A: Array) -> Array:
    if A.ndim == 2:  # by itself a small matrix takes half the time that it takes NumPy
        solve = lapack.zheevd if np.iscomplexobj(A) else lapack.dsyevd
        _, V, failed = solve(A)
        return np.eye(len(A), dtype=A.dtype) if failed else V
    try:
        return np.linalg.eigh(A)[1]
    except np.linalg.LinAlgError:  # any basis will do, above and below
        return np.broadcast_to(np.eye(A.shape[-1]), A.shape)


def _svd(A: Array) -> tuple[Array, Array, Array]:
    try:
        return np.linalg.svd(A, full_matrices=False)
    except np.linalg.LinAlgError:
        *lead, m, n = A.shape
        k = min(m, n)
        U, Vh = np.eye(m, k), np.eye(k, n)
        return (
            np.broadcast_to(U, (*lead, m, k)),
            np.zeros((*lead, k)),
            np.broadcast_to(Vh, (*lead, k, n)),
        )


def _eig(A: Array) -> tuple[Array, Array]:
    try:
        values, vectors = np.linalg.eig(A)
    except np.linalg.LinAlgError:
        return np.diag(A), np.eye(len(A))
    return values, vectors


def _pinv(A: Array) -> Array:
    try:
        return np.linalg.pinv(A)
    except np.linalg.LinAlgError:
        return np.zeros_like(np.swapaxes(A, -1, -2))


@final
@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Products, sums and factorisations, with the unit roundoff that is presumed.

    What is proved presumes only that products and sums err by no more than `unit`
    allows: nothing that the factorisations return is trusted.  Tests put adversaries in
    the places of all of them.

    Attributes
    ----------
    matmul : callable
        X Y over leading axes.
    total : callable
        Sums over the last axis.
    squared_norm : callable
        Σ|x|² over all entries, in any order; no warning where it overflows.
    eigh, svd, eig, pinv : callable
        Eigenvectors of symmetric or Hermitian matrices, real for real ones; U, s and
        Vᴴ, thin; eigenvalues and eigenvectors; a pseudo-inverse.
    unit : float
        The unit roundoff of `matmul`, `total` and `squared_norm`.
    """

    matmul: Callable[[Array, Array], Array] = _matmul
    total: Callable[[Array], Array] = _total
    squared_norm: Callable[[Array], float] = _squared_norm
    eigh: Callable[[Array], Array] = _eigh
    svd: Callable[[Array], tuple[Array, Array, Array]] = _svd
    eig: Callable[[Array], tuple[Array, Array]] = _eig
    pinv: Callable[[Array], Array] = _pinv
    unit: float = UNIT


FLOAT64 = Arithmetic()
"""NumPy's own products and factorisations."""


def fault(arithmetic: Arithmetic = FLOAT64) -> str:
    """Return what is wrong with the arithmetic of this process, "" if nothing is found.

    Subnormal numbers and the rounding mode are looked at every time, because a library
    loaded meanwhile may have changed them; products once for each `arithmetic`.

    Returns
    -------
    str
        Why nothing may be certified, as the end of a sentence.

    Notes
    -----
    Products are tried on whole numbers whose exact product is a float64 in every order
    of summation, with rows and columns scaled by powers of two from 2⁻²⁰⁰ to 2²⁰⁰: a
    kernel that keeps to the bound returns the exact product, which integers tell.

    Examples
    --------
    >>> fault()
    ''
    """
    return _flushing() or _misrounding() or _fault_of_products(arithmetic)


def _flushing() -> str:
    # 2⁻¹⁰⁷⁴ itself, and 2⁻¹⁰²³ made of a normal number.
    kept = all(map(operator.mul, _SMALL, _SCALES))
    return "" if kept else "subnormal numbers are flushed to zero"


def _misrounding() -> str:
    right = (*map(operator.add, _ONES, _ADDED),) == _SUMS
    return "" if right else "float64 does not round to nearest"


@functools.cache
def _fault_of_products(arithmetic: Arithmetic) -> str:
    rng = np.random.default_rng(0)
    for (m, k, n), (bits, spread) in itertools.product(_SHAPES, _TRIALS):
        X, Y, Z, W = (
            rng.integers(-(2**bits), 2**bits, size=size)
            for size in ((m, k), (k, n), (k, n), (m, k))
        )
        if not _is_product(arithmetic, X, Y, *_scales(rng, spread, m, n)):
            return f"a product of {m} × {k} and {k} × {n} is wrong"
        # NumPy takes another kernel for X Xᵀ.
        rows, _ = _scales(rng, spread, m, m)
        if not _is_product(arithmetic, X, X.T, rows, rows.T, by_itself=True):
            return f"the product of {m} × {k} by its transpose is wrong"
        if not (
            _is_complex_product(arithmetic, X, W, Y, Z, 0)
            and _is_complex_product(arithmetic, X, 0 * W, Y, Z, spread)
            and _is_complex_product(arithmetic, 0 * X, W, Y, Z, spread)
        ):
            return f"a complex product of {m} × {k} and {k} × {n} is wrong"
        if not _is_squared_norm(arithmetic, X[0], spread):
            return f"a sum of {k} squares is wrong"
    tiny = arithmetic.matmul(np.full((1, 2), ETA), np.array([[1.0], [2.0]]))
    return "" if tiny[0, 0] == 3 * ETA else "products flush subnormal numbers to zero"


def _scales(
    rng: np.random.Generator, spread: int, m: int, n: int
) -> tuple[Array, Array]:
    rows, columns = rng.integers(-spread, spread + 1, size=(2, max(m, n)))
    return rows[:m, None], columns[None, :n]


def _is_product(
    arithmetic: Arithmetic,
    X: Matrix,
    Y: Matrix,
    rows: Array,
    columns: Array,
    *,
    by_itself: bool = False,
) -> bool:
    """Whether diag(2^rows) X Y diag(2^columns) comes out exactly, X and Y whole."""
    left = np.ldexp(X.astype(float), rows)
    right = left.T if by_itself else np.ldexp(Y.astype(float), columns)
    product = np.ldexp(arithmetic.matmul(left, right), -rows - columns)
    return bool((product == X @ Y).all())


def _is_complex_product(
    arithmetic: Arithmetic, X: Matrix, W: Matrix, Y: Matrix, Z: Matrix, spread: int
) -> bool:
    """Whether (X + W i)(Y + 2^-spread Z i) comes out exactly; some is 0 if spread > 0.

    Three real products in the place of four add parts of different size.
    """
    product = arithmetic.matmul(X + 1j * W, Y + 1j * np.ldexp(Z.astype(float), -spread))
    real = X @ Y - np.ldexp((W @ Z).astype(float), -spread)
    imaginary = np.ldexp((X @ Z).astype(float), -spread) + W @ Y
    return bool((product.real == real).all() and (product.imag == imaginary).all())


def _is_squared_norm(arithmetic: Arithmetic, x: Array, spread: int) -> bool:
    """Whether Σ|x|² comes out exactly, and that of x + 2x i, for whole numbers x."""
    moved, exact = np.ldexp(x.astype(float), spread), int(x @ x)
    return all(
        arithmetic.squared_norm(factor * moved) == math.ldexp(times * exact, 2 * spread)
        for factor, times in ((1, 1), (1 + 2j, 5))
    )
