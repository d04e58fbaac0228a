"""A Jordan block from below: ‖(λI + cN)^T‖₂ ≥ C(T, n−1) |λ|^(T−n+1) |c|^(n−1).

N is the shift, and the right side the entry in the corner of the power.  It grows like
T^(n−1) before |λ|^T takes over: eigenvalues below 1 do not make gradients shrink from
the start.
"""

import math
from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.linalg.rounding import down_log, down_sum, down_times
from gradlab.references import Reference
from gradlab.typing import Matrix
from gradlab.verified.enclosure import Enclosure

__all__ = ["JordanFloor"]


@final
class JordanFloor(AbstractBound):
    """ln‖W_hh^T‖₂ ≥ ln C(T, n−1) + (T−n+1) ln|λ| + (n−1) ln|c|, for W_hh = λI + cN.

    N has ones above (or below) the diagonal.  From above `TriangularTransient` is the
    gain itself for λ, c ≥ 0, so that rate and polynomial factor are both known.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.5, 1.0], [0.0, 0.5]]
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]] * 100)
    >>> round(JordanFloor().log_bound(rest) + 99 * math.log(2), 9) == round(
    ...     math.log(100), 9
    ... )
    True
    """

    label = "thm:jordan-floor"
    statement = (
        r"W=\lambda I+cN\ \Rightarrow\ "
        r"\ln\|W^T\|_2\ge\ln\binom{T}{n-1}+(T-n+1)\ln|\lambda|+(n-1)\ln|c|,"
        r"\qquad T\ge n-1,\ N_{ij}=[j=i+1]"
    )
    source = Reference("horn2013matrix", "Sec. 3.1")
    assumptions = (
        "the cell is linear, h' = W_hh h + W_hx x + b_h, W_hh is one Jordan block "
        "λI + cN, and T ≥ n − 1"
    )
    direction: ClassVar[Literal["below"]] = "below"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the bound in nats, rounded down by some T u.

        Raises
        ------
        AssumptionError
            If the cell is not linear, W_hh is no Jordan block, or T < n − 1.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        n = len(W)
        eigenvalue, link = _block(W, self.label)
        if n - 1 > T:
            raise AssumptionError(self.label, f"T >= n - 1 = {n - 1}", T)
        paths = math.comb(T, n - 1)
        bits = paths.bit_length()
        shift = max(bits - 53, 0)
        terms = [down_log(float(paths >> shift), shift)]
        if n <= T:
            terms.append(down_times(T - n + 1, down_log(eigenvalue)))
        if n > 1:
            terms.append(down_times(n - 1, down_log(link)))
        return Enclosure.between(down_sum(terms), math.inf)


def _block(W: Matrix, label: str) -> tuple[float, float]:
    """Return |λ| and |c| of W = λI + cN, or with Nᵀ for N."""
    upper = W.T if np.tril(W, -1).any() else W
    middle, above = np.diag(upper), np.diag(upper, 1)
    elsewhere = np.tril(upper, -1).any() or np.triu(upper, 2).any()
    if elsewhere or (middle != middle[0]).any() or (above != above[:1]).any():
        raise AssumptionError(label, "W_hh a Jordan block λI + cN", "another matrix")
    return float(np.abs(middle[0])), float(np.abs(above).max(initial=0.0))
