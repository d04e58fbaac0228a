"""The product of norms: ln‖J_T ⋯ J_1‖₂ ≤ Σ_t ln‖J_t‖₂."""

from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import log_norm_between
from gradlab.linalg.rounding import down_sum, up_sum
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

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

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return Σ_t ln‖J_t‖₂ in nats, some 4 n² u wide per step.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        chain = require_single(trajectory).chain
        starts = range(0, len(chain), _BLOCK)
        blocks = (chain[start : start + _BLOCK].factors() for start in starts)
        logs = [log_norm_between(J) for J in blocks]
        lows, highs = (np.concatenate(ends) for ends in zip(*logs, strict=True))
        return Enclosure.between(down_sum(lows), up_sum(highs), fault=fault())
