"""Kreiss from above: ‖W^T‖₂ ≤ n/(T+1) · r^(T+1) max‖(zI − W)⁻¹‖₂ on |z| = r, any r > ρ.

Integrating Cauchy's integral by parts, and with Spijker's bound on the length of the
image of a circle under a rational function of order n [spijker1991conjecture].  At
r = 1 + 1/(T+1) the right side is below e n K(W), whatever T is.

The maximum over the circle is certified in `gradlab.bounds.circle_maximum`.
"""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds._circles import best_circle
from gradlab.bounds.base import AbstractBound
from gradlab.bounds.circle_maximum import log_largest_above
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.rounding import down_log, up_log, up_sum, up_times
from gradlab.references import Reference
from gradlab.typing import Matrix
from gradlab.verified.enclosure import Enclosure

__all__ = ["KreissCeiling"]


@final
class KreissCeiling(AbstractBound):
    """ln‖W_hh^T‖₂ ≤ ln(n/(T+1)) + (T+1) ln r + ln max_{|z|=r}‖(zI − W_hh)⁻¹‖₂.

    The half of Kreiss' matrix theorem that bounds powers from above, for a linear
    recurrence; the other half is `KreissFloor`.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> turn = Linear([[0.0, -1.0], [1.0, 0.0]], [[0.0], [0.0]])
    >>> rest = run(turn, [0.0, 0.0], [[0.0]] * 40)
    >>> 0 < KreissCeiling().log_bound(rest) < math.log(2 * math.e) + 0.1  # e n K, K = 1
    True
    """

    label = "thm:kreiss-ceiling"
    statement = (
        r"\ln\|W^T\|_2\le\ln\frac{n}{T+1}+(T+1)\ln r"
        r"+\ln\max_{|z|=r}\|(zI-W)^{-1}\|_2\quad(r>\rho(W)),"
        r"\qquad\|W^T\|_2\le e\,n\sup_{|z|>1}(|z|-1)\|(zI-W)^{-1}\|_2"
    )
    source = Reference("spijker1991conjecture")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the first bound of the statement in nats, for an r searched for.

        What the certified maximum over the circle may be too large by, 0.001 to 0.1
        nats, is paid once.  The theorem holds for every r, and no lower end is given.

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
    terms = [
        up_log(float(len(W))),
        -down_log(float(T + 1)),
        up_times(T + 1, up_log(circle.radius)),
        log_largest_above(W, circle.radius, circle.degree),
    ]
    bound = up_sum(terms)
    return bound if bound < math.inf else math.inf
