"""Exact decisions about norms of powers: is ‖W^k‖₂ > e^b for some k of a range?

The first powers are rational matrices.  Later ones are tried at k near 2^(j/8), in
balls of high precision: ‖W^k v‖² > e^(2b) ‖v‖² is a proof, whatever v is.  Powers
between two that are tried are hardly larger.
"""

import math

import flint
import numpy as np

from tests.oracles.exact_norms import exact
from tests.oracles.gain import gain_at_most
from tests.oracles.precision import ball_precision

__all__ = ["some_power_above"]

_EXACT = 16
_BITS = 4096


def some_power_above(W, log_bound, powers):
    """Decide ‖W^k‖₂ > e^log_bound for some k of a range; False if none was found.

    W⁰ = I counts also where the two sides are equal.
    """
    if log_bound == -math.inf or (0 in powers and log_bound <= 0):
        return True
    A, k = exact(W), max(powers.start, 1)
    P = A**k
    while k < min(powers.stop, _EXACT):
        if not gain_at_most(P, log_bound):
            return True
        P, k = P * A, k + 1
    steps = range(8 * _EXACT.bit_length(), 8 * powers.stop.bit_length())
    later = sorted({round(2 ** (j / 8)) for j in steps})
    return any(_is_above(W, k, log_bound) for k in later if k < powers.stop)


def _is_above(W, k, log_bound):
    with ball_precision(_BITS):
        B = flint.arb_mat(W.tolist()) ** k
        largest = max(abs(x).mid() for x in B.entries())
        if not largest > 0:
            return False
        middle = [float((x / largest).mid()) for x in B.entries()]
        v = np.linalg.svd(np.reshape(middle, W.shape))[2][0]
        image = (B * flint.arb_mat([[x] for x in v])).entries()
        squares = sum(flint.arb(x) ** 2 for x in v.tolist())
        limit = (2 * flint.arb(log_bound)).exp() * squares
        return bool(sum(x**2 for x in image) > limit)
