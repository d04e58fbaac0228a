"""Norms rounded outward: ‖A‖₂² ≤ ‖(AV)ᴴ(AV)‖_∞ / (1 − ‖VᴴV − I‖_∞) for every V.

V is a computed eigenbasis of AᴴA, so that AV has nearly orthogonal columns and the
right side is nearly equal to the left; no property of V is trusted, and V is no basis
at all where the defect ‖VᴴV − I‖ reaches ½.  From below, ‖A‖₂ ≥ ‖Av‖/‖v‖ for its
columns.  For the least singular value, with R any approximate inverse of A,

    σ_min(A) ≥ (1 − ‖RA − I‖_F) / ‖R‖₂.

Every operation is one of `gradlab.linalg.rounding`, so each value is an outer bound as
long as `gradlab.linalg.arithmetic.fault` finds nothing [rump2010verification].
"""

from typing import Any

import numpy as np

from gradlab.linalg._outward_norm import scaled_norm_between
from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic, quietly
from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
from gradlab.linalg.rounding import (
    down_abs,
    down_div,
    down_log,
    down_mul,
    down_sqrt,
    down_sub,
    down_sums,
    mm,
    up_abs,
    up_add,
    up_distance,
    up_div,
    up_log,
    up_mul,
    up_sqrt,
    up_sums,
)
from gradlab.typing import Array

__all__ = [
    "defect",
    "frobenius_above",
    "least_singular_value_above",
    "least_singular_value_below",
    "log_norm_above",
    "log_norm_between",
    "norm_above",
    "norm_between",
    "norm_roughly_above",
    "row_sums_above",
]


