"""Norm of the weights times the largest slope: ln‖J_T ⋯ J_1‖₂ ≤ T ln(γ ‖W_hh‖₂)."""

import math
from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.bounds.outward import EPSILON, log_norm_above, sum_above, times_above
from gradlab.cells.base import AbstractCell
from gradlab.cells.linear import Linear
from gradlab.cells.rnn import RNN
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.references import Reference

__all__ = ["SlopeNorm"]


@final
class SlopeNorm(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ T ln(γ ‖W_hh‖₂), with γ = max|φ'|, for h' = φ(W_hh h + …).

    γ = 1 for tanh and 1/4 for the sigmoid.  γ ‖W_hh‖₂ < 1 is sufficient for gradients
    to vanish, and γ ‖W_hh‖₂ > 1 is necessary for them to explode.

    Examples
    --------
    >>> from gradlab.cells import RNN
    >>> from gradlab.dynamics import run
    >>> cell = RNN(2 * np.eye(3), np.zeros((3, 1)), -np.ones(3), activation="sigmoid")
    >>> rest = run(cell, np.full(3, 0.5), np.zeros((10, 1)))
    >>> round(SlopeNorm().log_bound(rest), 12)  # 10 ln(2/4)
    -6.931471805599
    """

    label = "thm:slope-norm"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\le T\ln\bigl(\gamma\,\|W_{hh}\|_2\bigr),"
        r"\qquad\gamma=\sup_a|\varphi'(a)|"
    )
    source = Reference("pascanu2013difficulty", "Sec. 2.1")
    assumptions = "the cell is h' = φ(W_hh h + W_hx x + b_h) with |φ'| ≤ γ"
    direction: ClassVar[Literal["above"]] = "above"

    def log_bound(self, trajectory: Trajectory) -> float:
        """Return T ln(γ ‖W_hh‖₂) in nats, rounded up by about (4 n² + 32) u per step.

        Raises
        ------
        AssumptionError
            If the cell is neither an RNN nor Linear.
        InputError
            If the trajectory is a batch.
        """
        cell = require_single(trajectory).cell
        log_slope = _log_largest_slope(cell, self.label)
        log_norm = log_norm_above(cell.params["W_hh"])
        if log_norm == -math.inf:
            return -math.inf
        # A computed slope, its product with a weight and γ itself are each right to a
        # few ulp; 16 of them cover the three, and ln γ + ln‖W‖.
        step = sum_above([log_slope, log_norm, 16 * EPSILON * (1 + abs(log_norm))])
        # Where that product underflows, an entry is wrong by 2⁻¹⁰⁷⁴ at most.
        tiny = math.log(cell.sizes[0]) - 1074 * math.log(2)
        step = sum_above([float(np.logaddexp(step, tiny)), EPSILON * abs(step)])
        return times_above(len(trajectory), step)


def _log_largest_slope(cell: AbstractCell, label: str) -> float:
    if isinstance(cell, Linear):
        return 0.0
    if isinstance(cell, RNN):
        return float(np.log(cell.phi.lipschitz))
    raise AssumptionError(label, "an RNN or a Linear cell", type(cell).__name__)
