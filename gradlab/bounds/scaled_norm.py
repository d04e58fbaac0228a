"""Another unit for every state: ‖J_T ⋯ J_1‖₂ ≤ κ(D) (γ ‖D W_hh D⁻¹‖₂)^T.

A diagonal D commutes with the slopes, so that D J_t D⁻¹ = Φ_t D W_hh D⁻¹.  The least
‖D W D⁻¹‖₂ is between ρ(W) and min(‖W‖₂, ρ(|W|)), and κ(D) is paid once.
"""

import math
from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds._scalings import scalings
from gradlab.bounds.base import AbstractBound
from gradlab.bounds.slope_weights import SlopeWeights, slope_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import frobenius_above, norm_above
from gradlab.linalg.rounding import (
    up_add,
    up_div,
    up_excess,
    up_log,
    up_mul,
    up_sum,
    up_times,
)
from gradlab.references import Reference
from gradlab.typing import Vector
from gradlab.verified.enclosure import Enclosure

__all__ = ["ScaledNorm"]


@final
class ScaledNorm(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ln κ(D) + T ln(γ‖D W_hh D⁻¹‖₂) for every positive diagonal D.

    γ min_D ‖D W_hh D⁻¹‖₂ < 1 is sufficient for gradients to vanish, and weaker than
    γ‖W_hh‖₂ < 1: the condition is that W_hh has a diagonal Lyapunov function.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import RNN
    >>> from gradlab.dynamics import run
    >>> W = [[0.0, 1.0], [0.25, 0.0]]  # ½ a swap for D = diag(1, 2)
    >>> rest = run(RNN(W, np.zeros((2, 1)), [0.0] * 2), [0.0] * 2, np.zeros((11, 1)))
    >>> round(ScaledNorm().log_bound(rest), 12)  # ln 2 + 11 ln ½
    -6.931471805599
    """

    label = "thm:scaled-norm"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\le\ln\bigl(\|D\|_2\|D^{-1}\|_2\bigr)"
        r"+T\ln\bigl(\gamma\,\|DW_{hh}D^{-1}\|_2\bigr)"
        r"\qquad\text{for every }D=\operatorname{diag}(d),\ d>0"
    )
    source = Reference("buehner2006tighter")
    assumptions = "the cell is h' = φ(W_hh h + W_hx x + b_h) with |φ'| ≤ γ"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the least of the bounds for some D in nats, rounded up.

        The theorem holds for every D, and no lower end is given.

        Raises
        ------
        AssumptionError
            If the cell is neither an RNN nor Linear.
        InputError
            If the trajectory is a batch.
        """
        found, T = slope_weights(trajectory, self.label), len(trajectory)
        if not found.matrix.any():
            return Enclosure.between(-math.inf, -math.inf, fault=fault())
        bounds = (_with_scaling(found, T, d) for d in scalings(found.matrix))
        return Enclosure.between(-math.inf, min(bounds), fault=fault())


def _with_scaling(found: SlopeWeights, T: int, d: Vector) -> float:
    """Return ln κ(D) + T ln(γ‖D W D⁻¹‖₂), rounded up."""
    rows, n = up_mul(found.matrix, d[:, None]), len(d)
    scaled = up_div(rows, d)
    missed = up_add(up_div(up_excess(rows), d), up_excess(scaled))
    largest = up_add(np.abs(scaled), missed)
    condition = up_div(d.max(), d.min())
    error = up_add(
        up_mul(found.gamma, frobenius_above(missed)),
        up_mul(found.relative, frobenius_above(largest)),
    )
    lost = up_mul(up_mul(n, found.absolute), condition)
    rate = up_add(up_mul(found.gamma, norm_above(scaled)), up_add(error, lost))
    bound = up_sum([up_log(condition), up_times(T, up_log(rate, found.exponent))])
    return bound if bound < math.inf else math.inf
