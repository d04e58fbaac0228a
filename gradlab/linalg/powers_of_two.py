"""Powers of two in and out: x 2^e is exact unless it underflows or overflows."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.linalg.arithmetic import quietly
from gradlab.linalg.scalar_rounding import up_ldexp as up_ldexp_of_one
from gradlab.typing import Array

__all__ = ["down_ldexp", "normalised", "split_power", "times_power", "up_ldexp"]

_NORMAL = 1000  # of 2^p for |p| below it p is the exponent of a normal float64
_LEAST, _MOST = 2.0**-500, 2.0**500  # sums of squares to which underflow is nothing


def split_power(A: Array) -> tuple[Array, Any]:
    """Return S and e with A = 2^e (S + D), max|S| in [½, 1) and |D| ≤ 2⁻¹⁰⁷⁴ each.

    One power of two for every matrix (..., m, n) of a stack, real and imaginary parts
    counting as entries; D = 0 unless an entry is below 2⁻⁹⁶⁰ of the largest.  For A = 0
    both are 0.
    """
    parts = (A.real, A.imag) if np.iscomplexobj(A) else (A,)
    largest = [np.abs(part).max(axis=(-2, -1), initial=0.0) for part in parts]
    exponent = np.frexp(np.max(largest, axis=0))[1]
    return times_power(A, -exponent[..., None, None]), exponent


def normalised(
    A: Array, squared_norm: Callable[[Array], float]
) -> tuple[Array, float, int]:
    """Return S, ‖S‖_F² as computed, and e with A = 2^e (S + D), |D| ≤ 2⁻¹⁰⁷⁴ each.

    The square is in [½, 2), and what underflows in it is far below one rounding.  It is
    0 for A = 0, and NaN or inf where A is not finite.

    >>> from gradlab.linalg.arithmetic import FLOAT64
    >>> A = np.ldexp([[3.0, 4.0]], -800)
    >>> S, square, exponent = normalised(A, FLOAT64.squared_norm)
    >>> S.tolist(), square, exponent
    ([[0.75, 1.0]], 1.5625, -798)
    """
    if A.dtype.char not in "dD":
        A = A.astype(complex if np.iscomplexobj(A) else float)
    power, square = 0, squared_norm(A)
    if not _LEAST < square < _MOST:
        A, found = split_power(A)
        power, square = int(found), squared_norm(A)
        if not 0 < square < _MOST:
            return A, square, 0
    half = math.frexp(square)[1] // 2
    return times_power(A, -half), math.ldexp(square, -2 * half), power + half


def times_power(A: Array, power: Any) -> Array:
    """Return A 2^power as `numpy.ldexp` does, for complex numbers too.

    2^power need not be a float64 itself.

    >>> times_power(np.array([5e-324 - 5e-324j]), 1074).tolist()
    [(1-1j)]
    """
    if isinstance(power, int) and abs(power) < _NORMAL:
        return A * 2.0**power
    if not np.iscomplexobj(A):
        return np.ldexp(A, power)
    moved = np.empty_like(A)
    moved.real = np.ldexp(A.real, power)
    moved.imag = np.ldexp(A.imag, power)
    return moved


def up_ldexp(x: float | Array, exponent: Any) -> Any:
    """Return a float64 ≥ x 2^exponent, equal to it where it is one; no sign changes."""
    if isinstance(x, float) and isinstance(exponent, int):
        return up_ldexp_of_one(x, exponent)
    return _up(x, exponent)


def down_ldexp(x: float | Array, exponent: Any) -> Any:
    """Return a float64 ≤ x 2^exponent, equal to it where it is one; no sign changes."""
    return -up_ldexp(-x, exponent)


@quietly
def _up(x: float | Array, exponent: Any) -> Any:
    # Beyond ±4400 every float64 has become 0 or inf.
    power = np.maximum(np.minimum(exponent, 4400), -4400).astype(np.intc)
    moved = np.ldexp(x, power)
    exact = np.equal(np.ldexp(moved, -power), x)
    outward = np.where(np.less(x, 0), -_below(-moved), np.nextafter(moved, np.inf))
    return np.where(exact, moved, outward)[()]


def _below(x: Array) -> Array:
    """Return the float64s next below, but 0 for 0."""
    return np.maximum(np.nextafter(x, -np.inf), 0.0)
