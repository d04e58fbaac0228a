"""Residual and leaky recurrences: ‖I + hA‖₂² ≤ 1 + 2h μ₂(A) + h²‖A‖₂², every h ≥ 0.

μ₂(A) = λ_max((A + Aᵀ)/2) is the logarithmic norm [soderlind2006logarithmic].  For the
flow of x' = Ax the rate is μ₂, ‖e^(hA)‖ ≤ e^(h μ₂); for a step of finite size it is
not: ‖I + hA‖ ≤ e^(h μ₂) fails for every skew A ≠ 0, where μ₂ = 0 and ‖I + hA‖² is
1 + h²‖A‖².
"""

import math
from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import norm_above
from gradlab.linalg.rounding import (
    up_add,
    up_excess,
    up_log1p,
    up_mul,
    up_sub,
    up_sum,
)
from gradlab.references import Reference
from gradlab.typing import Matrix
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.numerical_range import enclosed_numerical_abscissa

__all__ = ["LogarithmicNorm"]


@final
class LogarithmicNorm(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ½ Σ_t ln(1 + 2μ₂(A_t) + ‖A_t‖₂²), with A_t = J_t − I.

    For every cell; it is meant for those with J_t = I + hA_t, residual and leaky ones,
    where hA_t is small and its sign counts: μ₂ < 0 lets gradients vanish although ‖J_t‖
    was bounded by 1 + h‖A_t‖.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[1.0, -0.125], [0.125, 1.0]]  # I + hA with A skew
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]] * 10)
    >>> found = LogarithmicNorm().log_bound(rest)
    >>> round(found, 12) == round(5 * math.log1p(1 / 64), 12)
    True
    """

    label = "thm:logarithmic-norm"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\le\tfrac12\sum_{t=1}^{T}"
        r"\ln\bigl(1+2h\,\mu_2(A_t)+h^2\|A_t\|_2^2\bigr),"
        r"\qquad J_t=I+hA_t,\ \mu_2(A)=\lambda_{\max}\bigl(\tfrac12(A+A^\top)\bigr)"
    )
    source = Reference("soderlind2006logarithmic")
    assumptions = "none"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return ½ Σ_t ln(1 + 2μ₂(A_t) + ‖A_t‖₂²) in nats, rounded up.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        chain = require_single(trajectory).chain
        bound = up_mul(0.5, up_sum(_log_square(J) for J in chain))
        return Enclosure.between(-math.inf, bound, fault=fault())


def _log_square(J: Matrix) -> float:
    """Return ln(1 + 2μ₂(J − I) + ‖J − I‖₂²), rounded up."""
    A = np.where(np.eye(len(J)) > 0, up_sub(J, 1.0), J)
    # Off the diagonal A is exact; on it, it is rounded up.
    moved = up_excess(np.diag(A)).max()
    mu = up_add(enclosed_numerical_abscissa(A).upper, moved)
    size = up_add(norm_above(A), moved)
    return float(up_log1p(up_add(up_mul(2.0, mu), up_mul(size, size))))
