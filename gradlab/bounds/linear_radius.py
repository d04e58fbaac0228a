"""The linear RNN and its transient: ‖W^T‖₂ ≤ κ(V) ‖V⁻¹WV‖₂^T for every basis V.

The infimum of ‖V⁻¹WV‖₂ over V is the spectral radius ρ(W), so the rate can be made as
good as ρ and the price is κ(V) = ‖V‖₂‖V⁻¹‖₂, the transient.  The smallest of these is
returned:

* V = I: T ln‖W‖₂, the product of norms;
* eigenvectors, where ‖V⁻¹WV‖₂ = ρ(W) and the bound is κ(V) ρ^T;
* a Schur basis with graded columns, V = Q diag(1, δ, δ², …), for which V⁻¹WV is the
  diagonal of the Schur form plus its upper part shrunk by powers of δ.  It exists for
  every W; with δ ≈ (n − 1) ρ/T a Jordan block keeps its factor T^(n−1).
"""

import math
from collections.abc import Iterator
from typing import ClassVar, Literal, final

import numpy as np
from scipy import linalg

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import log_power_of_two, scaled_weights
from gradlab.bounds.outward import (
    EPSILON,
    log_norm_above,
    product_error,
    sum_above,
    times_above,
)
from gradlab.dynamics.trajectory import Trajectory
from gradlab.references import Reference
from gradlab.typing import Matrix, Vector

__all__ = ["LinearRadius"]

_PATIENCE = 8
_FINEST = 200
_SMALLEST = 1e-100  # of a column's scale: squares of its inverse stay finite


@final
class LinearRadius(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ln κ(V) + T ln‖V⁻¹ W_hh V‖₂ for a linear recurrence.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.5, 4.0], [0.0, -0.5]]  # 4 W² = I: its powers neither grow nor shrink
    >>> rest = run(Linear(W, np.zeros((2, 1))), np.zeros(2), np.zeros((11, 1)))
    >>> transient = LinearRadius().log_bound(rest) - 11 * math.log(0.5)
    >>> round(transient, 12) == round(math.log(4 + 17**0.5), 12)  # ‖2W‖₂
    True
    """

    label = "thm:linear-radius"
    statement = (
        r"\ln\|W^T\|_2\le\ln\bigl(\|V\|_2\|V^{-1}\|_2\bigr)+T\ln\|V^{-1}WV\|_2,"
        r"\qquad\inf_V\|V^{-1}WV\|_2=\rho(W)"
    )
    source = Reference("horn2013matrix", "Lemma 5.6.10")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    direction: ClassVar[Literal["above"]] = "above"

    def log_bound(self, trajectory: Trajectory) -> float:
        """Return min_V [ln κ(V) + T ln‖V⁻¹ W_hh V‖₂] in nats, rounded up.

        The rate carries the rounding of V⁻¹WV, about n² u κ(V) ‖W‖ relatively; V is
        chosen with that in view.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, exponent = scaled_weights(trajectory, self.label)
        T = len(trajectory)
        shift, error = log_power_of_two(T * exponent)
        return sum_above([min(_candidates(W, T)), shift, error])


def _candidates(W: Matrix, T: int) -> Iterator[float]:
    yield times_above(T, log_norm_above(W))
    V = _eigenbasis(W)
    yield _with_basis(W, T, V, linalg.pinv(V))
    yield _with_graded_schur(W, T)


def _with_graded_schur(W: Matrix, T: int) -> float:
    """Return the best bound with V = Q diag(1, δ, δ², …) for δ = 2^(−j/2), j = 0, 1, ….

    As a function of ln δ the bound is nearly convex, with curvature n − 1, so the grid
    costs at most (n − 1)(ln 2)²/32 nats, and the search ends after `_PATIENCE` steps
    without a gain.
    """
    R, Q = linalg.schur(W, output="real")
    within = _balanced_blocks(R)
    best, failures = math.inf, 0
    for half in range(_FINEST):
        steps = np.where(np.isnan(within), 2.0 ** (-half / 2), within)
        s = np.cumprod(steps) / steps[0]
        if s.min() < _SMALLEST:
            break
        value = _with_basis(W, T, Q * s, Q.T / s[:, None])
        failures = 0 if value < best else failures + 1
        best = min(best, value)
        if failures == _PATIENCE:
            break
    return best


def _eigenbasis(W: Matrix) -> Matrix:
    """Return eigenvectors; √2 Re v and √2 Im v for a conjugate pair."""
    values, vectors = np.linalg.eig(W)
    if not np.iscomplexobj(values):
        return vectors
    upper, lower = values.imag > 0, values.imag < 0
    basis = np.where(upper, math.sqrt(2) * vectors.real, vectors.real)
    return np.where(lower, math.sqrt(2) * vectors.imag, basis)


def _balanced_blocks(R: Matrix) -> Vector:
    """Return the column scale within each 2×2 block of a real Schur form, else NaN.

    A block [[a, b], [c, a]] with its second column scaled by √|c/b| is |λ| times a
    rotation, so its norm is |λ|.
    """
    within = np.full(len(R), np.nan)
    below, above = np.diag(R, -1), np.diag(R, 1)
    pairs = np.flatnonzero(below)
    within[pairs + 1] = np.sqrt(np.abs(below[pairs] / above[pairs]))
    return within


def _with_basis(W: Matrix, T: int, V: Matrix, X: Matrix) -> float:
    """Return ln κ(V) + T ln‖V⁻¹WV‖₂ rounded up, with X ≈ V⁻¹; inf if X is no inverse.

    With XV = I − R and r ≥ ‖R‖, r < 1: V⁻¹ = (I − R)⁻¹X, and every ‖V⁻¹ ·‖ is at most
    ‖X ·‖/(1 − r).
    """
    XV = X @ V
    r = float(np.linalg.norm(np.abs(XV - np.eye(len(W))) + product_error(X, V)))
    if not r < 0.5:
        return math.inf
    WV = W @ V
    similar = X @ WV
    error = product_error(X, WV) + np.abs(X) @ product_error(W, V)
    # ‖XWV‖ ≤ ‖fl(XWV)‖ + ‖error‖_F, doubled for its own rounding and for logaddexp's,
    # and −ln(1 − r) ≤ r + r² for r < 1/2.
    with np.errstate(divide="ignore"):
        extra = float(np.log(2 * np.linalg.norm(error)))
    slack = 2 * (r + r * r) + 4 * EPSILON
    rate = sum_above([float(np.logaddexp(log_norm_above(similar), extra)), slack])
    condition = sum_above([log_norm_above(V), log_norm_above(X), slack])
    return sum_above([condition, times_above(T, rate)])
