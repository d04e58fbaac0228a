"""A cycle is stable if its multipliers, the eigenvalues of J_p ⋯ J_1, have |μ| < 1."""

import enum
import math
from typing import NoReturn

import numpy as np

from gradlab.typing import Array, Matrix

__all__ = ["Stability", "multipliers", "radius_error", "stability"]

_EPS = float(np.finfo(float).eps)


class Stability(enum.Enum):
    """What is known about the multipliers of a fixed point or a cycle.

    Examples
    --------
    >>> if Stability.UNDECIDED:
    ...     pass
    Traceback (most recent call last):
    ...
    TypeError: a Stability has three values; compare with `is Stability.STABLE`.
    """

    STABLE = "every multiplier is inside the unit circle, by more than the error"
    UNSTABLE = "a multiplier is outside the unit circle, by more than the error"
    UNDECIDED = "the largest multiplier is within its error of the unit circle"

    def __bool__(self) -> NoReturn:
        """Raise: a multiplier may be too near to the unit circle to tell."""
        message = "a Stability has three values; compare with `is Stability.STABLE`."
        raise TypeError(message)


def stability(margin: float, error: float) -> Stability:
    """Return the verdict on a margin 1 − max|μ| that is known up to an error.

    Examples
    --------
    >>> stability(0.1, 1e-3).name, stability(-0.1, 1e-3).name, stability(0.1, 1.0).name
    ('STABLE', 'UNSTABLE', 'UNDECIDED')
    """
    if margin > error:
        return Stability.STABLE
    return Stability.UNSTABLE if -margin > error else Stability.UNDECIDED


def multipliers(product: Matrix) -> Array:
    """Return the eigenvalues (n,), complex, the largest in modulus first.

    >>> multipliers(np.array([[0.5, 1.0], [0.0, -2.0]])).real.tolist()
    [-2.0, 0.5]
    """
    values = np.linalg.eigvals(product).astype(complex)
    return values[np.lexsort((-values.imag, -np.abs(values)))]


def radius_error(product: Matrix, change: float) -> float:
    """Return a bound on |ρ(P + D) − ρ(P)| over all ‖D‖₂ ≤ change + n ε ‖P‖₂.

    Notes
    -----
    The smaller of two bounds on the eigenvalues, with δ = ‖D‖₂: (2n − 1) κ(V) δ with
    the computed eigenvectors V [horn2013matrix, Theorem 6.3.2], whose discs may chain;
    and 4 (2‖P‖₂ + δ)^(1−1/n) δ^(1/n), which needs no eigenvectors [gil2002bound, Eq. 1]
    and holds for a Jordan block as well.

    Examples
    --------
    >>> radius_error(np.diag([2.0, 0.5]), 1e-3) < 0.004
    True
    >>> radius_error(np.array([[0.5, 1.0], [0.0, 0.5]]), 1e-8) > 1e-4  # its root
    True
    """
    n, size = len(product), float(np.linalg.norm(product, 2))
    delta = change + n * _EPS * size
    if delta == 0.0:
        return 0.0
    if not math.isfinite(delta):
        return math.inf
    chained = (2 * n - 1) * _eigenvector_condition(product) * delta
    rooted = 4 * (2 * size + delta) ** (1 - 1 / n) * delta ** (1 / n)
    return min(chained, rooted)


def _eigenvector_condition(product: Matrix) -> float:
    """Return κ₂(V) of the computed eigenvectors; inf where they are no basis."""
    vectors = np.linalg.eig(product)[1]
    singular = np.linalg.svd(vectors, compute_uv=False)
    return float(singular[0] / singular[-1]) if singular[-1] > 0 else math.inf
