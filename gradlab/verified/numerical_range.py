"""The numerical range from outside: ω(A) = λ_max((A + Aᴴ)/2), w(A) = max_θ ω(e^iθ A).

A Hermitian H with c ≥ ‖H‖ has λ_max(H) = ‖H + cI‖ − c, so an enclosed norm is enough.
Where w is attained between two directions θ and θ' that are δ apart, the nearer of them
is at most δ/2 away and w cos(δ/2) ≤ max(ω_θ, ω_θ'); directions are added where that
leaves most.
"""

from typing import Any

import numpy as np

from gradlab._checks import require_count, require_number
from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic, fault
from gradlab.linalg.outward import frobenius_above, norm_between, row_sums_above
from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
from gradlab.linalg.rounding import (
    down_add,
    down_div,
    down_mul,
    down_sqrt,
    down_sub,
    mm,
    up_abs,
    up_add,
    up_div,
    up_excess,
    up_mul,
    up_sqrt,
    up_sub,
)
from gradlab.typing import Array, ArrayLike, Matrix
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.norms import require_matrix

__all__ = ["enclosed_numerical_abscissa", "enclosed_numerical_radius"]

_FIRST = 16  # directions on the half circle to begin with
_HALF_CIRCLE = np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
_CIRCLE = np.array([[1.0, 0.0, -1.0, 0.0, 1.0], [0.0, 1.0, 0.0, -1.0, 0.0]])


def enclosed_numerical_abscissa(
    A: ArrayLike, *, arithmetic: Arithmetic = FLOAT64
) -> Enclosure:
    """Return an enclosure of ω(A) = λ_max((A + Aᴴ)/2), the logarithmic 2-norm μ₂(A).

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1; taken as exact numbers.
    arithmetic : Arithmetic
        Products and sums to use; tests put adversaries here.

    Returns
    -------
    Enclosure
        Some 4 n² u ‖A‖ places; the rounding of A + Aᴴ is in it.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite square matrix of numbers, or is empty.

    Examples
    --------
    ω = ½ + 2⁻⁵⁴, where float64 has A + Aᵀ = [[0, 1], [1, 0]]:

    >>> found = enclosed_numerical_abscissa([[0.0, 1.0], [2.0**-53, 0.0]])
    >>> found.lower <= 0.5 < found.upper, found.width < 1e-13
    (True, True)
    """
    matrix = require_matrix("A", A, "(n, n)")
    if not matrix.any():
        return Enclosure.between(0.0, 0.0)
    S, exponent = split_power(matrix)
    low, high = _abscissas(S, np.array([[1.0], [0.0]]), arithmetic)
    return Enclosure.between(
        down_ldexp(low[0], exponent),
        up_ldexp(high[0], exponent),
        fault=fault(arithmetic),
    )


def enclosed_numerical_radius(
    A: ArrayLike,
    *,
    rtol: float = 1e-6,
    most_directions: int = 4096,
    arithmetic: Arithmetic = FLOAT64,
) -> Enclosure:
    """Return an enclosure of w(A) = max |xᴴAx| over unit vectors x.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1; taken as exact numbers.
    rtol : float
        The relative width asked for.  A range that is nearly a disc takes some
        1/√rtol directions, any other a few dozen.
    most_directions : int
        Where that ends; the enclosure is valid, and wider.
    arithmetic : Arithmetic
        Products and sums to use; tests put adversaries here.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite square matrix of numbers, or is empty.

    Examples
    --------
    >>> found = enclosed_numerical_radius([[0.0, 2.0], [0.0, 0.0]])  # the unit disc
    >>> found.lower <= 1 <= found.upper, found.width < 2e-6
    (True, True)
    """
    matrix = require_matrix("A", A, "(n, n)")
    ratio = require_number("rtol", rtol, above=0.0)
    most = require_count("most_directions", most_directions, minimum=_FIRST)
    if not matrix.any():
        return Enclosure.between(0.0, 0.0)
    S, exponent = split_power(matrix)
    low, high = _radius_between(S, ratio, most, arithmetic)
    return Enclosure.between(
        down_ldexp(low, exponent), up_ldexp(high, exponent), fault=fault(arithmetic)
    )


