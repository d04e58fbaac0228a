"""Products of floats in balls, in a balanced tree, and logarithms of their values."""

import math

from flint import arb, arb_mat

from gradlab.typing import Factors, Matrix
from gradlab.verified._ball_singular import norm_in_balls, singular_values_in_balls
from gradlab.verified.conversion import arb_down, arb_up, ball_matrix

__all__ = [
    "log_norm_in_balls",
    "log_power_norm_in_balls",
    "log_singular_values_in_balls",
    "product_in_balls",
]


def log_norm_in_balls(stack: Factors) -> tuple[float, float]:
    """Return float64s ≤ and ≥ ln‖J_T ⋯ J_1‖₂ for a real stack (T, m, m), T ≥ 1."""
    low, high = norm_in_balls(product_in_balls(stack))
    return _log_down(low), _log_up(high)


def log_power_norm_in_balls(A: Matrix, T: int) -> tuple[float, float]:
    """Return float64s ≤ and ≥ ln‖A^T‖₂ for a real matrix and T ≥ 1."""
    low, high = norm_in_balls(ball_matrix(A) ** T)
    return _log_down(low), _log_up(high)


def log_singular_values_in_balls(stack: Factors) -> tuple[list[float], list[float]]:
    """Return float64s ≤ and ≥ every ln σ of the product of a real stack."""
    pairs = singular_values_in_balls(product_in_balls(stack))
    return [_log_down(low) for low, _ in pairs], [_log_up(high) for _, high in pairs]


def product_in_balls(stack: Factors) -> arb_mat:
    """Return J_T ⋯ J_1 for a real stack (T, m, m), T ≥ 1, at the precision in force."""
    level = [ball_matrix(J) for J in stack]
    while len(level) > 1:
        pairs = zip(level[0::2], level[1::2], strict=False)
        rest = level[len(level) >> 1 << 1 :]
        level = [*(late * early for early, late in pairs), *rest]
    return level[0]


def _log_down(x: arb) -> float:
    return arb_down(x.log()) if x > 0 else -math.inf


def _log_up(x: arb) -> float:
    return -math.inf if x.is_zero() else arb_up(x.log())
