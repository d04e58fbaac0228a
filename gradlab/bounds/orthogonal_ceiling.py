"""Orthogonal weights from above: ln‖J_T ⋯ J_1‖₂ ≤ T ln γ, for h' = φ(W_hh h + …)."""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.orthogonal_weights import orthogonality_defect
from gradlab.bounds.slope_weights import slope_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import ETA, UNIT, fault
from gradlab.linalg.outward import frobenius_above
from gradlab.linalg.rounding import up_add, up_log, up_mul, up_sqrt, up_times
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["OrthogonalCeiling"]


@final
class OrthogonalCeiling(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ T ln γ for orthogonal W_hh, with γ = max|φ'|.

    With tanh or ReLU gradients cannot explode.  They may well vanish: that every slope
    is 1 is a matter of the run, and only a linear recurrence has it (see
    `OrthogonalFloor`).

    Examples
    --------
    >>> from gradlab.cells import RNN
    >>> from gradlab.dynamics import run
    >>> swap, bias = [[0.0, 1.0], [1.0, 0.0]], [-0.5, -0.5]
    >>> cell = RNN(swap, [[0.0], [0.0]], bias, activation="sigmoid")
    >>> rest = run(cell, [0.5, 0.5], [[0.0]] * 10)
    >>> round(OrthogonalCeiling().log_bound(rest) - 10 * math.log(0.25), 12)
    0.0
    """

    label = "thm:orthogonal-ceiling"
    statement = (
        r"W_{hh}^\top W_{hh}=I\ \Rightarrow\ \ln\|J_T\cdots J_1\|_2\le T\ln\gamma,"
        r"\qquad\gamma=\sup_a|\varphi'(a)|"
    )
    source = Reference("saxe2014exact")
    assumptions = (
        "the cell is h' = φ(W_hh h + W_hx x + b_h) with |φ'| ≤ γ and W_hh orthogonal "
        "up to rounding"
    )
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return T ln(γ √(1 + δ)) in nats, where ‖WᵀW − I‖₂ ≤ δ.

        Raises
        ------
        AssumptionError
            If the cell is neither an RNN nor Linear, or W_hh is not orthogonal up to
            the rounding of float32.
        InputError
            If the trajectory is a batch.
        """
        found, T = slope_weights(trajectory, self.label), len(trajectory)
        W = trajectory.cell.params["W_hh"]
        size = up_sqrt(up_add(1.0, orthogonality_defect(W, self.label)))
        # What rounding the entries of J adds is at most u γ ‖W‖_F and n η.
        spread = up_mul(UNIT, frobenius_above(W))
        factor = up_mul(found.gamma, up_add(size, spread))
        rate = up_log(up_add(factor, up_mul(len(W), ETA)))
        return Enclosure.between(-math.inf, up_times(T, rate), fault=fault())