def _radius_between(
    S: Matrix, rtol: float, most: int, arithmetic: Arithmetic
) -> tuple[Any, Any]:
    """Return bounds on w(S + D), |D| ≤ η, by bisecting the widest angles."""
    # The range of a real matrix is symmetric about the real axis.
    directions = _CIRCLE if np.iscomplexobj(S) else _HALF_CIRCLE
    while directions.shape[1] <= _FIRST:
        everywhere = np.arange(1, directions.shape[1])
        directions = np.insert(directions, everywhere, _middles(directions), axis=1)
    low, high = _supports(S, directions, arithmetic)
    while True:
        reach = up_div(np.maximum(high[:-1], high[1:]), _half_cosines(directions))
        least = low.max()
        places = np.flatnonzero(~(reach <= up_mul(least, up_add(1.0, rtol))))
        if not len(places) or len(places) + len(low) > most:
            return least, reach.max()
        added = _middles(directions)[:, places]
        ends = _supports(S, added, arithmetic)
        directions = np.insert(directions, places + 1, added, axis=1)
        low, high = (
            np.insert(old, places + 1, new)
            for old, new in zip((low, high), ends, strict=True)
        )


def _middles(directions: Array) -> Array:
    """Return directions near the middle of every two neighbours; any will do."""
    return up_mul(0.5, up_add(directions[:, :-1], directions[:, 1:]))


def _half_cosines(directions: Array) -> Any:
    """Return float64s ≤ cos(δ/2) for the angles δ < 180° between neighbours."""
    one, two = directions[:, :-1], directions[:, 1:]
    dot = down_add(*down_mul(one, two))
    longest = _lengths(directions)[1]
    size = up_mul(longest[:-1], longest[1:])
    cosine = down_div(dot, np.where(dot > 0, size, np.nan))
    return down_sqrt(down_mul(0.5, down_add(1.0, cosine)))


def _lengths(directions: Array) -> tuple[Any, Any]:
    low, high = down_mul(directions, directions), up_mul(directions, directions)
    return down_sqrt(down_add(*low)), up_sqrt(up_add(*high))


def _supports(S: Matrix, directions: Array, arithmetic: Arithmetic) -> tuple[Any, Any]:
    """Return bounds on max(ω(e^iθ S), 0) for each direction r (cos θ, sin θ)."""
    low, high = _abscissas(S, directions, arithmetic)
    shortest, longest = _lengths(directions)
    return (
        np.maximum(down_div(low, longest), 0.0),
        up_div(np.maximum(high, 0.0), shortest),
    )


def _abscissas(S: Matrix, directions: Array, arithmetic: Arithmetic) -> tuple[Any, Any]:
    """Return bounds on ω((c + is)(S + D)), |D| ≤ η, for the columns (c, s)."""
    Z, error = _turned(S, directions, arithmetic)
    adjoint = np.swapaxes(Z.conj(), -1, -2)
    H = _up_sum(Z, adjoint)
    # Either part of an entry may lack η.
    given = up_mul(up_add(*np.abs(directions)), up_add(ETA, ETA))[:, None, None]
    error = up_add(error, given)
    error = up_add(up_add(error, np.swapaxes(error, -1, -2)), _steps(H))
    shift = row_sums_above(up_add(up_abs(H), error), arithmetic)
    M = _up_sum(H, np.where(np.eye(len(S)) > 0, shift[:, None, None], 0.0))
    lost = frobenius_above(up_add(error, _steps(M)), arithmetic)
    low, high = norm_between(M, arithmetic)
    return (
        down_mul(0.5, down_sub(down_sub(low, lost), shift)),
        up_mul(0.5, up_sub(up_add(high, lost), shift)),
    )


def _turned(S: Matrix, directions: Array, arithmetic: Arithmetic) -> tuple[Any, Any]:
    """Return (c + is) S for each direction, with a bound on every entry's error."""
    parts = np.stack([S.real.ravel(), S.imag.ravel()], axis=1)
    c, s = directions
    real, real_error = mm(parts, np.stack([c, -s]), arithmetic)
    shape = (len(c), *S.shape)
    if not (np.iscomplexobj(S) or s.any()):
        return real.T.reshape(shape), real_error.T.reshape(shape)
    imaginary, imaginary_error = mm(parts, np.stack([s, c]), arithmetic)
    Z = np.empty(shape, dtype=complex)
    Z.real, Z.imag = real.T.reshape(shape), imaginary.T.reshape(shape)
    return Z, up_add(real_error, imaginary_error).T.reshape(shape)


def _up_sum(X: Array, Y: Array) -> Array:
    """Return X + Y, each part rounded up: one step or less away."""
    if not np.iscomplexobj(X):
        return up_add(X, Y)
    total = np.empty_like(X)
    total.real, total.imag = up_add(X.real, np.real(Y)), up_add(X.imag, np.imag(Y))
    return total


def _steps(X: Array) -> Array:
    """Return what `_up_sum` may have added to each entry: a step in each part."""
    if not np.iscomplexobj(X):
        return up_excess(X)
    return up_add(up_excess(X.real), up_excess(X.imag))
