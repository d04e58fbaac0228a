"""Kreiss from below: sup_k‖W^k‖₂ ≥ (|z| − 1)‖(zI − W)⁻¹‖₂ for every |z| > 1.

(zI − W)⁻¹ = Σ_k W^k/z^(k+1), and Σ_k |z|^−(k+1) = 1/(|z| − 1).  One resolvent that is
large near the unit circle is thus enough to show that powers grow on the way, however
small the eigenvalues are.
"""

import math
from typing import ClassVar, Literal, final

from gradlab.bounds._circles import points_outside
from gradlab.bounds.base import AbstractRunTheorem
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.rounding import down_abs, down_add, down_log, down_sub
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.resolvent import enclosed_resolvent_norm

__all__ = ["KreissFloor"]


@final
class KreissFloor(AbstractRunTheorem):
    """sup_{k≥0} ln‖W_hh^k‖₂ ≥ ln K(W_hh), K = sup_{|z|>1} (|z| − 1)‖(zI − W_hh)⁻¹‖₂.

    What is certified is the value at one z, found by search: a lower bound on K.  An
    upper bound on K is not needed here; `KreissCeiling` gives what one is good for.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.0, 100.0], [0.0, 0.0]]  # K = c/4 + 1/c
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]])
    >>> round(math.exp(KreissFloor().log_bound(rest)), 3)
    25.01
    """

    label = "thm:kreiss-floor"
    statement = (
        r"\sup_{k\ge0}\ln\|W^k\|_2"
        r"\ge\ln\sup_{|z|>1}(|z|-1)\|(zI-W)^{-1}\|_2"
    )
    source = Reference("kreiss1962definition")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    quantity = r"\sup_{k\ge0}\ln\|W^k\|_2"
    direction: ClassVar[Literal["below"]] = "below"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the largest of ln (|z| − 1)‖(zI − W_hh)⁻¹‖₂ at some z, rounded down.

        At least 0, the norm of W⁰.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        found = 0.0
        for z in points_outside(W, T):
            # Inside of the circle this is below 0, its ln NaN, and that is no maximum.
            beyond = down_sub(down_abs(z), 1.0)
            resolvent = enclosed_resolvent_norm(W, z)
            product = down_add(down_log(beyond), down_log(resolvent.lower))
            found = max(found, float(product))
        return Enclosure.between(found, math.inf, fault=fault())
