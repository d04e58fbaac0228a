"""Norms and logarithms rounded outward: ‖A‖₂ ≤ ‖AV‖₂ / σ_min(V) for every V.

V is a computed eigenbasis of AᵀA, so that AV has nearly orthogonal columns and the
right side is nearly equal to the left; no property of V is trusted.  With u = 2⁻⁵³,
a computed product satisfies |fl(XY) − XY| ≤ k u |X||Y| (k the inner size) in any order
of summation and with or without fused multiplication, and a sum of n positive numbers
has a relative error of at most (n − 1) u.
"""

import math
from collections.abc import Iterable

import numpy as np

from gradlab.typing import Array, Matrix

__all__ = [
    "EPSILON",
    "log_norm_above",
    "log_norms_above",
    "product_error",
    "sum_above",
    "times_above",
]

EPSILON = float(np.finfo(float).eps)
"""2⁻⁵², twice the unit roundoff u."""


def log_norm_above(A: Matrix) -> float:
    """Return a number ≥ ln‖A‖₂ in nats, above it by about 4 n² u; −inf for zero.

    Examples
    --------
    >>> A = np.array([[-2.0, -5.0], [-2.0, -2.0]])  # its norm is 6
    >>> float(np.linalg.norm(A, 2)), log_norm_above(A) >= math.log(6)
    (5.999999999999997, True)
    """
    return float(log_norms_above(A[None])[0])


def log_norms_above(matrices: Array) -> Array:
    """Return numbers ≥ ln‖A_t‖₂ for a stack (T, n, m), in nats; −inf for zeros.

    Entries are real and finite; inf is returned if the computed V is not a basis.
    """
    mantissa, exponent = _scaled_norms(matrices)
    shift = exponent * math.log(2)
    logs = np.log(np.where(mantissa > 0, mantissa, 1.0))
    # ln, the constant ln 2, the product and the sum err by at most 4 ulp of each.
    widened = 4 * EPSILON * (np.abs(logs) + np.abs(shift))
    return np.where(mantissa > 0, logs + shift + widened, -np.inf)


def product_error(X: Matrix, Y: Matrix) -> Matrix:
    """Return a matrix that bounds |fl(XY) − XY| entry by entry: 2 k u |X||Y|.

    The factor 2 covers the rounding of this bound itself.
    """
    return X.shape[-1] * EPSILON * (np.abs(X) @ np.abs(Y))


def sum_above(terms: Iterable[float]) -> float:
    """Return a number ≥ the exact sum of the terms; `fsum` rounds once, to nearest."""
    return _next(math.fsum(terms))


def times_above(T: int, term: float) -> float:
    """Return a number ≥ T · term."""
    return _next(T * term)


def _next(x: float) -> float:
    """Return the next float above, but −inf as it is: it stands for an exact zero."""
    return x if x == -math.inf else math.nextafter(x, math.inf)


def _scaled_norms(matrices: Array) -> tuple[Array, Array]:
    """Return m and e with ‖A_t‖₂ ≤ m_t 2^e_t, and m_t = 0 only if A_t = 0."""
    largest = np.abs(matrices).max(axis=(-2, -1), initial=0.0)
    exponent = np.frexp(largest)[1]
    scaled = np.ldexp(matrices, -exponent[:, None, None])
    return np.where(largest > 0, _norms_above(scaled), 0.0), exponent


def _norms_above(A: Array) -> Array:
    """Bound ‖A‖₂ for a stack whose largest entries lie in [1/2, 1), or are 0."""
    k = max(A.shape[-2:])
    ku = k * EPSILON / 2
    V = np.linalg.eigh(_transposed(A) @ A)[1]
    B = A @ V
    # ‖AV‖ ≤ ‖B‖ + k u ‖A‖_F ‖V‖_F and ‖B‖² ≤ ‖BᵀB‖ ≤ ‖fl(BᵀB)‖ + k u ‖B‖_F².
    # The small terms are doubled, which covers their own evaluation, and every
    # product may underflow by 2⁻¹⁰⁷⁴ a term, far below them.
    gram = _spread(_transposed(B) @ B) + 2 * ku * _squared(B)
    image = np.sqrt(gram) + 2 * ku * np.sqrt(_squared(A) * _squared(V))
    # σ_min(V)² ≥ 1 − ‖VᵀV − I‖, again with the error of the product.
    defect = _spread(_transposed(V) @ V - np.eye(V.shape[-1])) + 2 * ku * _squared(V)
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = image / np.sqrt(1 - defect)
    # Row sums of n positive numbers and a handful of operations: (n + 8) u each.
    bound = bound * (1 + 4 * ku + 16 * EPSILON)
    return np.where(defect < 0.5, bound, np.inf)


def _transposed(A: Array) -> Array:
    return np.swapaxes(A, -1, -2)


def _squared(A: Array) -> Array:
    """Return ‖A‖_F² over the last two axes."""
    return np.square(A).sum(axis=(-2, -1))


def _spread(M: Array) -> Array:
    """Return max(‖M‖₁, ‖M‖_∞), which is ≥ ‖M‖₂."""
    size = np.abs(M)
    return np.maximum(size.sum(axis=-1).max(axis=-1), size.sum(axis=-2).max(axis=-1))
