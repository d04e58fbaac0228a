"""Products of independent random matrices, and their exact Lyapunov exponents.

If X O has the law of X for every orthogonal (unitary) O, then λ_1 + … + λ_k is half the
mean of ln det X_kᴴ X_k, X_k the first k columns; for Gaussian entries that is a sum of
ln χ², for blocks of Haar matrices a sum of ln Beta.
"""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from scipy.special import digamma

from gradlab._checks import require_count, require_length, require_number, require_rng
from gradlab.linalg._doors import require_corner
from gradlab.typing import Matrix, Seed, Vector

__all__ = [
    "complex_newman_exponents",
    "independent_factors",
    "newman_exponents",
    "truncated_orthogonal_exponents",
    "truncated_unitary_exponents",
]


class _Ensemble(Protocol):
    def __call__(self, *, rng: np.random.Generator) -> Matrix:
        """Draw one matrix."""
        ...


def independent_factors(
    ensemble: _Ensemble, steps: int, *, rng: Seed
) -> Iterator[Matrix]:
    """Yield `steps` independent matrices of an ensemble, one at a time.

    Parameters
    ----------
    ensemble : callable
        Called as ``ensemble(rng=generator)``; fix the rest by `functools.partial`.
    steps : int
        T ≥ 1.
    rng : Generator or int
        One stream for all of them.

    Examples
    --------
    >>> import functools
    >>> from gradlab.linalg import graded_product, orthogonal
    >>> doubled = functools.partial(orthogonal, 3, gain=2.0)
    >>> product = graded_product(independent_factors(doubled, 2000, rng=0))
    >>> round(product.log_norm / 2000, 12)  # ln 2
    0.69314718056
    """
    steps, generator = require_count("steps", steps), require_rng(rng)
    return (ensemble(rng=generator) for _ in range(steps))


def newman_exponents(n: int, *, variance: float) -> Vector:
    """Return the exact exponents λ_i = ½ [ln(2σ²) + ψ((n − i + 1)/2)], i = 1 … n.

    These are the Lyapunov exponents, in nats per step, of a product of independent
    (n, n) matrices with N(0, σ²) entries [newman1986distribution].

    Parameters
    ----------
    n : int
        Size of the matrices, at least 1.
    variance : float
        Variance σ² > 0 of one entry; gain²/n for `gaussian`.

    Returns
    -------
    (n,) ndarray
        Descending, to the last digits of float64.

    Examples
    --------
    >>> newman_exponents(2, variance=1.0).round(12).tolist()
    [0.057965757829, -0.635181422731]
    """
    left, variance = _left(n), require_number("variance", variance, above=0.0)
    return (np.log(2 * variance) + digamma(left / 2)) / 2


def complex_newman_exponents(n: int, *, variance: float) -> Vector:
    """Return λ_i = ½ [ln σ² + ψ(n − i + 1)], i = 1 … n, for complex Gaussian entries.

    Real and imaginary parts are independent N(0, σ²/2) [forrester2013lyapunov].

    Parameters
    ----------
    n : int
        Size of the matrices, at least 1.
    variance : float
        σ² > 0, the mean of |entry|²; gain²/n for `complex_gaussian`.

    Returns
    -------
    (n,) ndarray
        Nats per step, descending.

    Examples
    --------
    >>> complex_newman_exponents(2, variance=1.0).round(12).tolist()  # (1 − γ)/2, −γ/2
    [0.211392167549, -0.288607832451]
    """
    left, variance = _left(n), require_number("variance", variance, above=0.0)
    return (np.log(variance) + digamma(left)) / 2


def truncated_orthogonal_exponents(n: int, *, of: int) -> Vector:
    """Return λ_i = ½ [ψ((n − i + 1)/2) − ψ((N − i + 1)/2)] for `truncated_orthogonal`.

    The factors are the (n, n) corners of independent Haar orthogonal (N, N) matrices
    [forrester2015asymptotics].

    Parameters
    ----------
    n, of : int
        1 ≤ n ≤ N.

    Returns
    -------
    (n,) ndarray
        Nats per step, descending; 0 for N = n.

    Examples
    --------
    The corner of a rotation of the plane is cos θ, and the mean of ln|cos θ| is −ln 2:

    >>> truncated_orthogonal_exponents(1, of=2).round(12).tolist()
    [-0.69314718056]
    """
    left, rest = _left_of_corner(n, of)
    return (digamma(left / 2) - digamma(rest / 2)) / 2


def truncated_unitary_exponents(n: int, *, of: int) -> Vector:
    """Return λ_i = ½ [ψ(n − i + 1) − ψ(N − i + 1)] for `truncated_unitary`.

    The factors are the (n, n) corners of independent Haar unitary (N, N) matrices
    [forrester2015asymptotics].

    Parameters
    ----------
    n, of : int
        1 ≤ n ≤ N.

    Returns
    -------
    (n,) ndarray
        Nats per step, descending; 0 for N = n.

    Examples
    --------
    >>> truncated_unitary_exponents(1, of=2).tolist()
    [-0.5]
    """
    left, rest = _left_of_corner(n, of)
    return (digamma(left) - digamma(rest)) / 2


def _left(n: int) -> Vector:
    """Return n, n − 1, …, 1: the dimensions that are left to each exponent."""
    return np.arange(require_length("n", n), 0, -1, dtype=float)


def _left_of_corner(n: int, of: int) -> tuple[Vector, Vector]:
    """Return the same for a corner, and for the n first columns it is cut from."""
    n, of = require_corner(n, of)
    return _left(n), np.arange(of, of - n, -1, dtype=float)
