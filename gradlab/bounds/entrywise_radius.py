"""Slopes bounded, signs forgotten: ‖J_T ⋯ J_1‖₂ ≤ ‖(γ|W_hh|)^T‖₂, at rate γ ρ(|W_hh|).

Entry by entry |J_t| ≤ γ|W_hh|.  Products of nonnegative matrices grow with their
entries, and so does the norm of one.
"""

import math
from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.slope_weights import slope_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.rounding import up_add, up_log, up_mul, up_sum, up_times
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.powers import enclosed_log_power_gain

__all__ = ["EntrywiseRadius"]


@final
class EntrywiseRadius(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ln‖(γ|W_hh|)^T‖₂, with γ = max|φ'|, for h' = φ(W_hh h + …).

    γ ρ(|W_hh|) < 1 is sufficient for gradients to vanish.  It is never above the bound
    by rows, T ln(γ‖W_hh‖_∞) + ln √n, and not comparable to the one by ‖W_hh‖₂.

    Examples
    --------
    >>> from gradlab.cells import RNN
    >>> from gradlab.dynamics import run
    >>> W = [[0.0, 4.0], [0.25, 0.0]]  # ‖W‖₂ = 4 and ρ(|W|) = 1
    >>> rest = run(RNN(W, np.zeros((2, 1)), [0.0] * 2), [0.0] * 2, np.zeros((10, 1)))
    >>> abs(EntrywiseRadius().log_bound(rest)) < 1e-12
    True
    """

    label = "thm:entrywise-radius"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\le\ln\bigl\|(\gamma|W_{hh}|)^T\bigr\|_2,"
        r"\qquad\bigl\|(\gamma|W_{hh}|)^T\bigr\|_2^{1/T}\to\gamma\,\rho(|W_{hh}|)"
    )
    source = Reference("horn2013matrix", "Sec. 8.1")
    assumptions = "the cell is h' = φ(W_hh h + W_hx x + b_h) with |φ'| ≤ γ"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return ln‖(γ|W_hh|)^T‖₂ in nats, rounded up by some n u per step.

        Raises
        ------
        AssumptionError
            If the cell is neither an RNN nor Linear.
        InputError
            If the trajectory is a batch.
        """
        found, T = slope_weights(trajectory, self.label), len(trajectory)
        sizes = np.abs(found.matrix)
        largest = up_mul(sizes, up_add(found.gamma, found.relative))
        # A zero weight makes a zero entry: no rounding changes that.
        largest = np.where(sizes > 0, up_add(largest, found.absolute), 0.0)
        power = enclosed_log_power_gain(largest, T)
        shift = up_times(T, up_log(1.0, found.exponent))
        return Enclosure.between(
            -math.inf,
            up_sum([float(power.upper), shift]),
            arithmetic=power.arithmetic,
            fault="" if power.certified else power.reason,
        )
