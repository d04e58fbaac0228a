"""Triangular R with ‖R J_t R⁻¹‖₂ small for every Jacobian of a run, to be tried.

Nothing here is proved or has to be: whatever R is, the bound made from it is verified.
P = RᵀR solves P = I + (1/s) mean_t J_tᵀPJ_t: for one Jacobian, or a linear recurrence,
the discrete Lyapunov equation of J/√s, which has a solution for every s > ρ(J)².
"""

import math
from collections.abc import Iterator

import numpy as np
from scipy import linalg

from gradlab.typing import Factors, Matrix

__all__ = ["shapes"]

_MARGINS = (1.0, 1.05, 1.4)  # of s over the growth of the mean
_TERMS = 60  # an even number: what swings with period two is met in equal parts
_MOST = 64  # Jacobians looked at, for n ≤ 16; fewer of larger ones
_LARGE = 32  # rows from which on one form is made, and not one for each margin
_RIDGE = 1e-12
_SMALLEST = 1e-200  # a size below it may be none


def shapes(factors: Factors) -> Iterator[tuple[Matrix, Matrix]]:
    """Yield R⁻¹ and R, upper triangular: the identity, then solutions for some s."""
    n = factors.shape[-1]
    yield np.eye(n), np.eye(n)
    scale = np.abs(factors).max(initial=0.0)
    if n == 1 or not 0 < scale < np.inf:
        return
    most = max(min(_MOST, 1024 // n), 4)
    stack = factors[:: -(-len(factors) // most)] / scale
    growth = _growth(stack)
    for margin in _MARGINS if n < _LARGE else _MARGINS[1:2]:
        P = _solution(stack, margin * growth)
        try:
            R = linalg.cholesky(P + _RIDGE * np.trace(P) / n * np.eye(n))
        except linalg.LinAlgError:
            continue
        yield linalg.solve_triangular(R, np.eye(n)), R


def _mean(stack: Factors, P: Matrix) -> Matrix:
    return np.mean(np.swapaxes(stack, -1, -2) @ P @ stack, axis=0)


def _growth(stack: Factors) -> float:
    """Return about the spectral radius of P ↦ mean_t J_tᵀPJ_t, by its powers."""
    P, logs = np.eye(stack.shape[-1]), []
    for _ in range(_TERMS):
        P = _mean(stack, P)
        size = float(np.linalg.norm(P))
        if size < _SMALLEST:
            return 1.0
        P = P / size
        logs.append(math.log(size))
    # The mean over later sweeps: two eigenvalues of one size let the ratio swing.
    return math.exp(np.mean(logs[_TERMS // 2 :]))


def _solution(stack: Factors, s: float) -> Matrix:
    """Return nearly P = Σ_k (mean/s)^k I, scaled; terms may rise by 10²⁰⁰ at once."""
    term = P = np.eye(stack.shape[-1])
    for _ in range(_TERMS - 1):
        term = _mean(stack, term) / s
        P = P + term
        size = np.abs(P).max()
        term, P = term / size, P / size
    return P
