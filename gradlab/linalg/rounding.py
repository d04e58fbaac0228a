"""Directed rounding without a rounding mode: pred(fl(x)) < x < succ(fl(x)).

Rounding to nearest is monotone, so the exact value x of a float64 operation lies
strictly between the neighbours of its rounded value, also where fl(x) is subnormal,
zero or infinite (an overflow: ±max bounds it from the other side).  `up_…` returns a
float64 ≥ the exact value and `down_…` one ≤ it, for numbers and arrays alike; no
rounding mode is changed [rump2010verification].  A NaN, or an operation without a value
(∞ − ∞, x/0, √−1, ln −1), gives NaN: callers write their last comparisons so that NaN
certifies nothing.  Numbers of float32 are taken as the float64s that they are.
"""

import functools
import math
import sys
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from gradlab.linalg.arithmetic import ETA, FLOAT64, UNIT, Arithmetic, quietly
from gradlab.typing import Array

__all__ = [
    "down_abs",
    "down_add",
    "down_div",
    "down_exp",
    "down_log",
    "down_log1p",
    "down_mul",
    "down_pow",
    "down_root",
    "down_sqrt",
    "down_sub",
    "down_sum",
    "down_sums",
    "down_times",
    "mm",
    "up_abs",
    "up_add",
    "up_distance",
    "up_div",
    "up_excess",
    "up_exp",
    "up_log",
    "up_log1p",
    "up_mul",
    "up_pow",
    "up_root",
    "up_sqrt",
    "up_sub",
    "up_sum",
    "up_sums",
    "up_times",
]

Real: TypeAlias = float | Array

_LIBM = 4 * 2.0**-52
"""Allowed to exp, log and log1p of the C library or of NumPy, relatively: 4 ulp."""

_MAX = sys.float_info.max
_LN2_DOWN = float.fromhex("0x1.62e42fefa39efp-1")
_LN2_UP = float.fromhex("0x1.62e42fefa39f0p-1")


def _up(x: Real) -> Any:
    return np.nextafter(x, np.inf)


def _down(x: Real) -> Any:
    return np.nextafter(x, -np.inf)


@quietly
def up_add(a: Real, b: Real) -> Any:
    """Return a float64 ≥ a + b, at most one step above the least.

    >>> bool(up_add(1.0, 2.0**-60) > 1)
    True
    """
    return _up(np.add(a, b, dtype=float))


@quietly
def down_add(a: Real, b: Real) -> Any:
    """Return a float64 ≤ a + b."""
    return _down(np.add(a, b, dtype=float))


@quietly
def up_sub(a: Real, b: Real) -> Any:
    """Return a float64 ≥ a − b."""
    return _up(np.subtract(a, b, dtype=float))


@quietly
def down_sub(a: Real, b: Real) -> Any:
    """Return a float64 ≤ a − b."""
    return _down(np.subtract(a, b, dtype=float))


@quietly
def up_mul(a: Real, b: Real) -> Any:
    """Return a float64 ≥ a b; an underflow gives 2⁻¹⁰⁷⁴, not 0."""
    return _up(np.multiply(a, b, dtype=float))


@quietly
def down_mul(a: Real, b: Real) -> Any:
    """Return a float64 ≤ a b."""
    return _down(np.multiply(a, b, dtype=float))


@quietly
def up_div(a: Real, b: Real) -> Any:
    """Return a float64 ≥ a / b; NaN where b is 0."""
    return _up(np.divide(a, np.where(np.equal(b, 0), np.nan, b), dtype=float))


@quietly
def down_div(a: Real, b: Real) -> Any:
    """Return a float64 ≤ a / b; NaN where b is 0."""
    return _down(np.divide(a, np.where(np.equal(b, 0), np.nan, b), dtype=float))


@quietly
def up_excess(y: Real) -> Any:
    """Return float64s > y − x for every x of which +, −, ×, / or √ rounded up made y.

    x lies above the second float64 below y, and that is y − 2 steps exactly.

    >>> float(up_excess(1.0)) == 2.0**-52
    True
    """
    return np.subtract(y, _down(_down(y)), dtype=float)


@quietly
def up_sqrt(a: Real) -> Any:
    """Return a float64 ≥ √a."""
    return _up(np.sqrt(a, dtype=float))


@quietly
def down_sqrt(a: Real) -> Any:
    """Return a float64 ≤ √a, never below 0."""
    return np.maximum(_down(np.sqrt(a, dtype=float)), 0.0)


@quietly
def up_abs(z: complex | Array) -> Any:
    """Return a float64 ≥ |z|: |z| itself if z is real; hypot is allowed 4 ulp."""
    if not np.iscomplexobj(z):
        return np.abs(z)
    size = np.abs(z, dtype=float)  # of single complex numbers too
    return up_add(size, up_mul(size, _LIBM))


@quietly
def down_abs(z: complex | Array) -> Any:
    """Return a float64 ≤ |z|, never below 0."""
    if not np.iscomplexobj(z):
        return np.abs(z)
    size = np.minimum(np.abs(z, dtype=float), _MAX)
    return np.maximum(down_sub(size, up_mul(size, _LIBM)), 0.0)


