"""How well ρ(A) is known: the eigenvalues of A lie in Λ_ε of its computed Schur form.

AQ = QT + R with ‖R‖ known makes A similar to T + E, ‖E‖ ≤ ε.  So ρ(A) ≤ ρ_ε(T); and
where σ_min(zI − T) > ε all along a circle around the dominant t_ii, that circle holds
as many eigenvalues of T + sE for every s in [0, 1], so one of A.  Nothing is presumed
of eigenvectors: for a Jordan block the interval is as wide as ε^(1/n), as it must be,
and for a simple eigenvalue about ε times its condition.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from scipy import linalg

from gradlab._results import Result
from gradlab.linalg._doors import require_square
from gradlab.linalg._least_singular import (
    least_singular_of_few,
    rounding,
    size_above,
)
from gradlab.linalg._level_sets import circle_crossings, middles
from gradlab.linalg.pseudospectral import pseudospectral_radius
from gradlab.linalg.scaled import Scaled
from gradlab.references import Reference
from gradlab.typing import ArrayLike, Matrix

__all__ = ["SpectralRadius", "spectral_radius_interval"]

_UNIT = 2.0**-53
_TRIES = 60


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SpectralRadius(Result):
    """ρ(A) in [lower, upper], with the eigenvalue that has this modulus.

    Attributes
    ----------
    value : float
        max |λ| as computed.
    lower, upper : float
        From the pseudospectrum at `backward_error`; equal for a triangular matrix.
    eigenvalue : complex
        A computed eigenvalue of that modulus.
    condition : float
        1/|y*x| for its unit left and right eigenvectors: how far it moves when A does,
        to first order; inf where it is defective.
    backward_error : float
        ε, a bound on the perturbation of A whose eigenvalues were computed.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("golub2013matrix", "Sec. 7.2"),
        Reference("trefethen2005spectra", "Sec. 2"),
    )

    value: float
    lower: float
    upper: float
    eigenvalue: complex
    condition: float
    backward_error: float


def spectral_radius_interval(A: ArrayLike) -> SpectralRadius:
    """Return ρ(A) = max |λ_i(A)| with its condition and an interval that holds it.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.

    Returns
    -------
    SpectralRadius
        The interval is an estimate in float64: it presumes that singular values are
        right to n u ‖A‖, and is proved nowhere.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, or is empty.

    Examples
    --------
    A double eigenvalue 1 − 2⁻²⁶, of which NumPy makes 1.00000001:

    >>> d = 2.0**-26
    >>> found = spectral_radius_interval([[-1 - d, 4.0], [-1.0, 3 - d]])
    >>> found.lower <= 1 - d <= found.upper, found.upper - found.lower < 1e-6
    (True, True)
    """
    scaled = Scaled.of(require_square("A", A))
    B = scaled.mantissa
    eigenvalue, condition = _condition(B)
    if not np.tril(B, -1).any() or not np.triu(B, 1).any():
        eigenvalue = complex(np.diag(B)[np.abs(np.diag(B)).argmax()])
        size, e = abs(eigenvalue), 0.0
        lower = upper = size
    else:
        T, e = _schur(B)
        size = abs(eigenvalue)
        lower = min(size, _lower(T, e))
        upper = max(size, pseudospectral_radius(T, e).upper)
    sizes = np.array([size, lower, upper, e, eigenvalue.real, eigenvalue.imag])
    value, low, high, error, x, y = Scaled(sizes, scaled.exponent).to_float().tolist()
    return SpectralRadius(
        value=value,
        lower=low,
        upper=high,
        eigenvalue=complex(x, y),
        condition=condition,
        backward_error=error,
    )


def _condition(A: Matrix) -> tuple[complex, float]:
    """Return the eigenvalue of the largest modulus, and 1/|y*x|."""
    found: Any = linalg.eig(A, left=True, right=True)
    values, Y, X = found
    at = int(np.abs(values).argmax())
    overlap = abs(np.vdot(Y[:, at], X[:, at]))
    lengths = np.linalg.norm(Y[:, at]) * np.linalg.norm(X[:, at])
    return complex(values[at]), float(lengths / overlap) if overlap else math.inf


def _schur(A: Matrix) -> tuple[Matrix, float]:
    """Return a triangular T and ε with A similar to T + E, ‖E‖₂ ≤ ε."""
    n = len(A)
    T, Q = linalg.schur(A, output="complex")
    AQ, QT = A @ Q, Q @ T
    # A complex product of inner size n errs by at most 2(n + 2) u |X||Y|.
    unit = 2 * (n + 2) * _UNIT
    products = (
        np.linalg.norm(np.abs(A) @ np.abs(Q)),
        np.linalg.norm(np.abs(Q) @ np.abs(T)),
    )
    residual = np.linalg.norm(AQ - QT) + unit * sum(products)
    defect = np.linalg.norm(Q.conj().T @ Q - np.eye(n)) + unit * n
    # T + E = Q⁻¹AQ with E = Q⁻¹(AQ − QT), ‖Q⁻¹‖ ≤ 1/√(1 − defect).
    e = float(residual) / math.sqrt(1 - min(float(defect), 0.5))
    return T, e + rounding(n, size_above(A))


def _lower(T: Matrix, e: float) -> float:
    """Return |λ| − δ for a circle of radius δ around λ that Λ_ε(T) does not meet."""
    diagonal = np.diag(T)
    centre = complex(diagonal[np.abs(diagonal).argmax()])
    shifted = T - centre * np.eye(len(T))
    delta = 2 * e
    for _ in range(_TRIES):
        if delta >= abs(centre):
            return 0.0
        if _is_free(shifted, delta, e):
            return abs(centre) - delta
        delta *= 2
    return 0.0


def _is_free(A: Matrix, radius: float, e: float) -> bool:
    """Whether σ_min(zI − A) > ε on the circle |z| = radius."""
    if least_singular_of_few(A, np.array([radius + 0j]))[0] <= e:
        return False
    angles = middles(circle_crossings(A, radius, e), period=2 * math.pi)
    points = radius * np.exp(1j * angles)
    return not len(points) or bool((least_singular_of_few(A, points) > e).all())