def norm_above(A: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≥ ‖A‖₂ for matrices (..., m, n), above it by some 4 m n u.

    Entries are real or complex and finite.  2^k A gives 2^k times the value for A, bit
    for bit, unless entries underflow.  Where V is no basis the value is inf.

    Examples
    --------
    >>> A = np.array([[-2.0, -5.0], [-2.0, -2.0]])  # its norm is 6
    >>> float(np.linalg.norm(A, 2)), bool(6 <= norm_above(A) < 6 + 1e-13)
    (5.999999999999997, True)
    """
    return up_ldexp(*_scaled_above(A, arithmetic))


def log_norm_above(A: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≥ ln‖A‖₂ in nats for matrices (..., m, n); −inf for zeros."""
    return up_log(*_scaled_above(A, arithmetic))


def log_norm_between(A: Array, arithmetic: Arithmetic = FLOAT64) -> tuple[Any, Any]:
    """Return float64s ≤ and ≥ ln‖A‖₂ in nats for matrices (..., m, n)."""
    below, above, exponent = _scaled_between(A, arithmetic)
    return down_log(below, exponent), up_log(above, exponent)


def norm_between(A: Array, arithmetic: Arithmetic = FLOAT64) -> tuple[Any, Any]:
    """Return float64s ≤ and ≥ ‖A‖₂ for matrices (..., m, n), some 4 m n u apart."""
    below, above, exponent = _scaled_between(A, arithmetic)
    return down_ldexp(below, exponent), up_ldexp(above, exponent)


@quietly
def norm_roughly_above(A: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≥ ‖A‖₂, at most n^(1/8) times it, for max|A| near 1.

    ‖A‖₂⁴ = ‖(AᴴA)²‖₂ ≤ ‖(AᴴA)²‖_F: two products, and no factorisation.
    """
    G, error = mm(_adjoint(A), A, arithmetic)
    H, later = mm(_adjoint(G), G, arithmetic)
    total = up_add(frobenius_above(H, arithmetic), frobenius_above(later, arithmetic))
    square = up_add(up_sqrt(total), frobenius_above(error, arithmetic))
    return up_sqrt(square)


@quietly
def least_singular_value_below(A: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≤ σ_min(A), below it by some n² u κ(A) relatively, and ≥ 0.

    For matrices (..., m, n) σ_min is the last of min(m, n) singular values.  Where κ(A)
    is 1/(n² u) or more the value is 0.

    Examples
    --------
    >>> bool(0.5 - 1e-14 < least_singular_value_below(np.diag([4.0, 0.5])) <= 0.5)
    True
    """
    S, exponent = split_power(_tall(A))
    R = arithmetic.pinv(S)
    product, error = mm(R, S, arithmetic)
    gap = up_add(up_distance(product, np.eye(S.shape[-1])), error)
    rest = down_sub(1.0, frobenius_above(gap, arithmetic))
    bound = down_sub(down_div(rest, norm_above(R, arithmetic)), _lack(S))
    return down_ldexp(_positive(bound), exponent)


@quietly
def least_singular_value_above(A: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≥ σ_min(A): the least ‖Av‖/‖v‖, above it by some n² u ‖A‖."""
    S, exponent = split_power(_tall(A))
    V = _adjoint(arithmetic.svd(S)[2])
    B, lost = mm(S, V, arithmetic)
    image = _column_norms_above(up_add(up_abs(B), lost), arithmetic)
    size = _column_norms_below(down_abs(V), arithmetic)
    ratio = up_div(image, np.where(size > 0, size, np.nan))
    least = np.where(ratio >= 0, ratio, np.inf).min(axis=-1, initial=np.inf)
    bound = up_add(least, _lack(S))
    return np.where(S.any(axis=(-2, -1)), up_ldexp(bound, exponent), 0.0)[()]


@quietly
def frobenius_above(X: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≥ ‖X‖_F over the last two axes, for entries of moderate size.

    Squares below 2⁻¹⁰⁷⁴ count as that; those above the largest float64 give inf.
    """
    size = up_abs(X)
    squares = up_mul(size, size)
    flat = squares.reshape(*squares.shape[:-2], squares.shape[-2] * squares.shape[-1])
    return up_sqrt(up_sums(flat, arithmetic))


@quietly
def row_sums_above(X: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≥ ‖X‖_∞, the largest row sum of |X|, over the last two axes."""
    return up_sums(up_abs(X), arithmetic).max(axis=-1, initial=0.0)


@quietly
def defect(V: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s d ≥ ‖VᴴV − I‖₂; singular values of V lie in [√(1 − d), √(1 + d)].

    Examples
    --------
    >>> bool(defect(np.eye(3)) < 1e-14)
    True
    """
    product, error = mm(_adjoint(V), V, arithmetic)
    gap = up_add(up_distance(product, np.eye(V.shape[-1])), error)
    return row_sums_above(gap, arithmetic)


def _scaled_between(A: Array, arithmetic: Arithmetic) -> tuple[Any, Any, Any]:
    """Return l, u and e with l 2^e ≤ ‖A‖₂ ≤ u 2^e."""
    if A.ndim == 2 and A.size:
        return scaled_norm_between(A, arithmetic)
    return _stack_between(A, arithmetic)


def _scaled_above(A: Array, arithmetic: Arithmetic) -> tuple[Any, Any]:
    """Return u and e alone."""
    if A.ndim == 2 and A.size:
        return scaled_norm_between(A, arithmetic)[1:]
    return _stack_above(A, arithmetic)


@quietly
def _stack_between(A: Array, arithmetic: Arithmetic) -> tuple[Any, Any, Any]:
    S, exponent = split_power(_tall(A))
    V, B, lost = _rotated(S, arithmetic)
    below = _below(S, V, B, lost, arithmetic)
    return below, _above(S, V, B, lost, arithmetic), exponent


@quietly
def _stack_above(A: Array, arithmetic: Arithmetic) -> tuple[Any, Any]:
    S, exponent = split_power(_tall(A))
    return _above(S, *_rotated(S, arithmetic), arithmetic), exponent


def _above(S: Array, V: Array, B: Array, lost: Array, arithmetic: Arithmetic) -> Any:
    """Return numbers ≥ ‖S + D‖₂, |D| ≤ η, and 0 for S = 0; B is SV up to `lost`."""
    G, error = mm(_adjoint(B), B, arithmetic)
    gram = row_sums_above(up_add(up_abs(G), error), arithmetic)
    image = up_add(up_sqrt(gram), frobenius_above(lost, arithmetic))
    rest = down_sub(1.0, defect(V, arithmetic))
    bound = up_div(image, down_sqrt(np.where(rest > 0.5, rest, np.nan)))
    bound = up_add(bound, _lack(S))
    bound = np.where(bound >= 0, bound, np.inf)  # a NaN bounds nothing
    return np.where(S.any(axis=(-2, -1)), bound, 0.0)


def _below(S: Array, V: Array, B: Array, lost: Array, arithmetic: Arithmetic) -> Any:
    """Return numbers ≤ ‖S + D‖₂, |D| ≤ η, and ≥ 0; B is SV up to `lost`."""
    image = _column_norms_below(_positive(down_sub(down_abs(B), lost)), arithmetic)
    ratio = down_div(image, _column_norms_above(up_abs(V), arithmetic))
    bound = down_sub(ratio, _lack(S))
    return _positive(bound).max(axis=-1, initial=0.0)


def _rotated(S: Array, arithmetic: Arithmetic) -> tuple[Array, Array, Array]:
    """Return V, B and E with |B − SV| ≤ E, V being near an eigenbasis of SᴴS."""
    V = arithmetic.eigh(arithmetic.matmul(_adjoint(S), S))
    return V, *mm(S, V, arithmetic)


def _lack(S: Array) -> Any:
    """Return a float64 ≥ ‖D‖_F for what S may lack, η in real and imaginary parts."""
    return up_mul(up_add(ETA, ETA), max(S.shape[-2:]))


def _column_norms_above(X: Array, arithmetic: Arithmetic) -> Any:
    """Return float64s ≥ the lengths of the columns of X ≥ 0."""
    return up_sqrt(up_sums(np.swapaxes(up_mul(X, X), -1, -2), arithmetic))


def _column_norms_below(X: Array, arithmetic: Arithmetic) -> Any:
    """Return float64s ≤ the lengths of the columns of X ≥ 0, and ≥ 0."""
    squares = _positive(down_mul(X, X))
    sums = down_sums(np.swapaxes(squares, -1, -2), arithmetic)
    return down_sqrt(_positive(sums))


def _positive(x: Any) -> Any:
    """Return max(x, 0), and 0 for a NaN."""
    return np.where(x > 0, x, 0.0)


def _tall(A: Array) -> Array:
    return A if A.shape[-2] >= A.shape[-1] else np.swapaxes(A, -1, -2)


def _adjoint(A: Array) -> Array:
    return np.swapaxes(A.conj(), -1, -2)