@quietly
def up_distance(X: Array, Y: Array) -> Any:
    """Return float64s ≥ |X − Y| entry by entry, for real or complex arrays."""
    if np.iscomplexobj(X) or np.iscomplexobj(Y):
        real = up_distance(np.real(X), np.real(Y))
        return up_add(real, up_distance(np.imag(X), np.imag(Y)))
    return _up(np.abs(np.subtract(X, Y, dtype=float)))


@quietly
def up_pow(a: Real, k: int) -> Any:
    """Return a float64 ≥ aᵏ for a ≥ 0 and a whole k ≥ 0; NaN where a < 0."""
    return _power(_nonnegative(a), k, up_mul)


@quietly
def down_pow(a: Real, k: int) -> Any:
    """Return a float64 ≤ aᵏ for a ≥ 0 and a whole k ≥ 0, never below 0."""
    return _power(_nonnegative(a), k, lambda x, y: np.maximum(down_mul(x, y), 0.0))


def up_root(a: float, k: int) -> float:
    """Return a float64 r ≥ a^(1/k) for a ≥ 0 and a whole k ≥ 1: rᵏ ≥ a is checked."""
    r, step = float(a) ** (1 / k), 2 * UNIT
    while r < math.inf and not down_pow(r, k) >= a:
        r, step = float(up_mul(r, 1 + step)), 2 * step
    return r


def down_root(a: float, k: int) -> float:
    """Return a float64 r ≤ a^(1/k) for a ≥ 0 and a whole k ≥ 1: rᵏ ≤ a is checked.

    >>> down_root(8.0, 3) <= 2.0 <= up_root(8.0, 3) < 2 + 1e-14
    True
    """
    r, step = min(float(a) ** (1 / k), _MAX), UNIT
    while r > 0 and not up_pow(r, k) <= a:
        r, step = max(float(down_mul(r, 1 - step)), 0.0), 2 * step
    return r


def _nonnegative(a: Real) -> Any:
    return np.where(np.less(a, 0), np.nan, a)[()]


def _power(a: Any, k: int, times: Any) -> Any:
    """Return aᵏ by squaring; `times` rounds products of nonnegative numbers one way."""
    power, result = a, None
    while k:
        if k & 1:
            result = power if result is None else times(result, power)
        k >>= 1
        power = times(power, power) if k else power
    return np.ones_like(a) if result is None else result


def up_times(T: int, term: float) -> float:
    """Return a float64 ≥ T · term for a whole T ≥ 1; −∞ stays, being ln 0."""
    return -math.inf if term == -math.inf else float(up_mul(T, term))


def down_times(T: int, term: float) -> float:
    """Return a float64 ≤ T · term for a whole T ≥ 1; −∞ stays, being ln 0."""
    return float(down_mul(T, term))


def up_sum(terms: Iterable[float]) -> float:
    """Return a float64 ≥ the exact sum; `fsum` rounds once, to nearest.

    −∞ stands for ln 0: with such a term, and no +∞ or NaN, the sum is −∞ exactly.

    >>> up_sum([1.0, *[2.0**-53] * 1000]) >= 1 + 1000 * 2.0**-53
    True
    """
    total = _fsum(terms, math.inf)
    return total if total == -math.inf else math.nextafter(total, math.inf)


def down_sum(terms: Iterable[float]) -> float:
    """Return a float64 ≤ the exact sum; −∞ where a term is −∞."""
    return math.nextafter(_fsum(terms, -math.inf), -math.inf)


def _fsum(terms: Iterable[float], beyond: float) -> float:
    listed = [float(term) for term in terms]
    try:
        return math.fsum(listed)
    except OverflowError:  # of finite terms; the sum itself may be finite
        return beyond
    except ValueError:  # ∞ − ∞
        return math.nan


