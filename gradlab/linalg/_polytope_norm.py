"""The norm of a polytope bounds ρ: A_i V = V C_i for all i gives ρ{A_i} ≤ max ‖C_i‖₁.

The columns of V (n, N), of full rank, real or complex, span the unit ball of the norm
‖x‖ = min {‖c‖₁: x = V c}.  What is left over in float64 counts too: with VX ≈ I,
g = ‖I − VX‖₁ < 1 and A_i V = V C_i + R_i,

    ‖A_i‖ ≤ max_j ( Σ_k |C_kj| + ‖X‖₁ ‖R_j‖₁ / (1 − g) ),

for every V, X and C_i.  For matrices without negative entries the ball may be that of
|x| ≤ V c, c ≥ 0, V ≥ 0: then R_j counts where it is above 0 only, and
‖R_j‖ ≤ N max_i R_ij / (V 1)_i [guglielmi2013exact].
"""

from typing import Any

import numpy as np

from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic
from gradlab.linalg.rounding import (
    down_div,
    down_sub,
    down_sums,
    mm,
    up_abs,
    up_add,
    up_distance,
    up_div,
    up_mul,
    up_sub,
    up_sums,
)
from gradlab.typing import Array, Factors, Matrix

__all__ = ["cone_norm_above", "polytope_norm_above"]


def polytope_norm_above(
    S: Factors,
    V: Matrix,
    C: Factors,
    arithmetic: Arithmetic = FLOAT64,
    *,
    within: float = ETA,
) -> float:
    """Return a float64 ≥ max ‖A_i‖ for matrices that S gives up to `within` an entry.

    inf where V is not found to have full rank.

    Examples
    --------
    The square in which the rotation by 90° is a permutation of vertices:

    >>> turn = np.array([[[0.0, -1.0], [1.0, 0.0]]])
    >>> 1 <= polytope_norm_above(turn, np.eye(2), turn) < 1 + 1e-14
    True
    """
    X = arithmetic.pinv(V)
    VX, error = mm(V, X, arithmetic)
    gap = up_add(up_distance(VX, np.eye(len(V))), error)
    rest = down_sub(1.0, _column_sums_above(gap, arithmetic).max())
    if not rest > 0:
        return np.inf
    ratio = up_div(_column_sums_above(up_abs(X), arithmetic).max(), rest)
    R = up_add(*_residual(S, V, C, within, arithmetic))
    left = up_mul(ratio, _column_sums_above(R, arithmetic))
    bound = up_add(_column_sums_above(up_abs(C), arithmetic), left).max()
    return float(bound) if bound >= 0 else np.inf


def cone_norm_above(
    S: Factors,
    V: Matrix,
    C: Factors,
    arithmetic: Arithmetic = FLOAT64,
    *,
    within: float = ETA,
) -> float:
    """Return the same for S ≥ 0 and the ball |x| ≤ V c; inf where V or C is not ≥ 0.

    Examples
    --------
    >>> swap = np.array([[[0.0, 2.0], [0.5, 0.0]]])
    >>> V = np.array([[2.0, 0.0], [0.0, 1.0]])
    >>> C = np.array([[[0.0, 1.0], [1.0, 0.0]]])
    >>> 1 <= cone_norm_above(swap, V, C) < 1 + 1e-14
    True
    """
    inside = down_sums(V, arithmetic)
    if not ((S >= 0).all() and (V >= 0).all() and (C >= 0).all() and inside.min() > 0):
        return np.inf
    # A point of the ball with every coordinate above 0: V 1/N.
    middle = down_div(inside, V.shape[1])
    AV, rounding = mm(S, V, arithmetic)
    VC, error = mm(np.broadcast_to(V, (len(S), *V.shape)), C, arithmetic)
    excess = up_add(up_sub(AV, VC), up_add(rounding, error))
    excess = np.maximum(up_add(excess, _given(V, within, arithmetic)), 0.0)
    left = up_div(excess, middle[:, None]).max(axis=-2)
    bound = up_add(up_sums(np.swapaxes(C, -1, -2), arithmetic), left).max()
    return float(bound) if bound >= 0 else np.inf


def _residual(
    S: Factors, V: Matrix, C: Factors, within: float, arithmetic: Arithmetic
) -> tuple[Array, Array]:
    """Return arrays whose sum is ≥ |A_i V − V C_i|."""
    AV, rounding = mm(S, V, arithmetic)
    VC, error = mm(np.broadcast_to(V, (len(S), *V.shape)), C, arithmetic)
    known = up_add(rounding, _given(V, within, arithmetic))
    return up_distance(AV, VC), up_add(known, error)


def _given(V: Matrix, within: float, arithmetic: Arithmetic) -> Any:
    """Return float64s ≥ |A_i − S_i||V|, the same in every row."""
    return up_mul(within, _column_sums_above(up_abs(V), arithmetic))


def _column_sums_above(X: Array, arithmetic: Arithmetic) -> Any:
    return up_sums(np.swapaxes(X, -1, -2), arithmetic)
