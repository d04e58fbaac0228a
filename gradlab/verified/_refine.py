"""Precision doubled until an enclosure is narrow: lower ≤ x ≤ upper at 64, 128, … bits.

Every attempt is met with what was there before, so that more bits never widen it.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from gradlab.algebra.balls import BALLS
from gradlab.linalg.rounding import down_add, down_mul
from gradlab.verified.enclosure import Enclosure

__all__ = ["is_narrow", "is_relatively_narrow", "refined"]


def refined(
    found: Enclosure,
    attempt: Callable[[], tuple[object, object]],
    done: Callable[[Enclosure], bool],
    *,
    first_bits: int,
    most_bits: int,
) -> Enclosure:
    """Return `found` met with what `attempt` returns, at doubled precisions until done.

    An attempt returns float64s below and above, from balls at the precision in force.
    """
    bits = first_bits
    while not done(found):
        if bits > most_bits:
            reason = f"{most_bits} bits leave it wider than was asked for"
            return dataclasses.replace(found, reason=reason)
        with BALLS.precision(bits):
            lower, upper = attempt()
        arithmetic = f"balls of {bits} bits"
        found = found.met(Enclosure.between(lower, upper, arithmetic=arithmetic))
        bits <<= 1
    return found


def is_narrow(found: Enclosure, atol: float) -> bool:
    """Whether every width is certified to be at most `atol`."""
    return found.certified and bool(np.all(np.less_equal(found.width, atol)))


def is_relatively_narrow(found: Enclosure, rtol: float) -> bool:
    """Whether every upper end is certified to be at most 1 + rtol times the lower."""
    limit = np.maximum(found.lower, down_mul(found.lower, down_add(1.0, rtol)))
    return found.certified and bool(np.all(np.less_equal(found.upper, limit)))
