"""On which side of a value a gain is, by exact decision."""

import math

from tests.oracles.gain import gain_at_most

__all__ = ["is_wrong"]


def is_wrong(value, direction, P):
    """Decide whether ln‖P‖₂ is on the wrong side of a bound from above or below.

    From below a gain equal to e^value counts as wrong: rounding outward keeps away.
    """
    if direction == "above":
        return not gain_at_most(P, value)
    return value > -math.inf and gain_at_most(P, value)
