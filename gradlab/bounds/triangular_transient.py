"""The power of a triangular form: ‖W^T‖₂ ≤ κ(V) ‖|V⁻¹WV|^T‖₂ for every basis V.

In a Schur basis V⁻¹WV is triangular with the eigenvalues on its diagonal.  Powers of a
triangular matrix with |λ| ≤ ρ grow like T^(m−1) ρ^T at most, m ≤ n being the longest
chain of entries, so that the polynomial factor is kept: for one Jordan block of size m
with λ ≥ 0 the bound is the gain itself, with leading term C(T, m−1) λ^(T−m+1).
"""

import math
from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds._bases import schur_basis
from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import frobenius_above, log_norm_above
from gradlab.linalg.powers_of_two import split_power
from gradlab.linalg.rounding import (
    down_log,
    down_sub,
    up_abs,
    up_add,
    up_div,
    up_log,
    up_mul,
    up_sum,
    up_times,
)
from gradlab.linalg.similar import similar
from gradlab.references import Reference
from gradlab.typing import Matrix
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.powers import enclosed_log_power_gain

__all__ = ["TriangularTransient"]


@final
class TriangularTransient(AbstractBound):
    """ln‖W_hh^T‖₂ ≤ ln κ(V) + ln‖|V⁻¹ W_hh V|^T‖₂ for a linear recurrence.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.5, 1.0], [0.0, 0.5]]  # ‖W^T‖ is near 2 T 2⁻ᵀ
    >>> rest = run(Linear(W, [[0.0], [0.0]]), [0.0, 0.0], [[0.0]] * 100)
    >>> found = TriangularTransient().log_bound(rest) + 100 * math.log(2)
    >>> round(found, 6) == round(math.asinh(100), 6)  # ‖[[1, 2T], [0, 1]]‖
    True
    """

    label = "thm:triangular-transient"
    statement = (
        r"\ln\|W^T\|_2\le\ln\bigl(\|V\|_2\|V^{-1}\|_2\bigr)"
        r"+\ln\bigl\||V^{-1}WV|^T\bigr\|_2"
    )
    source = Reference("henrici1962bounds")
    assumptions = "the cell is linear: h' = W_hh h + W_hx x + b_h"
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the smaller of the bounds for V = I and a Schur basis, rounded up.

        What rounding leaves below the diagonal of the Schur form, some n u ‖W‖, counts:
        a nilpotent W of n rows keeps a rate of about (n u)^(1/n) ‖W‖.

        Raises
        ------
        AssumptionError
            If the cell is not linear.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        plain = enclosed_log_power_gain(np.abs(W), T)
        upper = plain.upper
        if np.tril(W, -1).any() and np.triu(W, 1).any():
            upper = min(upper, _with_schur_basis(W, T))
        return Enclosure.between(-math.inf, upper, fault=fault())


def _with_schur_basis(W: Matrix, T: int) -> float:
    S, exponent = split_power(W)
    V = schur_basis(S)
    found = similar(S, V, V.conj().T)
    if not found.residual < 0.5:
        return math.inf
    rest = down_sub(1.0, found.residual)
    # V⁻¹SV − XSV = R (I − R)⁻¹ XSV, of which no entry is above r/(1 − r) ‖XSV‖_F.
    largest = up_add(up_abs(found.matrix), found.error)
    spread = up_mul(up_div(found.residual, rest), frobenius_above(largest))
    power = enclosed_log_power_gain(up_add(largest, spread), T)
    shift = up_times(T, up_log(1.0, exponent))
    condition = (log_norm_above(V), log_norm_above(V.conj().T), -down_log(rest))
    bound = up_sum([*condition, float(power.upper), shift])
    return bound if bound < math.inf else math.inf
