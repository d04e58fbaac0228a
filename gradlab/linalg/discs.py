"""Eigenvalues in float64: Gershgorin's discs of V⁻¹AV for a computed basis V.

Its distance from diag(λ̂) is known entry by entry (`gradlab.linalg.similar`) but for a
part of size ‖R‖ ‖XAV‖/(1 − ‖R‖), R = I − XV.  A connected union of k discs holds k
eigenvalues [horn2013matrix, Theorem 6.1.1].
"""

from typing import Any

import numpy as np
from scipy.sparse.csgraph import connected_components

from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic
from gradlab.linalg.outward import frobenius_above
from gradlab.linalg.rounding import (
    down_abs,
    down_sub,
    up_abs,
    up_add,
    up_distance,
    up_div,
    up_mul,
    up_sqrt,
    up_sums,
)
from gradlab.linalg.similar import similar
from gradlab.typing import Array, Matrix, Vector

__all__ = ["covering", "discs", "discs_in", "radius_between"]


def discs(
    S: Matrix, arithmetic: Arithmetic = FLOAT64, *, within: float | Array = ETA
) -> tuple[Vector, Vector, Vector]:
    """Return centres, radii and a label for each disc, the same within one union.

    S is given up to `within` an entry; V is a computed eigenbasis.  Radii are inf where
    V is no basis.

    Examples
    --------
    >>> centres, radii, union = discs(np.array([[0.0, 1.0], [1.0, 0.0]]))
    >>> sorted(centres.round(12).tolist()), bool((radii < 1e-14).all()), union.tolist()
    ([-1.0, 1.0], True, [0, 1])
    """
    centres, V = arithmetic.eig(S)
    return discs_in(S, centres, V, arithmetic.pinv(V), arithmetic, within=within)


def discs_in(
    S: Matrix,
    centres: Vector,
    V: Matrix,
    X: Matrix,
    arithmetic: Arithmetic = FLOAT64,
    *,
    within: float | Array = ETA,
) -> tuple[Vector, Vector, Vector]:
    """Return the discs around given centres that a basis V with X ≈ V⁻¹ gives.

    For V = Q diag(1, δ, δ², …) with a Schur basis Q they are of use for a defective S.
    """
    n = len(S)
    found = similar(S, V, X, arithmetic, within=within)
    if not found.residual < 0.5:
        return centres, np.full(n, np.inf), np.zeros(n, dtype=int)
    N, error, r = found.matrix, found.error, found.residual
    size = frobenius_above(up_add(up_abs(N), error), arithmetic)
    rest = up_mul(up_div(r, down_sub(1.0, r)), size)
    row = up_sums(up_add(up_distance(N, np.diag(centres)), error), arithmetic)
    radii = up_add(row, up_mul(up_sqrt(float(n)), rest))
    radii = np.where(radii >= 0, radii, np.inf)
    return centres, radii, _unions(centres, radii)


def radius_between(centres: Vector, radii: Vector, union: Vector) -> tuple[Any, Any]:
    """Return bounds on max|λ|: every union holds a λ as large as its least part."""
    high = up_add(up_abs(centres), radii).max()
    each = down_sub(down_abs(centres), radii)
    least = [each[union == label].min() for label in np.unique(union)]
    return max(*least, 0.0), high


def covering(centres: Vector, radii: Vector, union: Vector) -> Vector:
    """Return radii of discs around the same centres that each cover their union."""
    gaps = up_add(up_distance(centres, centres[:, None]), radii)
    return np.where(union == union[:, None], gaps, 0.0).max(axis=1)


def _unions(centres: Vector, radii: Vector) -> Vector:
    """Return a label for each disc, the same for discs that may be connected."""
    parts = (centres.real, centres.imag)
    pairs = [np.broadcast_arrays(part[:, None], part) for part in parts]
    gaps = [down_sub(np.maximum(*pair), np.minimum(*pair)) for pair in pairs]
    apart = np.maximum(*gaps) > up_add(radii[:, None], radii)
    return connected_components(~apart, directed=False)[1]
