"""Exact decisions ‖J_T ⋯ J_1‖₂ ≤ e^b: floats are rationals, and so is their product.

σ_max(P) ≤ u for a rational u ≥ 0 iff u²I − PᵀP is positive semidefinite, iff the
coefficients of its characteristic polynomial alternate in sign.  e^b lies between
rationals as close as need be, so the comparison ends unless e^b itself is σ_max, which
for b ≠ 0 it cannot be: e^b is transcendental and σ_max algebraic (Lindemann).
"""

import math
from fractions import Fraction

import flint

__all__ = ["exact_product", "gain_at_most"]


def exact_product(factors):
    """Return J_T ⋯ J_1 in rational arithmetic, `factors` in time order."""
    product = None
    for J in factors:
        exact = flint.fmpq_mat([[_rational(float(x)) for x in row] for row in J])
        product = exact if product is None else exact * product
    return product


def gain_at_most(P, log_bound):
    """Decide ‖P‖₂ ≤ e^log_bound for a rational matrix and a float or Fraction."""
    if log_bound == math.inf:
        return True
    if log_bound == -math.inf or not any(P.entries()):
        return not any(P.entries())
    exponent, precision = Fraction(log_bound), 128
    while precision <= 1 << 16:
        below, above = _exp_between(exponent, precision)
        if _norm_at_most(P, below):
            return True
        if not _norm_at_most(P, above):
            return False
        precision *= 2
    message = "the bound is too close to the gain to decide"
    raise AssertionError(message)


def _norm_at_most(P, u):
    n = P.ncols()
    identity = flint.fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    coefficients = (u * u * identity - P.transpose() * P).charpoly().coeffs()
    return all((-1) ** (n - k) * c >= 0 for k, c in enumerate(coefficients))


def _exp_between(exponent, precision):
    """Return rationals below and above e^exponent."""
    if exponent == 0:
        return flint.fmpq(1), flint.fmpq(1)
    saved, flint.ctx.prec = flint.ctx.prec, precision
    try:
        ball = flint.arb(flint.fmpq(exponent.numerator, exponent.denominator)).exp()
        return _dyadic(ball.lower()), _dyadic(ball.upper())
    finally:
        flint.ctx.prec = saved


def _dyadic(x):
    mantissa, exponent = (int(part) for part in x.man_exp())
    return flint.fmpq(mantissa) * flint.fmpq(2) ** exponent


def _rational(x):
    numerator, denominator = x.as_integer_ratio()
    return flint.fmpq(numerator, denominator)
