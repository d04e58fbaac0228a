"""Matrices in another basis: T_i near V⁻¹A_iV, and ‖V⁻¹A_iV − T_i‖₂ ≤ ε_i for all i.

The joint spectral radius does not depend on the basis, norms do.  Nothing is presumed
of V: where it is no basis, every ε_i is infinite.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic
from gradlab.linalg.outward import frobenius_above, norm_above
from gradlab.linalg.rounding import down_sub, up_add, up_div, up_mul
from gradlab.linalg.similar import similar
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["Frame", "as_given", "in_basis"]


@final
@dataclass(frozen=True, eq=False)
class Frame:
    """T_i and ε_i.

    Attributes
    ----------
    name : str
        Whose unit ball is the Euclidean one here: "Euclidean", "ellipsoid", ….
    matrices : (m, n, n) array
    errors : (m,) array
    basis : (n, n) array
        V; its columns are the half axes of that ball.
    """

    name: str
    matrices: Factors
    errors: Vector
    basis: Matrix

    def norm(self) -> float:
        """Return a float64 ≥ max ‖V⁻¹A_iV‖₂, inf where V is no basis."""
        if not np.isfinite(self.errors).all():
            return np.inf
        return float(up_add(norm_above(self.matrices), self.errors).max())


def as_given(S: Factors, *, within: float = ETA) -> Frame:
    """Return the frame of V = I, for matrices that S gives up to `within` an entry."""
    m, n, _ = S.shape
    return Frame("Euclidean", S, np.full(m, up_mul(n, within)), np.eye(n))


def in_basis(
    name: str,
    S: Factors,
    V: Matrix,
    X: Matrix,
    arithmetic: Arithmetic = FLOAT64,
    *,
    within: float | Array = ETA,
) -> Frame:
    """Return the frame of V with X ≈ V⁻¹, for matrices that S gives up to `within`.

    Examples
    --------
    >>> swap = np.array([[[0.0, 4.0], [0.25, 0.0]]])
    >>> frame = in_basis("ellipse", swap, np.diag([4.0, 1.0]), np.diag([0.25, 1.0]))
    >>> frame.matrices[0].tolist(), frame.norm() < 1 + 1e-14
    ([[0.0, 1.0], [1.0, 0.0]], True)
    """
    found = [similar(A, V, X, arithmetic, within=within) for A in S]
    matrices = np.stack([one.matrix for one in found])
    errors = np.stack([one.error for one in found])
    r = max(one.residual for one in found)
    if not (r < 0.5 and np.isfinite(matrices).all()):
        return Frame(name, S, np.full(len(S), np.inf), V)
    direct = frobenius_above(errors, arithmetic)
    # V⁻¹AV − XAV = R (I − R)⁻¹ XAV with ‖R‖ ≤ r.
    size = up_add(frobenius_above(matrices, arithmetic), direct)
    rest = up_mul(up_div(r, down_sub(1.0, r)), size)
    return Frame(name, matrices, up_add(direct, rest), V)
