"""Exact decisions about norms and spectra of float matrices, in rational arithmetic.

σ_max(A) ≤ u iff u²I − AᵀA is positive semidefinite, iff the coefficients of its
characteristic polynomial alternate in sign (they are elementary symmetric functions of
eigenvalues that are ≥ 0), which is right at equality too.  Roots are isolated in balls.
"""

import math
from fractions import Fraction

import flint

from tests.oracles.precision import ball_precision

__all__ = [
    "eigenvalue_balls",
    "exact",
    "exact_product",
    "is_semidefinite",
    "least_at_least",
    "norm_at_most",
    "radius_ball",
    "scaled_identity",
    "singular_value_balls",
]


def exact(A):
    """Return a float matrix as rationals."""
    return flint.fmpq_mat([[_rational(float(x)) for x in row] for row in A])


def exact_product(factors):
    """Return J_T ⋯ J_1 in rational arithmetic, `factors` in time order."""
    product = None
    for J in factors:
        product = exact(J) if product is None else exact(J) * product
    return product


def norm_at_most(A, u):
    """Decide ‖A‖₂ ≤ u for a float or rational matrix and a float or Fraction u."""
    if u == math.inf:
        return True
    G = _gram(A)
    return u >= 0 and is_semidefinite(scaled_identity(G, Fraction(u) ** 2) - G)


def least_at_least(A, u):
    """Decide σ_min(A) ≥ u, the last of min(m, n) singular values."""
    if u == math.inf:
        return False
    G = _gram(A)
    return u <= 0 or is_semidefinite(G - scaled_identity(G, Fraction(u) ** 2))


def is_semidefinite(M):
    """Decide whether a symmetric rational matrix has no eigenvalue below 0."""
    n = M.ncols()
    coefficients = M.charpoly().coeffs()
    return all((-1) ** (n - k) * c >= 0 for k, c in enumerate(coefficients))


def eigenvalue_balls(A, bits=200):
    """Return the eigenvalues of a float matrix as balls, with multiplicities."""
    numerators, denominator = exact(A).numer_denom()
    with ball_precision(bits):
        return [
            flint.acb(root) / flint.arb(denominator)
            for root, multiplicity in numerators.charpoly().complex_roots()
            for _ in range(multiplicity)
        ]


def radius_ball(A, bits=200):
    """Return ρ(A) as a ball."""
    with ball_precision(bits):
        sizes = [abs(root) for root in eigenvalue_balls(A, bits)]
        largest = sizes[0]
        for size in sizes[1:]:
            largest = largest.max(size)
        return largest


def singular_value_balls(A, bits=200):
    """Return σ_1 ≥ … as balls, from the roots of the polynomial of AᵀA."""
    numerators, denominator = _gram(A).numer_denom()
    with ball_precision(2 * bits):
        squares = [
            root.real.nonnegative_part() / flint.arb(denominator)
            for root, multiplicity in numerators.charpoly().complex_roots()
            for _ in range(multiplicity)
        ]
        roots = [square.sqrt() for square in squares]
        return sorted(roots, key=lambda ball: ball.mid(), reverse=True)


def scaled_identity(P, c):
    """Return c I of the size of P, for a float or Fraction c."""
    n, value = P.ncols(), _rational(c)
    return flint.fmpq_mat(
        n, n, [value * int(i == j) for i in range(n) for j in range(n)]
    )


def _gram(A):
    """Return AᵀA or AAᵀ, whichever is smaller, of a float or rational matrix."""
    P = A if isinstance(A, flint.fmpq_mat) else exact(A)
    if P.nrows() < P.ncols():
        P = P.transpose()
    return P.transpose() * P


def _rational(x):
    value = Fraction(x)
    return flint.fmpq(value.numerator, value.denominator)
