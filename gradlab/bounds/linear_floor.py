"""The spectral radius from below: ‖W^T‖₂ ≥ ρ(W^T) = ρ(W)^T.

Computed eigenvalues of a matrix close to a defective one are wrong by ε^(1/n), and a
floating-point ρ can be above the true one.  `gradlab.verified` encloses ρ: in discs
where the eigenvectors are a basis, by the exact characteristic polynomial where not.
"""

from typing import ClassVar, Literal, final

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.rounding import down_log, down_times, up_log, up_times
from gradlab.references import Reference
from gradlab.verified.eigen import enclosed_spectral_radius
from gradlab.verified.enclosure import Enclosure

__all__ = ["LinearFloor"]


@final
class LinearFloor(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≥ T ln ρ(W_hh) for a linear recurrence.

    A spectral radius above 1 is therefore enough for gradients to explode.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.5, 4.0], [0.0, -0.5]]
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]] * 10)
    >>> round(LinearFloor().log_bound(rest), 12)  # 10 ln ½
    -6.931471805599
    """

    label = "thm:linear-floor"
    statement = r"\ln\|W^T\|_2\ge T\ln\rho(W)"
    source = Reference("horn2013matrix", "Theorem 5.6.9")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    direction: ClassVar[Literal["below"]] = "below"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return T ln ρ(W_hh) in nats, at most 10⁻⁷ wide per step for n ≤ 128.

        For larger n the lower end is −inf where the eigenvectors are no basis.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        radius = enclosed_spectral_radius(W, rtol=1e-7)
        fault = "" if radius.certified else radius.reason
        return Enclosure.between(
            down_times(T, down_log(radius.lower)),
            up_times(T, up_log(radius.upper)),
            arithmetic=radius.arithmetic,
            fault=fault,
        )
