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

# With N = 4d: cos² (π/8) = (1 + √½)/2.
_HALF = 0.5


def log_largest_above(W: Matrix, radius: float, degree: int) -> float:
    """Return a float64 ≥ ln max‖(zI − W)⁻¹‖₂ on |z| = r, from N = 4d points; or inf."""
    ratio = ratio_above(W, radius, degree)
    if not ratio < 1:
        return math.inf
    largest = resolvent_norms_on_circle(W, radius, degree << 2).max()
    cosine = down_sqrt(down_mul(_HALF, down_add(1.0, down_sqrt(_HALF))))
    terms = [up_log(largest), -down_log(cosine), up_log1p(ratio), -down_log1p(-ratio)]
    return float(up_sum(terms))


def ratio_above(W: Matrix, radius: float, N: int) -> float:
    """Return a float64 ≥ ‖(W/r)^N‖₂; inf where it is not known."""
    power = enclosed_log_power_gain(W, N, atol=1e-3)
    log_ratio = up_sub(power.upper, down_times(N, down_log(radius)))
    return float(up_exp(log_ratio)) if power.certified else math.inf
