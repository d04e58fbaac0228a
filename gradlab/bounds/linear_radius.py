"""The linear RNN and its transient: ‖W^T‖₂ ≤ κ(V) ‖V⁻¹WV‖₂^T for every basis V.

The infimum of ‖V⁻¹WV‖₂ over V is the spectral radius ρ(W), so the rate can be made as
good as ρ and the price is κ(V) = ‖V‖₂‖V⁻¹‖₂, the transient.  The smallest is returned
of V = I, which gives the product of norms, and the bases of `gradlab.bounds._bases`.
"""

import math
from collections.abc import Iterator
from typing import ClassVar, Literal, final

from gradlab.bounds._bases import eigenbasis, graded_schur_bases
from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import frobenius_above, log_norm_above, norm_above
from gradlab.linalg.powers_of_two import split_power
from gradlab.linalg.rounding import (
    down_log,
    down_sub,
    up_add,
    up_div,
    up_log,
    up_sum,
    up_times,
)
from gradlab.linalg.similar import similar
from gradlab.references import Reference
from gradlab.typing import Matrix
from gradlab.verified.enclosure import Enclosure

__all__ = ["LinearRadius"]

_PATIENCE = 8


@final
class LinearRadius(AbstractBound):
    """ln‖J_T ⋯ J_1‖₂ ≤ ln κ(V) + T ln‖V⁻¹ W_hh V‖₂ for a linear recurrence.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.5, 4.0], [0.0, -0.5]]  # 4 W² = I: its powers neither grow nor shrink
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]] * 11)
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

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return min_V [ln κ(V) + T ln‖V⁻¹ W_hh V‖₂] in nats, rounded up.

        The rate carries the rounding of V⁻¹WV, about n² u κ(V) ‖W‖ relatively; V is
        chosen with that in view.  The theorem holds for every V, and no lower end is
        given.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        upper = min(_candidates(W, T)) if W.any() else -math.inf
        return Enclosure.between(-math.inf, upper, fault=fault())


def _candidates(W: Matrix, T: int) -> Iterator[float]:
    yield up_times(T, log_norm_above(W))
    yield _with_basis(W, T, *eigenbasis(W))
    yield _with_graded_schur(W, T)


def _with_graded_schur(W: Matrix, T: int) -> float:
    """Return the best bound with V = Q diag(1, δ, δ², …) over a grid of δ.

    As a function of ln δ the bound is nearly convex, with curvature n − 1, so the grid
    costs at most (n − 1)(ln 2)²/32 nats, and the search ends after `_PATIENCE` steps
    without a gain.
    """
    best, failures = math.inf, 0
    for V, X in graded_schur_bases(W):
        value = _with_basis(W, T, V, X)
        failures = 0 if value < best else failures + 1
        best = min(best, value)
        if failures == _PATIENCE:
            break
    return best


def _with_basis(W: Matrix, T: int, V: Matrix, X: Matrix) -> float:
    """Return ln κ(V) + T ln‖V⁻¹WV‖₂ rounded up, X ≈ V⁻¹; inf if X is no inverse."""
    S, exponent = split_power(W)
    found = similar(S, V, X)
    if not found.residual < 0.5:
        return math.inf
    # Every ‖V⁻¹ ·‖ is at most ‖X ·‖/(1 − r).
    rest = down_sub(1.0, found.residual)
    size = up_add(norm_above(found.matrix), frobenius_above(found.error))
    rate = up_log(up_div(size, rest), exponent)
    condition = (log_norm_above(V), log_norm_above(X), -down_log(rest))
    bound = up_sum([*condition, up_times(T, rate)])
    return bound if bound < math.inf else math.inf
