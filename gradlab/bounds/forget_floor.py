"""Forget gates from below: ‖J_T ⋯ J_1‖₂ ≥ max_k Π_t σ(f_{t,k}), if nothing cancels it.

If W_i, W_f and W_g vanish, ∂c_T/∂c_0 is the diagonal matrix Π_t σ(f_t), and a block of
the product.  With other weights there are further paths, through h and the gates, and
these may cancel the forget gates' path altogether: one unit at rest, with every gate at
½ and W_g = −2, has a nilpotent Jacobian, and forgets everything in two steps.
"""

import math
from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.cells.lstm import LSTM
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.linalg.rounding import down_log, down_sum
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["ForgetFloor"]


@final
class ForgetFloor(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≥ max_k Σ_t ln σ(f_{t,k}) for an LSTM with W_i = W_f = W_g = 0.

    Only the output gate may see h.  Volume is a bound from below for every LSTM
    (`VolumeFloor`), and weaker.

    Examples
    --------
    >>> from gradlab.cells import LSTM
    >>> from gradlab.dynamics import run
    >>> cell = LSTM(np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4))
    >>> rest = run(cell, [0.0, 1.0], np.zeros((10, 1)))
    >>> round(ForgetFloor().log_bound(rest), 12)  # 10 ln σ(0)
    -6.931471805599
    """

    label = "thm:forget-floor"
    statement = (
        r"W_i=W_f=W_g=0\ \Rightarrow\ "
        r"\ln\|J_T\cdots J_1\|_2\ge\max_k\sum_{t=1}^{T}\ln\sigma(f_{t,k})"
    )
    source = Reference("gers2000learning")
    assumptions = "the cell is an LSTM whose gates i and f and candidate g see no h"
    direction: ClassVar[Literal["below"]] = "below"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return max_k Σ_t ln σ(f_{t,k}) in nats, rounded down by 4 u per step.

        Raises
        ------
        AssumptionError
            If the cell is not an LSTM, or a weight of W_i, W_f or W_g is not 0.
        InputError
            If the trajectory is a batch.
        """
        cell = require_single(trajectory).cell
        if not isinstance(cell, LSTM):
            raise AssumptionError(self.label, "an LSTM", type(cell).__name__)
        blind = cell.W_hh[: -cell.hidden]
        largest = float(np.abs(blind).max())
        if largest > 0:
            raise AssumptionError(self.label, "W_i = W_f = W_g = 0", largest)
        gates = cell.gate_values(trajectory.states[:-1], trajectory.inputs)
        sums = (down_sum(column) for column in down_log(gates["f"]).T)
        return Enclosure.between(max(sums), math.inf)
