"""Orthogonal weights from below: ‖W^T‖₂ = 1 exactly, and so is every singular value."""

from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import linear_weights
from gradlab.bounds.orthogonal_weights import orthogonality_defect
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.rounding import (
    down_log1p,
    down_mul,
    down_times,
    up_log1p,
    up_mul,
    up_times,
)
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["OrthogonalFloor"]


@final
class OrthogonalFloor(AbstractBound):
    """ln‖W_hh^T‖₂ ≥ 0 for a linear recurrence with orthogonal W_hh: nothing vanishes.

    The bound is on every singular value of W_hh^T, and 0 from above as well: gradients
    keep their length, whatever their direction.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> turn = Linear([[0.0, -1.0], [1.0, 0.0]], [[0.0], [0.0]])
    >>> rest = run(turn, [0.0, 0.0], [[0.0]] * 1000)
    >>> -1e-11 < OrthogonalFloor().log_bound(rest) < 0
    True
    """

    label = "thm:orthogonal-floor"
    statement = (
        r"W^\top W=I\ \Rightarrow\ \ln\sigma_i(W^T)=0\ \text{for every }i,"
        r"\qquad\text{so that }\ln\|W^T\|_2\ge0"
    )
    source = Reference("saxe2014exact")
    assumptions = (
        "the cell is linear, h' = W_hh h + W_hx x + b_h, and W_hh orthogonal up to "
        "rounding"
    )
    direction: ClassVar[Literal["below"]] = "below"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return (T/2) ln(1 ± δ) in nats, where ‖WᵀW − I‖₂ ≤ δ.

        Raises
        ------
        AssumptionError
            If the cell is not linear, or W_hh is not orthogonal up to the rounding of
            float32.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        gap = orthogonality_defect(W, self.label)
        return Enclosure.between(
            down_times(T, down_mul(0.5, down_log1p(-gap))),
            up_times(T, up_mul(0.5, up_log1p(gap))),
            fault=fault(),
        )
