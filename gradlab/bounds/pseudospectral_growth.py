"""Growth within T steps, from one resolvent: max_{0<k≤T}‖W^k‖₂ ≥ r^T/(1 + (r^T − 1)/L).

With r = |z| > 1 and L = (r − 1)(r‖(zI − W)⁻¹‖₂ − 1).  If P is the maximum, then
‖W^(qT+s)‖ ≤ P^(q+1) for 0 < s ≤ T, and summing the series of the resolvent gives
L ≤ P (r^T − 1)/(r^T − P) where P < r^T.
"""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds._circles import points_outside
from gradlab.bounds.base import AbstractRunTheorem
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.rounding import (
    down_abs,
    down_log,
    down_mul,
    down_sub,
    down_times,
    up_abs,
    up_add,
    up_exp,
    up_log,
    up_log1p,
    up_sub,
    up_times,
)
from gradlab.references import Reference
from gradlab.typing import Matrix
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.resolvent import enclosed_resolvent_norm

__all__ = ["PseudospectralGrowth"]


@final
class PseudospectralGrowth(AbstractRunTheorem):
    """max_{0<k≤T} ln‖W_hh^k‖₂ from below by one resolvent, for a linear recurrence.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> double = Linear([[2.0, 1.0], [0.0, 0.5]], [[0.0], [0.0]])
    >>> rest = run(double, [0.0, 0.0], [[0.0]] * 10)
    >>> PseudospectralGrowth().log_bound(rest) > 10 * math.log(2) - 1e-6
    True
    """

    label = "thm:pseudospectral-growth"
    statement = (
        r"\max_{0<k\le T}\ln\|W^k\|_2\ge T\ln r-\ln\Bigl(1+\frac{r^T-1}{L}\Bigr),"
        r"\qquad r=|z|>1,\ L=(r-1)\bigl(r\,\|(zI-W)^{-1}\|_2-1\bigr)>0"
    )
    source = Reference("trefethen2005spectra", "Sec. 16")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    quantity = r"\max_{0<k\le T}\ln\|W^k\|_2"
    direction: ClassVar[Literal["below"]] = "below"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the largest of the bounds for some z, rounded down; −∞ if none.

        The −1 in the numerator is left out, so that r^T may be beyond float64.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        bounds = (_at(W, T, z) for z in points_outside(W, T))
        return Enclosure.between(
            max(bounds, default=-math.inf), math.inf, fault=fault()
        )


def _at(W: Matrix, T: int, z: complex) -> float:
    """Return T ln r − ln(1 + r^T/L) rounded down; −inf where it says nothing."""
    low, high = down_abs(z), up_abs(z)
    resolvent = enclosed_resolvent_norm(W, z)
    excess = down_sub(down_mul(low, resolvent.lower), 1.0)
    L = down_mul(down_sub(low, 1.0), excess)
    if not (low > 1 and L > 0):
        return -math.inf
    x = float(up_sub(up_times(T, up_log(high)), down_log(L)))
    # ln(1 + e^x), and e^x may overflow.
    loss = up_add(max(x, 0.0), up_log1p(up_exp(-abs(x))))
    return float(down_sub(down_times(T, down_log(low)), loss))
