"""Exact decisions ‖J_T ⋯ J_1‖₂ ≤ e^b: floats are rationals, and so is their product.

e^b lies between rationals as close as need be, so the comparison ends unless e^b itself
is σ_max, which for b ≠ 0 it cannot be: e^b is transcendental and σ_max algebraic
(Lindemann).
"""

import math
from fractions import Fraction

import flint

from tests.oracles.exact_norms import exact_product, norm_at_most
from tests.oracles.precision import ball_precision

__all__ = ["exact_product", "gain_at_most"]


def gain_at_most(P, log_bound):
    """Decide ‖P‖₂ ≤ e^log_bound for a rational matrix and a float or Fraction."""
    if log_bound == math.inf:
        return True
    if log_bound == -math.inf or not any(P.entries()):
        return not any(P.entries())
    exponent, precision = Fraction(log_bound), 128
    while precision <= 1 << 16:
        below, above = _exp_between(exponent, precision)
        if norm_at_most(P, below):
            return True
        if not norm_at_most(P, above):
            return False
        precision *= 2
    message = "the bound is too close to the gain to decide"
    raise AssertionError(message)


def _exp_between(exponent, precision):
    """Return rationals below and above e^exponent."""
    if exponent == 0:
        return Fraction(1), Fraction(1)
    with ball_precision(precision):
        ball = flint.arb(flint.fmpq(exponent.numerator, exponent.denominator)).exp()
        return _dyadic(ball.lower()), _dyadic(ball.upper())


def _dyadic(x):
    mantissa, exponent = (int(part) for part in x.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent
