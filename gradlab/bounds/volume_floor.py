"""Volume from below: ln‖J_T ⋯ J_1‖₂ ≥ (1/n) Σ_t ln|det J_t|.

The left side is the largest of n numbers ln σ_i, and the right side their mean.
"""

from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound, require_single
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.rounding import down_div, down_sum, up_div, up_sum
from gradlab.references import Reference
from gradlab.verified.determinants import enclosed_log_abs_det
from gradlab.verified.enclosure import Enclosure

__all__ = ["VolumeFloor"]


@final
class VolumeFloor(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≥ (1/n) Σ_t ln|det J_t|, for every cell and every run.

    n counts entries of the state: 2n hidden units of an LSTM.  The bound is sharp where
    all singular values of the product are equal, and −∞ where a Jacobian is singular.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> shear = Linear([[2.0, 2.0], [0.0, 2.0]], [[0.0], [0.0]])
    >>> rest = run(shear, [0.0, 0.0], [[0.0]] * 10)
    >>> round(VolumeFloor().log_bound(rest), 12)  # 10 ln 2
    6.931471805599
    """

    label = "thm:volume-floor"
    statement = (
        r"\ln\|J_T\cdots J_1\|_2\ge\frac1n\sum_{t=1}^{T}\ln|\det J_t|,"
        r"\qquad J_t\in\mathbb{R}^{n\times n}"
    )
    source = Reference("horn2013matrix", "Sec. 7.3")
    assumptions = "none"
    direction: ClassVar[Literal["below"]] = "below"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return (1/n) Σ_t ln|det J_t| in nats, a few units in the last place wide.

        Raises
        ------
        InputError
            If the trajectory is a batch.
        """
        chain = require_single(trajectory).chain
        ends = [enclosed_log_abs_det(J) for J in chain]
        return Enclosure.between(
            down_div(down_sum(float(end.lower) for end in ends), chain.size),
            up_div(up_sum(float(end.upper) for end in ends), chain.size),
            arithmetic="integers",
        )
