"""What integers tell of a float matrix A = 2^e M: eigenvalues, determinant and rank.

M is an integer matrix, so its characteristic polynomial, determinant and rank are
exact; only roots and logarithms are rounded, in balls.
"""

import functools
import math
from collections.abc import Iterable

from flint import acb, arb

from gradlab.algebra.balls import BALLS
from gradlab.typing import Factors, Matrix
from gradlab.verified.conversion import arb_down, arb_up, integer_matrix

__all__ = [
    "discs_around",
    "eigenvalues_in_balls",
    "largest_size",
    "least_rank",
    "log_abs_det_in_balls",
    "rank_of_product",
]

_FIRST = 128  # bits of a logarithm


def eigenvalues_in_balls(A: Matrix) -> list[acb]:
    """Return the eigenvalues of a real matrix at ctx.prec bits, with multiplicities."""
    M, power = integer_matrix(A)
    roots = M.charpoly().complex_roots()
    scale = arb(2) ** power
    return [root * scale for root, multiplicity in roots for _ in range(multiplicity)]


def largest_size(roots: list[acb]) -> tuple[float, float]:
    """Return float64s ≤ and ≥ the largest |λ|."""
    sizes = [abs(root) for root in roots]
    return max(*map(arb_down, sizes), 0.0), max(map(arb_up, sizes))


def discs_around(roots: list[acb]) -> tuple[list[complex], list[float]]:
    """Return float centres near the roots, and radii of discs that hold the roots."""
    centres = [complex(root.mid()) for root in roots]
    gaps = (abs(root - acb(c)) for root, c in zip(roots, centres, strict=True))
    return centres, [arb_up(gap) for gap in gaps]


def log_abs_det_in_balls(A: Matrix) -> tuple[float, float]:
    """Return float64s ≤ and ≥ ln|det A| of a real matrix; both −inf where it is 0."""
    M, power = integer_matrix(A)
    determinant, bits = M.det(), _FIRST
    if determinant == 0:
        return -math.inf, -math.inf
    while True:
        with BALLS.precision(bits):
            log = (arb(abs(determinant)) * arb(2) ** (power * M.nrows())).log()
            # Next to 1 the logarithm has fewer digits than the determinant.
            if log.is_zero() or log.rel_accuracy_bits() > _FIRST // 2:
                return arb_down(log), arb_up(log)
        bits <<= 1


def least_rank(matrices: Iterable[Matrix]) -> int:
    """Return the least rank of real matrices: no product of them has a larger one."""
    return min(integer_matrix(J)[0].rank() for J in matrices)


def rank_of_product(stack: Factors) -> int:
    """Return the rank of J_T ⋯ J_1 for a real stack, by multiplying it out."""
    whole = (integer_matrix(J)[0] for J in stack)
    return functools.reduce(lambda P, J: J * P, whole).rank()
