"""Norm of the weights times the largest slope: ln‖J_T ⋯ J_1‖₂ ≤ T ln(γ ‖W_hh‖₂)."""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.slope_weights import slope_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import ETA, fault
from gradlab.linalg.outward import frobenius_above, norm_between
from gradlab.linalg.rounding import (
    down_log,
    down_mul,
    down_sub,
    down_times,
    up_add,
    up_log,
    up_mul,
    up_times,
)
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["SlopeNorm"]


@final
class SlopeNorm(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ T ln(γ ‖W_hh‖₂), with γ = max|φ'|, for h' = φ(W_hh h + …).

    γ = 1 for tanh and 1/4 for the sigmoid.  γ ‖W_hh‖₂ < 1 is sufficient for gradients
    to vanish, and γ ‖W_hh‖₂ > 1 is necessary for them to explode.

    Examples
    --------
    >>> import numpy as np
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

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return T ln(γ ‖W_hh‖₂) in nats, some (4 n² + n) u wide per step.

        The entries of J_t are products of slopes and weights, rounded: what that adds
        to the norm is in the upper end, and γ there is not below any slope of the run.

        Raises
        ------
        AssumptionError
            If the cell is neither an RNN nor Linear.
        InputError
            If the trajectory is a batch.
        """
        found, T = slope_weights(trajectory, self.label), len(trajectory)
        S, gamma = found.matrix, found.gamma
        low, high = norm_between(S)
        if not high > 0:
            return Enclosure.between(-math.inf, -math.inf, fault=fault())
        rounding = up_mul(found.relative, frobenius_above(S))
        lost = up_mul(len(S), found.absolute)
        high = up_add(up_mul(gamma, high), up_add(rounding, lost))
        low = down_sub(down_mul(gamma, low), up_mul(len(S), up_mul(gamma, ETA)))
        return Enclosure.between(
            down_times(T, down_log(low, found.exponent)),
            up_times(T, up_log(high, found.exponent)),
            fault=fault(),
        )
