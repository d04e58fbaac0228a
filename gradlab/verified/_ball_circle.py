"""Roots of unity e^(2πij/N) between float64s, from balls."""

import functools

from flint import arb, fmpq

from gradlab.algebra.balls import BALLS
from gradlab.verified.conversion import arb_down, arb_up

__all__ = ["unit_roots_between"]

_BITS = 80  # more than float64 has, so that the ends are neighbours


@functools.lru_cache(maxsize=16)
def unit_roots_between(N: int, count: int) -> list[tuple[float, float, float, float]]:
    """Return cos below and above, sin below and above, for j = 0 … count − 1.

    Examples
    --------
    >>> unit_roots_between(4, 2)
    [(1.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 1.0)]
    """
    with BALLS.precision(_BITS):
        turns = (fmpq(j * 2, N) for j in range(count))
        pairs = [(arb.cos_pi_fmpq(turn), arb.sin_pi_fmpq(turn)) for turn in turns]
        return [(*_ends(cosine), *_ends(sine)) for cosine, sine in pairs]


def _ends(x: arb) -> tuple[float, float]:
    return arb_down(x), arb_up(x)