@quietly
def up_sums(X: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≥ the exact sums over the last axis.

    In any order, n numbers are added with an error ≤ (n − 1) u/(1 − (n − 1) u) Σ|x|,
    and Σ|x| comes out no smaller than (1 − (n − 1) u) Σ|x| [higham2002accuracy, Sec.
    4.2].
    """
    return up_add(*_total(X, arithmetic))


@quietly
def down_sums(X: Array, arithmetic: Arithmetic = FLOAT64) -> Any:
    """Return float64s ≤ the exact sums over the last axis."""
    return down_sub(*_total(X, arithmetic))


def _total(X: Array, arithmetic: Arithmetic) -> tuple[Any, Any]:
    """Return computed sums over the last axis and a bound on their errors."""
    wide = X.astype(float, copy=False)
    share, _ = _shares(max(X.shape[-1] - 1, 0), arithmetic.unit)
    return arithmetic.total(wide), up_mul(share, arithmetic.total(np.abs(wide)))


@functools.lru_cache(maxsize=1024)
def _shares(k: int, unit: float) -> tuple[float, float]:
    """Return float64s ≥ k u/(1 − k u)² and 2 k η/(1 − k u)²; inf for k u ≥ 1."""
    if not k * unit < 1:
        return math.inf, math.inf
    rest = down_sub(1.0, k * unit)
    square = down_mul(rest, rest)
    return float(up_div(k * unit, square)), float(up_div(2 * k * ETA, square))


@quietly
def up_log(x: Real, exponent: Any = 0) -> Any:
    """Return a float64 ≥ ln(x 2^exponent) for x ≥ 0 in nats; −∞ where x is 0.

    The library's logarithm is allowed an error of 4 ulp; ln 2 is enclosed.
    """
    log, e = np.log(x, dtype=float), np.asarray(exponent, dtype=float)
    shift = up_mul(e, np.where(e >= 0, _LN2_UP, _LN2_DOWN))
    bound = up_add(up_add(log, up_mul(np.abs(log), _LIBM)), shift)
    return np.where(np.isinf(log), log, bound)[()]


@quietly
def down_log(x: Real, exponent: Any = 0) -> Any:
    """Return a float64 ≤ ln(x 2^exponent) for x ≥ 0 in nats; −∞ where x is 0."""
    log, e = np.log(x, dtype=float), np.asarray(exponent, dtype=float)
    shift = down_mul(e, np.where(e >= 0, _LN2_DOWN, _LN2_UP))
    bound = down_add(down_sub(log, up_mul(np.abs(log), _LIBM)), shift)
    return np.where(np.isinf(log), log, bound)[()]


@quietly
def up_log1p(x: Real) -> Any:
    """Return a float64 ≥ ln(1 + x) for x > −1; the library is allowed 4 ulp."""
    log = np.log1p(x, dtype=float)
    return up_add(log, up_mul(np.abs(log), _LIBM))


@quietly
def down_log1p(x: Real) -> Any:
    """Return a float64 ≤ ln(1 + x) for x > −1."""
    log = np.log1p(x, dtype=float)
    return down_sub(log, up_mul(np.abs(log), _LIBM))


@quietly
def up_exp(x: Real) -> Any:
    """Return a float64 ≥ e^x; the library is allowed 4 ulp and an underflow."""
    power = np.exp(x, dtype=float)
    widened = up_add(power, up_add(up_mul(power, _LIBM), 4 * ETA))
    return np.where(np.equal(x, -np.inf), 0.0, widened)[()]


@quietly
def down_exp(x: Real) -> Any:
    """Return a float64 ≤ e^x, never below 0."""
    power = np.minimum(np.exp(x, dtype=float), _MAX)
    narrowed = down_sub(power, up_add(up_mul(power, _LIBM), 4 * ETA))
    return np.maximum(narrowed, 0.0)


@quietly
def mm(X: Array, Y: Array, arithmetic: Arithmetic = FLOAT64) -> tuple[Array, Array]:
    """Return C ≈ XY and E with |C − XY| ≤ E entry by entry, over leading axes.

    Parameters
    ----------
    X, Y : (..., m, k) and (..., k, n) array
        Finite, real or complex.

    Returns
    -------
    C, E : (..., m, n) array
        E is real.  Where a product overflows, C or E is infinite or NaN.

    Notes
    -----
    A term of a sum passes at most k roundings in whatever order it is summed, blocked,
    with or without fused multiplication, and one underflow of at most η/2 = 2⁻¹⁰⁷⁵, so

        |fl(XY) − XY| ≤ k u/(1 − k u) |X||Y| + k η,

    and P = fl(|X||Y|) ≥ (1 − k u) |X||Y| − k η, whence E = (k u P + 2 k η)/(1 − k u)².
    Without underflow k u |X||Y| is enough [jeannerod2013improved], which is smaller by
    one part in 10¹³ for k = 1000.  Complex products are formed of real ones with inner
    size 2k.

    Examples
    --------
    >>> C, E = mm(np.array([[1.0, 2.0**-60]]), np.array([[1.0], [1.0]]))
    >>> bool(C[0, 0] == 1.0 and 2.0**-60 <= E[0, 0] < 2.0**-51)
    True
    """
    if np.iscomplexobj(X) or np.iscomplexobj(Y):
        return _complex_product(X, Y, arithmetic)
    X, Y = X.astype(float, copy=False), Y.astype(float, copy=False)
    share, offset = _shares(X.shape[-1], arithmetic.unit)
    C = arithmetic.matmul(X, Y)
    P = arithmetic.matmul(np.abs(X), np.abs(Y))
    # Two operations on every entry, rounded to nearest: 8 u and 4 η cover both.
    return C, P * (share * (1 + 8 * UNIT)) + (offset + 4 * ETA)


def _complex_product(X: Array, Y: Array, arithmetic: Arithmetic) -> tuple[Array, Array]:
    left = np.concatenate([X.real, X.imag], axis=-1)
    rights = ((Y.real, -Y.imag), (Y.imag, Y.real))
    parts = (mm(left, np.concatenate(Z, axis=-2), arithmetic) for Z in rights)
    (real, one), (imaginary, other) = parts
    return real + 1j * imaginary, up_add(one, other)
