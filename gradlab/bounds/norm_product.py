"""The product of norms: ln‖J_T ⋯ J_1‖₂ ≤ Σ_t ln‖J_t‖₂."""

from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.bounds.outward import log_norms_above, sum_above
from gradlab.dynamics.trajectory import Trajectory
from gradlab.references import Reference

__all__ = ["NormProduct"]

_BLOCK = 64  # Jacobians made dense at once


@final
class NormProduct(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ Σ_t ln‖J_t‖₂, for every cell and every run.

    It is sharp where the leading singular directions of successive Jacobians line up:
    the left one of J_t with the right one of J_{t+1}.

    Examples
    --------
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

    def log_bound(self, trajectory: Trajectory) -> float:
        """Return Σ_t ln‖J_t‖₂ in nats, rounded up by about 4 n² u per step.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        chain = require_single(trajectory).chain
        starts = range(0, len(chain), _BLOCK)
        blocks = (chain[start : start + _BLOCK].factors() for start in starts)
        return sum_above(np.concatenate([log_norms_above(J) for J in blocks]))
