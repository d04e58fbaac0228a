"""A GRU from above: ‖J_t‖₂ ≤ max z + Σ_k max|s_k| ‖W_k‖₂ over the gates r, z, n."""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.bounds.gated_norms import block_norms_above
from gradlab.cells.gru import GRU
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.rounding import up_log, up_sum
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["GRUCeiling"]


@final
class GRUCeiling(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ Σ_t ln(max z_t + Σ_k max|s_k,t| ‖W_k‖₂) for a GRU.

    With s_n = (1 − z) tanh' r, s_z = z' (h − n) and s_r = (1 − z) tanh' Q_n r', primes
    being slopes.  With small weights the rate is that of the update gates.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import GRU
    >>> from gradlab.dynamics import run
    >>> cell = GRU(np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(3), np.zeros(3))
    >>> rest = run(cell, [1.0], np.zeros((10, 1)))
    >>> round(GRUCeiling().log_bound(rest), 12)  # h halves: 10 ln ½
    -6.931471805599
    """

    label = "thm:gru-ceiling"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\le\sum_{t=1}^{T}\ln\Bigl(\max_iz_{t,i}"
        r"+\sum_{k\in\{r,z,n\}}\max_i|s_{k,t,i}|\,\|W_k\|_2\Bigr),\qquad"
        r"J_t=\operatorname{diag}(z_t)"
        r"+\sum_{k\in\{r,z,n\}}\operatorname{diag}(s_{k,t})\,W_k"
    )
    source = Reference("cho2014learning")
    assumptions = "the cell is a GRU"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the bound in nats, rounded up by some K n u per step.

        Raises
        ------
        AssumptionError
            If the cell is not a GRU.
        InputError
            If the trajectory is a batch.
        """
        cell = require_single(trajectory).cell
        if not isinstance(cell, GRU):
            raise AssumptionError(self.label, "a GRU", type(cell).__name__)
        slopes = cell.slopes(trajectory.states[:-1], trajectory.inputs)
        norms = block_norms_above(slopes)[:, 0, 0]
        return Enclosure.between(-math.inf, up_sum(up_log(norms)), fault=fault())
