"""The spectral radius from below: ‖W^T‖₂ ≥ ρ(W^T) = ρ(W)^T.

Computed eigenvalues of a matrix close to a defective one are wrong by ε^(1/n), and a
floating-point ρ can be above the true one.  So ρ is bounded from below: with computed
eigenvectors V, eigenvalues D and an approximate inverse X, V⁻¹WV = D + E with a bound e
on ‖E‖₂.  Every eigenvalue of D + sE, 0 ≤ s ≤ 1, is within e of some d_i (Bauer–Fike; D
is normal), and eigenvalues move continuously with s, so the connected union of discs
that holds the largest d_i holds an eigenvalue of W, at most (2n − 1) e from it:

    ρ(W) ≥ max|d_i| − (2n − 1) e.

For a triangular W, ρ is the largest |w_ii|, exactly.
"""

import math
from typing import ClassVar, Literal, final

import numpy as np
from scipy import linalg

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import log_power_of_two, scaled_weights
from gradlab.bounds.outward import EPSILON, product_error, sum_above
from gradlab.dynamics.trajectory import Trajectory
from gradlab.references import Reference
from gradlab.typing import Matrix

__all__ = ["LinearFloor"]


@final
class LinearFloor(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≥ T ln ρ(W_hh) for a linear recurrence.

    A spectral radius above 1 is therefore enough for gradients to explode.  Where the
    eigenvalues are too ill-conditioned for a bound on ρ the value is −inf.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.5, 4.0], [0.0, -0.5]]
    >>> rest = run(Linear(W, np.zeros((2, 1))), np.zeros(2), np.zeros((10, 1)))
    >>> round(LinearFloor().log_bound(rest), 12)  # 10 ln ½
    -6.931471805599
    """

    label = "thm:linear-floor"
    statement = r"\ln\|W^T\|_2\ge T\ln\rho(W)"
    source = Reference("horn2013matrix", "Theorem 5.6.9")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    direction: ClassVar[Literal["below"]] = "below"

    def log_bound(self, trajectory: Trajectory) -> float:
        """Return T ln ρ(W_hh) in nats, rounded down by about n³ u κ(V) ‖W‖/ρ per step.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, exponent = scaled_weights(trajectory, self.label)
        radius = _radius_below(W)
        if radius <= 0:
            return -math.inf
        T = len(trajectory)
        rate = math.log(radius)
        shift, error = log_power_of_two(T * exponent)
        lost = 4 * EPSILON * T * abs(rate) + error
        return -sum_above([-T * rate, -shift, lost])


def _radius_below(W: Matrix) -> float:
    """Return a number ≤ ρ(W)."""
    if not np.tril(W, -1).any() or not np.triu(W, 1).any():
        return float(np.abs(np.diag(W)).max())
    values, V = np.linalg.eig(W)
    X = linalg.pinv(V)
    # A complex product errs by at most twice as much as a real one.
    XV, WV = X @ V, W @ V
    r = np.linalg.norm(np.abs(XV - np.eye(len(W))) + 2 * product_error(X, V))
    if not r < 0.5:
        return -math.inf
    similar = X @ WV
    error = 2 * (product_error(X, WV) + np.abs(X) @ product_error(W, V))
    # V⁻¹WV = (I − R)⁻¹ XWV with ‖R‖ ≤ r, so it is within r/(1 − r) ‖XWV‖ of XWV.
    size = np.linalg.norm(np.abs(similar) + error)
    e = np.linalg.norm(np.abs(similar - np.diag(values)) + error) + 2 * r * size
    # The factor is for the rounding of e itself, n² u relatively.
    radius = np.abs(values).max() - (2 * len(W) - 1) * e * (1 + 1e-6)
    return float(radius) * (1 - 4 * EPSILON)
