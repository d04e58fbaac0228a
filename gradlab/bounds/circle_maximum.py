"""Resolvents all around a circle, from few of its points.

With d < N points z_j and τ = ‖(W/r)^d‖₂,

    max‖(zI − W)⁻¹‖ ≤ (1 + τ)/(1 − τ) · max_j‖(z_jI − W)⁻¹‖ / cos(πd/2N),

since (zI − W)⁻¹ (I − (W/z)^d) is a trigonometric polynomial of d terms on the circle,
and between nodes that are 2π/N apart such a one rises by 1/cos(πd/2N) at most
[ehlich1964schwankung].
"""

import math

from gradlab.linalg.rounding import (
    down_add,
    down_log,
    down_log1p,
    down_mul,
    down_sqrt,
    down_times,
    up_exp,
    up_log,
    up_log1p,
    up_sub,
    up_sum,
)
from gradlab.typing import Matrix
from gradlab.verified.powers import enclosed_log_power_gain
from gradlab.verified.resolvent import resolvent_norms_on_circle

__all__ = ["log_largest_above", "ratio_above"]

_DOUBLINGS = range(2, 6)  # of d: from 0.08 down to 0.001 nats are paid for the gaps
_CHEAP = 256  # points


def log_largest_above(W: Matrix, radius: float, degree: int) -> float:
    """Return a float64 ≥ ln max‖(zI − W)⁻¹‖₂ on |z| = r, or inf.

    From N = 4d points, and from up to 32d where these are no more than 256.
    """
    ratio = ratio_above(W, radius, degree)
    if not ratio < 1:
        return math.inf
    cheap = (k for k in _DOUBLINGS if degree << k <= _CHEAP)
    doublings = max(cheap, default=_DOUBLINGS.start)
    largest = resolvent_norms_on_circle(W, radius, degree << doublings).max()
    rise = -down_log(_cosine_below(doublings))
    terms = [up_log(largest), rise, up_log1p(ratio), -down_log1p(-ratio)]
    return float(up_sum(terms))


def _cosine_below(halvings: int) -> float:
    """Return a float64 ≤ cos(π/2^(k+1)), from cos²(x/2) = (1 + cos x)/2 and cos π/2."""
    cosine = 0.0
    for _ in range(halvings):
        cosine = down_sqrt(down_mul(0.5, down_add(1.0, cosine)))
    return cosine


def ratio_above(W: Matrix, radius: float, N: int) -> float:
    """Return a float64 ≥ ‖(W/r)^N‖₂; inf where it is not known."""
    power = enclosed_log_power_gain(W, N, atol=1e-3)
    log_ratio = up_sub(power.upper, down_times(N, down_log(radius)))
    return float(up_exp(log_ratio)) if power.certified else math.inf
