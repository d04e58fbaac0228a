"""An ellipsoid for all slopes at once: γ with ‖D W x‖_P ≤ γ‖x‖_P, l ≤ D ≤ h, proved.

With D = m + kΔ, |Δ| ≤ 1, z = W x and w = Δz: if for some Λ > 0, diagonal,

    ‖m z + k w‖²_P + ‖z‖²_Λ ≤ γ²‖x‖²_P + ‖w‖²_Λ   for all x and w,

then ‖D W x‖_P ≤ γ‖x‖_P, because ‖w‖_Λ ≤ ‖z‖_Λ.  That is a norm of one matrix of size
2n in the basis V = diag(R⁻¹, Λ^(−½)), P = RᵀR:

    ‖V⁻¹ [[m W/γ, k I], [W/γ, 0]] V‖₂ ≤ 1,

and any V that is block diagonal, its second block diagonal, may be tried.
"""

import numpy as np
from scipy import linalg

from gradlab.linalg._common_bases import form_basis
from gradlab.linalg._frames import in_basis
from gradlab.linalg.arithmetic import ETA, UNIT
from gradlab.linalg.lmi import sector_forms
from gradlab.linalg.rounding import up_abs, up_add, up_mul, up_sub
from gradlab.typing import Matrix, Vector

__all__ = ["sector_rate_above"]

_LOOSER = 4.0 ** np.arange(-11, -4)  # by which γ and Λ are let out of what is proposed


def sector_rate_above(
    W: Matrix, slopes: tuple[float, float], *, least: float, rtol: float
) -> float:
    """Return a float64 ≥ ρ{D W}, inf where no ellipsoid is found.

    W and the slopes are near 1 in size and known up to 2⁻¹⁰⁷⁴; ρ is not below `least`.

    Examples
    --------
    >>> W = np.array([[0.0, 2.0], [0.5, 0.0]])
    >>> 1 <= sector_rate_above(W, (0.0, 1.0), least=0.5, rtol=1e-3) < 1.01
    True
    """
    best = np.inf
    for gamma, P, sectors in sector_forms(W, slopes, least=least, rtol=rtol):
        best = min(best, _proved(W, slopes, gamma, P, sectors))
    return best


def _proved(
    W: Matrix, slopes: tuple[float, float], gamma: float, P: Matrix, sectors: Vector
) -> float:
    """Return the least γ(1 + t) for which the norm is found to be at most 1."""
    low, high = slopes
    m = (low + high) / 2
    k = float(up_add(max(up_sub(high, m), up_sub(m, low)), ETA))
    try:
        root, inverse = form_basis(P)
    except linalg.LinAlgError:
        return np.inf
    for t in _LOOSER:
        weights = k * np.sqrt(np.maximum(sectors * (1 + t), ETA))
        V = linalg.block_diag(root, np.diag(1 / weights))
        X = linalg.block_diag(inverse, np.diag(weights))
        rate = gamma * (1 + float(t))
        T = np.block([[m * (W / rate), k * np.eye(len(W))], [W / rate, 0 * W]])
        # Two roundings, and what W and the slopes are known up to, over γ.
        within = up_add(up_mul(4 * UNIT, up_abs(T)), up_mul(8 / min(rate, 1.0), ETA))
        if in_basis("", T[None], V, X, within=within).norm() <= 1:
            return rate
    return np.inf
