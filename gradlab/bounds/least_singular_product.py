"""From below by what is stretched least: ‖ABC‖₂ ≥ σ_min(A) ‖B‖₂ σ_min(C)."""

import math
from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import least_singular_value_below, log_norm_between
from gradlab.linalg.rounding import down_log, down_sub, down_sum
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["LeastSingularProduct"]


@final
class LeastSingularProduct(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≥ max_k [ln‖J_k‖₂ + Σ_{t≠k} ln σ_min(J_t)], for every run.

    It is sharp where all Jacobians but one are multiples of orthogonal matrices, and −∞
    where two are singular.  Σ_t ln σ_min(J_t) > 0 is enough for gradients to explode.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> turn = Linear([[0.0, -2.0], [2.0, 0.0]], [[0.0], [0.0]])
    >>> rest = run(turn, [0.0, 0.0], [[0.0]] * 10)
    >>> round(LeastSingularProduct().log_bound(rest), 12)  # 10 ln 2
    6.931471805599
    """

    label = "thm:least-singular-product"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\ge\max_k\Bigl(\ln\|J_k\|_2"
        r"+\sum_{t\ne k}\ln\sigma_{\min}(J_t)\Bigr)"
    )
    source = Reference("horn2013matrix", "Sec. 5.6")
    assumptions = "none"
    direction: ClassVar[Literal["below"]] = "below"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the bound in nats, from below: n² u κ(J_t) per step is given away.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        J = require_single(trajectory).chain.factors()
        norms = log_norm_between(J)[0]
        least = down_log(least_singular_value_below(J))
        # Any k will do; the one that gains most, or the only one that is singular.
        ratios = np.where(np.isinf(least), np.inf, down_sub(norms, least))
        terms = np.where(np.arange(len(J)) == ratios.argmax(), norms, least)
        return Enclosure.between(down_sum(terms), math.inf, fault=fault())
