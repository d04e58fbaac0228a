"""All slopes at once: ‖J_T ⋯ J_1‖₂ ≤ κ(P)^½ r^T if ‖DW_hh‖_P ≤ r for all l ≤ D ≤ h.

The least r over all norms is the joint spectral radius of the set {DW_hh}: what no
sequence of slopes, whatever the inputs are, can exceed in the long run.  Over the norms
‖x‖² = xᵀPx it is found by a linear matrix inequality (`gradlab.linalg.lmi`), and what a
solver found is decided in balls, for an r that is a little larger.
"""

import math
from collections.abc import Iterator
from typing import ClassVar, Literal, final

from gradlab.bounds._sectors import sector_candidates
from gradlab.bounds.base import AbstractBound
from gradlab.bounds.scaled_norm import ScaledNorm
from gradlab.bounds.slope_weights import SlopeWeights, slope_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import (
    frobenius_above,
    least_singular_value_below,
    norm_above,
)
from gradlab.linalg.rounding import (
    up_add,
    up_div,
    up_log,
    up_mul,
    up_sqrt,
    up_sum,
    up_times,
)
from gradlab.references import Reference
from gradlab.typing import Matrix, Vector
from gradlab.verified.compare import Verdict
from gradlab.verified.definite import sector_verdict
from gradlab.verified.enclosure import Enclosure

__all__ = ["SlopeSet"]


@final
class SlopeSet(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ½ ln κ(P) + T ln r, ‖DW_hh‖_P ≤ r for l ≤ D ≤ h diagonal.

    [l, h] holds every slope: l = 0 for tanh and ReLU, and h = γ.  A diagonal P gives
    `ScaledNorm`, and the bound is never above that one.  It says nothing new for more
    than 16 units, where no inequality is solved.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import RNN
    >>> from gradlab.dynamics import run
    >>> W = np.array([[0.5, -0.7], [0.7, 0.5]])  # a turn by 54°, and ‖W‖₂ = 0.86
    >>> rest = run(RNN(W, [[0.0]] * 2, [0.0] * 2), [0.0] * 2, np.zeros((50, 1)))
    >>> SlopeSet().log_bound(rest) <= ScaledNorm().log_bound(rest)
    True
    """

    label = "thm:slope-set"
    statement = (
        r"\|DW_{hh}\|_P\le r\ \bigl(l\le D\le h\text{ diagonal}\bigr)\ \Rightarrow\ "
        r"\ln\|J_T\cdots J_1\|_2\le\tfrac12\ln\bigl(\|P\|_2\|P^{-1}\|_2\bigr)+T\ln r,"
        r"\qquad\|A\|_P=\|P^{1/2}AP^{-1/2}\|_2"
    )
    source = Reference("boyd1994linear", "Sec. 5.1")
    assumptions = "the cell is h' = φ(W_hh h + W_hx x + b_h) with l ≤ φ' ≤ h"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the least of the bounds for some P in nats, rounded up.

        The theorem holds for every P, and no lower end is given.

        Raises
        ------
        AssumptionError
            If the cell is neither an RNN nor Linear.
        InputError
            If the trajectory is a batch.
        """
        found, T = slope_weights(trajectory, self.label), len(trajectory)
        diagonal = ScaledNorm().enclosed_bound(trajectory).upper
        bounds = (float(diagonal), *_bounds(found, T))
        return Enclosure.between(-math.inf, min(bounds), fault=fault())


def _bounds(found: SlopeWeights, T: int) -> Iterator[float]:
    """Yield ½ ln κ(P) + T ln r, rounded up, for the forms that are proved."""
    W, slopes = found.matrix, (found.least, found.gamma)
    n = len(W)
    for P, multipliers, rates in sector_candidates(W, slopes):
        rate = _proved(found, P, multipliers, rates)
        condition = up_sqrt(up_div(norm_above(P), least_singular_value_below(P)))
        # ‖E‖_P ≤ κ(P)^½ ‖E‖_F for what rounding adds to a Jacobian.
        size = up_mul(found.relative, frobenius_above(W))
        error = up_mul(condition, up_add(size, up_mul(n, found.absolute)))
        growth = up_log(up_add(rate, error), found.exponent)
        bound = up_sum([up_log(condition), up_times(T, growth)])
        yield bound if bound < math.inf else math.inf


def _proved(
    found: SlopeWeights, P: Matrix, multipliers: Vector, rates: list[float]
) -> float:
    """Return the first rate that is proved, inf if none is."""
    slopes = (found.least, found.gamma)
    for rate in rates:
        verdict = sector_verdict(found.matrix, slopes, P, multipliers, rate)
        if verdict is Verdict.PROVED:
            return rate
    return math.inf
