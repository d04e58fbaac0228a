"""Definiteness in balls: LDLᵀ with every pivot above 0, or with one that is not."""

from flint import arb, arb_mat

from gradlab.typing import Matrix
from gradlab.verified.conversion import ball_matrix

__all__ = ["definite_sign", "lyapunov_sign"]


def definite_sign(M: Matrix) -> int:
    """Return 1 if a symmetric float M is ≻ 0, −1 if not, 0 if balls are too wide."""
    return _pivot_sign(ball_matrix(M))


def lyapunov_sign(A: Matrix, P: Matrix, rate: float) -> int:
    """Return 1 if P and rate² P − AᵀPA are ≻ 0, −1 if one is not, 0 if not known."""
    form, factor = ball_matrix(P), ball_matrix(A)
    gap = form * arb(rate) ** 2 - factor.transpose() * form * factor
    signs = _pivot_sign(form), _pivot_sign(gap)
    return -1 if -1 in signs else min(signs)


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
