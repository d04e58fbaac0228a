"""On which side of a value a gain is, by exact decision."""

import math
from fractions import Fraction

from tests.oracles.gain import exact_product, gain_at_most

__all__ = ["blunt", "exceeded", "is_wrong"]


def exceeded(bound, trajectory):
    """Decide whether the gain of a run is on the wrong side of a bound."""
    P = exact_product(trajectory.chain.factors())
    return is_wrong(bound.log_bound(trajectory), bound.direction, P)


def blunt(bound, trajectory, width):
    """Decide whether a bound is over `width` nats away from the gain."""
    P = exact_product(trajectory.chain.factors())
    value = bound.log_bound(trajectory)
    if bound.direction == "above":
        return gain_at_most(P, Fraction(value) - Fraction(width))
    return value == -math.inf or not gain_at_most(P, Fraction(value) + Fraction(width))


def is_wrong(value, direction, P):
    """Decide whether ln‖P‖₂ is on the wrong side of a bound from above or below.

    From below a gain equal to e^value counts as wrong: rounding outward keeps away.
    """
    if direction == "above":
        return not gain_at_most(P, value)
    return value > -math.inf and gain_at_most(P, value)
