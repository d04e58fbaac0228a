"""Cauchy's integral at N points: ‖W^T‖ ≤ r^(T+1) mean‖(z_jI − W)⁻¹‖ (1 + ‖(W/r)^N‖).

With z_j = r e^(2πij/N) and N > T the mean of z_j^(T+1) (z_jI − W)⁻¹ is not W^T, as the
integral would be, but W^T (I − (W/r)^N)⁻¹: exactly, and for every r > ρ(W).
"""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds._circles import best_circle
from gradlab.bounds.base import AbstractBound
from gradlab.bounds.circle_maximum import log_largest_above, ratio_above
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.rounding import (
    down_log,
    up_log,
    up_log1p,
    up_sub,
    up_sum,
    up_sums,
    up_times,
)
from gradlab.references import Reference
from gradlab.typing import Matrix
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.resolvent import resolvent_norms_on_circle

__all__ = ["CauchyPower"]

_MOST = 1 << 14  # points of a circle


@final
class CauchyPower(AbstractBound):
    """ln‖W_hh^T‖₂ from the resolvent on a circle, for a linear recurrence.

    The mean over the circle, and no constant: pseudospectra bound powers from above.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.0, 4.0], [0.0, 0.0]]
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]])
    >>> 0 < CauchyPower().log_bound(rest) - math.log(4) < 0.01
    True
    """

    label = "thm:cauchy-power"
    statement = (
        r"\ln\|W^T\|_2\le(T+1)\ln r"
        r"+\ln\Bigl(\frac1N\sum_{j=1}^{N}\|(z_jI-W)^{-1}\|_2\Bigr)"
        r"+\ln\bigl(1+\|(W/r)^N\|_2\bigr),\qquad z_j=re^{2\pi ij/N},"
        r"\ r>\rho(W),\ N>T"
    )
    source = Reference("trefethen2005spectra", "Sec. 16")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the bound in nats for an r that is searched for, rounded up.

        For T ≥ 2¹⁴, where N would be larger still, the maximum over the circle stands
        for the mean over all of it: few points certify the maximum.

        The theorem holds for every r, and no lower end is given.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        upper = _above(W, T) if W.any() else -math.inf
        return Enclosure.between(-math.inf, upper, fault=fault())


def _above(W: Matrix, T: int) -> float:
    circle = best_circle(W, T)
    N = max(circle.degree << 2, 1 << T.bit_length())
    power = up_times(T + 1, up_log(circle.radius))
    if N > _MOST:
        bound = up_sum([power, log_largest_above(W, circle.radius, circle.degree)])
    else:
        norms = resolvent_norms_on_circle(W, circle.radius, N)
        mean = up_sub(up_log(up_sums(norms)), down_log(float(N)))
        bound = up_sum([power, mean, up_log1p(ratio_above(W, circle.radius, N))])
    return bound if bound < math.inf else math.inf
