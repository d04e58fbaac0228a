"""Definiteness in balls: LDLᵀ with every pivot above 0, or with one that is not."""

from flint import arb, arb_mat

from gradlab.typing import Matrix, Vector
from gradlab.verified.conversion import ball_matrix

__all__ = ["definite_sign", "lyapunov_sign", "sector_sign"]


def definite_sign(M: Matrix) -> int:
    """Return 1 if a symmetric float M is ≻ 0, −1 if not, 0 if balls are too wide."""
    return _pivot_sign(ball_matrix(M))


def lyapunov_sign(A: Matrix, P: Matrix, rate: float) -> int:
    """Return 1 if P and rate² P − AᵀPA are ≻ 0, −1 if one is not, 0 if not known."""
    form, factor = ball_matrix(P), ball_matrix(A)
    gap = form * arb(rate) ** 2 - factor.transpose() * form * factor
    return min(_pivot_sign(form), _pivot_sign(gap))


def sector_sign(
    W: Matrix, slopes: tuple[float, float], P: Matrix, multipliers: Vector, rate: float
) -> int:
    """Return 1 if P and the matrix of `gradlab.linalg.lmi` are ≻ 0, −1 if not, or 0."""
    form, factor = ball_matrix(P), ball_matrix(W)
    low, high = (arb(slope) for slope in slopes)
    n = form.nrows()
    scaled = arb_mat(n, n)  # ΛW
    for i, multiplier in enumerate(multipliers.tolist()):
        for j in range(n):
            scaled[i, j] = arb(multiplier) * factor[i, j]
    first = form * arb(rate) ** 2 + factor.transpose() * scaled * (low * high)
    whole = arb_mat(2 * n, 2 * n)
    for i in range(n):
        for j in range(n):
            whole[i, j] = first[i, j]
            whole[n + i, n + j] = -form[i, j]
            whole[n + i, j] = whole[j, n + i] = -(low + high) / 2 * scaled[i, j]
        whole[n + i, n + i] = arb(multipliers[i]) - form[i, i]
    return min(_pivot_sign(form), _pivot_sign(whole))


def _pivot_sign(M: arb_mat) -> int:
    M, n = arb_mat(M), M.nrows()
    for k in range(n):
        pivot = M[k, k]
        if pivot <= 0:
            return -1
        if not pivot > 0:
            return 0
        for i in range(k + 1, n):
            ratio = M[i, k] / pivot
            for j in range(k + 1, i + 1):
                M[i, j] = M[j, i] = M[i, j] - ratio * M[j, k]
    return 1
