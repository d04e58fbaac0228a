"""Column sums times row sums: ln‖J_T ⋯ J_1‖₂ ≤ ½ Σ_t ln(‖J_t‖₁ ‖J_t‖_∞)."""

from typing import Any, ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.step_sums import sum_over_steps
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.entrywise import log_entrywise_between
from gradlab.linalg.rounding import down_add, down_mul, up_add, up_mul
from gradlab.references import Reference
from gradlab.typing import Factors
from gradlab.verified.enclosure import Enclosure

__all__ = ["MixedProduct"]


@final
class MixedProduct(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ½ Σ_t ln(‖J_t‖₁ ‖J_t‖_∞), for every cell and every run.

    ‖A‖₂² = ρ(AᵀA) ≤ ‖Aᵀ‖_∞ ‖A‖_∞, and ‖Aᵀ‖_∞ = ‖A‖₁.  It is sharp where every row and
    every column has one nonzero entry, and for matrices with equal row and column sums
    and no sign.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> swap = Linear([[0.0, 2.0], [2.0, 0.0]], [[0.0], [0.0]])
    >>> rest = run(swap, [0.0, 0.0], [[0.0]] * 10)
    >>> round(MixedProduct().log_bound(rest), 12)  # 10 ln 2
    6.931471805599
    """

    label = "thm:mixed-product"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2"
        r"\le\tfrac12\sum_{t=1}^{T}\ln\bigl(\|J_t\|_1\|J_t\|_\infty\bigr)"
    )
    source = Reference("golub2013matrix", "Sec. 2.3")
    assumptions = "none"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return ½ Σ_t ln(‖J_t‖₁ ‖J_t‖_∞) in nats, some n u wide per step.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        return sum_over_steps(trajectory, _log_between)


def _log_between(J: Factors) -> tuple[Any, Any]:
    columns, rows = (log_entrywise_between(J, order) for order in (1, float("inf")))
    high = up_mul(0.5, up_add(columns[1], rows[1]))
    return (
        down_mul(0.5, down_add(columns[0], rows[0])),
        # −∞ stays: a zero matrix has no column and no row, and its gain is none.
        np.where(np.isinf(columns[1]), columns[1], high),
    )
