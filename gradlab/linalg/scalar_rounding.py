"""Directed rounding of one float64 at a time: pred(fl(x)) < x < succ(fl(x)).

What `gradlab.linalg.rounding` does for arrays, at a tenth of the time that NumPy takes
for a number: the bound on the norm of a small matrix is made of some thirty of them.
A NaN stays one.
"""

import math
import sys

__all__ = [
    "down_add",
    "down_div",
    "down_mul",
    "down_sqrt",
    "down_sub",
    "up_add",
    "up_div",
    "up_ldexp",
    "up_mul",
    "up_sqrt",
    "up_sub",
]


def up_add(a: float, b: float) -> float:
    """Return a float64 ≥ a + b."""
    return math.nextafter(a + b, math.inf)


def down_add(a: float, b: float) -> float:
    """Return a float64 ≤ a + b."""
    return math.nextafter(a + b, -math.inf)


def down_sub(a: float, b: float) -> float:
    """Return a float64 ≤ a − b."""
    return math.nextafter(a - b, -math.inf)


def up_sub(a: float, b: float) -> float:
    """Return a float64 ≥ a − b."""
    return math.nextafter(a - b, math.inf)


def up_mul(a: float, b: float) -> float:
    """Return a float64 ≥ a b; an underflow gives 2⁻¹⁰⁷⁴, not 0."""
    return math.nextafter(a * b, math.inf)


def down_mul(a: float, b: float) -> float:
    """Return a float64 ≤ a b."""
    return math.nextafter(a * b, -math.inf)


def up_div(a: float, b: float) -> float:
    """Return a float64 ≥ a / b; NaN where b is 0."""
    return math.nextafter(a / b, math.inf) if b else math.nan


def down_div(a: float, b: float) -> float:
    """Return a float64 ≤ a / b; NaN where b is 0."""
    return math.nextafter(a / b, -math.inf) if b else math.nan


def up_sqrt(a: float) -> float:
    """Return a float64 ≥ √a; NaN where a < 0."""
    return math.nextafter(math.sqrt(a), math.inf) if not a < 0 else math.nan


def down_sqrt(a: float) -> float:
    """Return a float64 ≤ √a, never below 0; NaN where a < 0."""
    root = math.sqrt(a) if not a < 0 else math.nan
    return math.nextafter(root, -math.inf) if root else 0.0


def up_ldexp(x: float, exponent: int) -> float:
    """Return a float64 ≥ x 2^exponent, equal to it where it is one; no sign changes.

    >>> up_ldexp(1.0, -1075), up_ldexp(-1.0, -1075), up_ldexp(0.75, 2000)
    (5e-324, -0.0, inf)
    """
    try:
        moved = math.ldexp(x, exponent)
    except OverflowError:
        return math.inf if x > 0 else -sys.float_info.max
    if abs(moved) > sys.float_info.min or x == 0:
        return moved  # exactly that, or ±∞ as x is
    mantissa, power = math.frexp(x)
    if math.frexp(moved) == (mantissa, power + exponent):
        return moved
    moved = math.nextafter(moved, math.inf)
    return min(moved, -0.0) if x < 0 else moved
