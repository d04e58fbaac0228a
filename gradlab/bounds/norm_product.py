"""The product of norms: ln‖J_T ⋯ J_1‖₂ ≤ Σ_t ln‖J_t‖₂."""

from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.step_sums import sum_over_steps
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.outward import log_norm_between
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["NormProduct"]


@final
class NormProduct(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ Σ_t ln‖J_t‖₂, for every cell and every run.

    It is sharp where the leading singular directions of successive Jacobians line up:
    the left one of J_t with the right one of J_{t+1}.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> half_turn = Linear([[0.0, -0.5], [0.5, 0.0]], np.zeros((2, 1)))
    >>> rest = run(half_turn, np.zeros(2), np.zeros((10, 1)))
    >>> round(NormProduct().log_bound(rest), 12)  # 10 ln ½
    -6.931471805599
    """

    label = "thm:norm-product"
    statement = r"\ln\|J_T\cdots J_1\|_2\le\sum_{t=1}^{T}\ln\|J_t\|_2"
    source = Reference("pascanu2013difficulty", "Sec. 2.1")
    assumptions = "none"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return Σ_t ln‖J_t‖₂ in nats, some 4 n² u wide per step.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        return sum_over_steps(trajectory, log_norm_between)
