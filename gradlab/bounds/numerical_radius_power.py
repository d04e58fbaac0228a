"""Powers and the numerical range: ‖W^T‖₂ ≤ 2 w(W)^T, since w(W^T) ≤ w(W)^T.

The second inequality is Berger's; the factor 2 is from ‖A‖₂ ≤ 2 w(A), and cannot be
spared [crabb1971powers].
"""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.rounding import up_log, up_sum, up_times
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.numerical_range import enclosed_numerical_radius

__all__ = ["NumericalRadiusPower"]

_RTOL = 1e-5


@final
class NumericalRadiusPower(AbstractBound):
    """ln‖W_hh^T‖₂ ≤ ln 2 + T ln w(W_hh) for a linear recurrence; w = max |xᴴWx|/xᴴx.

    w(W) ≤ 1 keeps every power below 2, whatever ‖W‖₂ ≤ 2 is.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.0, 2.0], [0.0, 0.0]]  # w = 1
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]])
    >>> 0 < NumericalRadiusPower().log_bound(rest) - math.log(2) < 1e-5
    True
    """

    label = "thm:numerical-radius"
    statement = (
        r"\ln\|W^T\|_2\le\ln2+T\ln w(W),"
        r"\qquad w(W)=\max_{\|x\|_2=1}|x^{\mathsf H}Wx|"
    )
    source = Reference("higham2002accuracy", "Sec. 18.1")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return ln 2 + T ln w(W_hh) in nats, with w known to one part in 10⁵.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        w = enclosed_numerical_radius(W, rtol=_RTOL)
        upper = up_sum([up_log(2.0), up_times(T, up_log(w.upper))])
        fault = "" if w.certified else w.reason
        return Enclosure.between(-math.inf, upper, arithmetic=w.arithmetic, fault=fault)
