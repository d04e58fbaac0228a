"""Exact decisions ‖J_T ⋯ J_1‖₂ ≤ e^b in whole numbers: no float, no ball, no tolerance.

Floats are integers times powers of two, and so is their product P.  ‖P‖₂ ≤ s exactly if
s²I − PᵀP has no negative eigenvalue, exactly if the signs of the coefficients of its
characteristic polynomial alternate.  e^(2b) is enclosed in fixed point, as narrowly as
the decision takes; it ends, because e^b is transcendental and ‖P‖₂ algebraic, but for
b = 0 (Lindemann).
"""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from gradlab._checks import require_stack
from gradlab.errors import InputError
from gradlab.linalg._integers import whole

__all__ = ["exp_between", "gain_at_least", "gain_at_most"]

_FIRST = 128  # bits
_GUARD = 64


def gain_at_most(factors: object, log_bound: float | Fraction) -> bool:
    """Decide ‖J_T ⋯ J_1‖₂ ≤ e^b, the factors taken as the exact numbers that they are.

    It costs n⁴ products of whole numbers of some 106 T n bits: milliseconds for n ≤ 6
    and T ≤ 30.

    Parameters
    ----------
    factors : (T, n, n) array_like
        Real and finite, in time order, T >= 1.
    log_bound : float or Fraction
        b in nats; ±inf stand for bounds of 0 and ∞.

    Raises
    ------
    InputError, InputTypeError
        If the factors are not such a stack, or b is NaN.

    Examples
    --------
    The norm of [[-2, -5], [-2, -2]] is 6, which is between two logarithms:

    >>> A = [[[-2.0, -5.0], [-2.0, -2.0]]]
    >>> gain_at_most(A, np.nextafter(np.log(6), 2)), gain_at_most(A, np.log(6))
    (True, False)
    >>> gain_at_most([[[0.0, 1.0], [1.0, 0.0]]] * 9, 0)
    True
    """
    return _keeps_below(factors, log_bound, _is_semidefinite)


def gain_at_least(factors: object, log_bound: float | Fraction) -> bool:
    """Decide ‖J_T ⋯ J_1‖₂ ≥ e^b; parameters and errors are those of `gain_at_most`.

    Examples
    --------
    >>> gain_at_least([[[0.0, 1.0], [1.0, 0.0]]] * 9, 0)
    True
    """
    return not _keeps_below(factors, log_bound, _is_definite)


def _keeps_below(
    factors: object, log_bound: float | Fraction, is_above: Callable[[Any], bool]
) -> bool:
    """Decide the gain ≤ e^b or, if `is_above` is strict, the gain < e^b."""
    stack = require_stack("factors", factors, exact=True)
    if math.isnan(log_bound):
        message = "`log_bound` must be a number; got nan."
        raise InputError(message)
    P, power = _product(stack)
    G = P.T @ P
    if not math.isfinite(log_bound):
        return log_bound > 0 or (not G.any() and is_above(G))
    square, bits = 2 * Fraction(log_bound), _FIRST
    while True:
        low, high, scale = exp_between(square, bits)
        if is_above(_gap(G, 2 * power, low, scale)):
            return True
        if not is_above(_gap(G, 2 * power, high, scale)):
            return False
        bits *= 2


def exp_between(x: Fraction, bits: int) -> tuple[int, int, int]:
    """Return whole numbers and a power with low 2^power ≤ e^x ≤ high 2^power.

    low has about so many bits, and high is not much larger.

    >>> low, high, power = exp_between(Fraction(1), 60)
    >>> low * 2.0**power, high - low < 8
    (2.718281828459045, True)
    """
    if x == 0:
        return 1, 1, 0
    size = bits + _GUARD + math.ceil(abs(x)).bit_length()
    one = 1 << size
    ln2 = sum(one // (k << k) for k in range(1, size))  # less than `size` too small
    turns = math.floor(x * one / ln2)
    # x = turns ln 2 + r, and r is near [0, ln 2).
    ends = [x * one - turns * (ln2 + slip) for slip in (0, size)]
    low = _exp(math.floor(min(ends)), one)
    high = _exp(math.ceil(max(ends)), one) + size
    cut = size - bits
    return low >> cut, -(-high >> cut), turns - bits


def _exp(r: int, one: int) -> int:
    """Return one · e^(r/one) for r < one, rounded down.

    Every term is at most 2 too small, and there are a quarter as many as `one` has
    bits: the sum is too small by less than that number.
    """
    total = term = one
    j = 1
    while term:
        term = term * r // (j * one)
        if term in (0, -1):
            break
        total, j = total + term, j + 1
    return total


def _product(stack: Any) -> tuple[Any, int]:
    """Return whole numbers P and a power: J_T ⋯ J_1 = P 2^power."""
    product, power = whole(stack[0])
    for J in stack[1:]:
        entries, exponent = whole(J)
        product, power = entries @ product, power + exponent
    return product, power


def _gap(G: Any, power: int, limit: int, scale: int) -> Any:
    """Return 2^scale limit I − 2^power G, times a power of two that makes it whole."""
    shift = scale - power
    left, right = (G, limit << shift) if shift >= 0 else (G << -shift, limit)
    return right * _identity(G) - left


def _identity(M: Any) -> Any:
    return np.eye(len(M), dtype=int).astype(object)


def _is_semidefinite(M: Any) -> bool:
    """Decide M ⪰ 0: no symmetric function of its eigenvalues is below 0."""
    return all(value >= 0 for value in _symmetric_functions(M))


def _is_definite(M: Any) -> bool:
    """Decide M ≻ 0: all of them are above 0."""
    return all(value > 0 for value in _symmetric_functions(M))


def _symmetric_functions(M: Any) -> Iterator[int]:
    """Yield (−1)^k c_k of the polynomial λ^n + c_1 λ^(n−1) + … of M (Leverrier)."""
    power, c = 0 * M, 1
    for k in range(1, len(M) + 1):
        power = M @ (power + c * _identity(M))
        c = -np.trace(power) // k
        yield (-1) ** k * c
