"""The product of Frobenius norms: ln‖J_T ⋯ J_1‖₂ ≤ Σ_t ln‖J_t‖_F."""

from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.step_sums import sum_over_steps
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.entrywise import log_entrywise_between
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["FrobeniusProduct"]


@final
class FrobeniusProduct(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ Σ_t ln‖J_t‖_F, for every cell and every run.

    It needs no singular values, and is sharp where every J_t has rank one and their
    directions line up.  A Jacobian with n equal singular values costs ln √n per step.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> ones = Linear([[1.0, 1.0], [1.0, 1.0]], [[0.0], [0.0]])
    >>> rest = run(ones, [0.0, 0.0], [[0.0]] * 10)
    >>> round(FrobeniusProduct().log_bound(rest), 12)  # 10 ln 2
    6.931471805599
    """

    label = "thm:frobenius-product"
    statement = r"\ln\|J_T\cdots J_1\|_2\le\sum_{t=1}^{T}\ln\|J_t\|_F"
    source = Reference("golub2013matrix", "Sec. 2.3")
    assumptions = "none"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return Σ_t ln‖J_t‖_F in nats, some n² u wide per step.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        return sum_over_steps(trajectory, lambda J: log_entrywise_between(J, "fro"))
