"""V⁻¹AV with a bound on every entry's error, for a computed V and X ≈ V⁻¹.

With R = I − XV and ‖R‖ ≤ r < 1, V⁻¹ = (I − R)⁻¹ X; so V⁻¹AV = XAV + R (I − R)⁻¹ XAV,
and every ‖V⁻¹ ·‖ is at most ‖X ·‖/(1 − r).  Nothing is presumed of V and X.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic
from gradlab.linalg.outward import frobenius_above
from gradlab.linalg.rounding import mm, up_abs, up_add, up_distance, up_mul, up_sums
from gradlab.typing import Array, Matrix

__all__ = ["Similar", "similar"]


@final
@dataclass(frozen=True, eq=False)
class Similar:
    """A change of basis: |XSV − matrix| ≤ error entry by entry, ‖I − XV‖_F ≤ residual.

    Attributes
    ----------
    matrix, error : (n, n) array
    residual : float
        Below ½ if V is a basis to speak of.
    """

    matrix: Matrix
    error: Array
    residual: float


def similar(
    S: Matrix,
    V: Matrix,
    X: Matrix,
    arithmetic: Arithmetic = FLOAT64,
    *,
    within: float | Array = ETA,
) -> Similar:
    """Return XSV for a matrix S known up to `within` an entry (see `split_power`).

    Examples
    --------
    >>> V = np.array([[1.0, 1.0], [0.0, 1.0]])
    >>> found = similar(np.diag([0.5, 0.25]), V, np.linalg.inv(V))
    >>> found.matrix.tolist(), found.residual < 1e-14
    ([[0.5, 0.25], [0.0, 0.25]], True)
    """
    XV, error = mm(X, V, arithmetic)
    gap = up_add(up_distance(XV, np.eye(len(S))), error)
    SV, error = mm(S, V, arithmetic)
    given = _carried(within, up_abs(V), arithmetic)
    carried, carried_error = mm(up_abs(X), up_add(error, given), arithmetic)
    product, rounding = mm(X, SV, arithmetic)
    return Similar(
        product,
        up_add(up_add(carried, carried_error), rounding),
        float(frobenius_above(gap, arithmetic)),
    )


def _carried(within: float | Array, size: Array, arithmetic: Arithmetic) -> Any:
    """Return float64s ≥ |D||V| for every |D| ≤ within; `size` is |V|."""
    if np.ndim(within):
        return up_add(*mm(np.asarray(within), size, arithmetic))
    return up_mul(within, up_sums(size.T, arithmetic))
