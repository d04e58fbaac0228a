"""Numerical range W(A) = {v*Av : ‖v‖ = 1} and radius w(A) = max |W(A)|.

W(A) is convex, and its width in the direction e^{−iθ} is the largest eigenvalue h(θ) of
the Hermitian part of e^{iθ}A [johnson1978numerical].  So W(A) lies in the polygon of
the lines Re(e^{iθ}z) = h(θ), has the points v*Av of the eigenvectors on its boundary,
and

    w(A) = max_θ h(θ),        ½‖A‖₂ ≤ w(A) ≤ ‖A‖₂,        w(A^k) ≤ w(A)^k.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_memory
from gradlab._results import Origin, Result
from gradlab.linalg._doors import require_square
from gradlab.linalg._least_singular import rounding, size_above
from gradlab.linalg._level_sets import middles, support_crossings
from gradlab.linalg.scaled import Scaled
from gradlab.references import Reference
from gradlab.typing import ArrayLike, Matrix, Vector

__all__ = [
    "NumericalRadius",
    "NumericalRange",
    "numerical_radius",
    "numerical_range",
    "radius_between",
    "supports",
]

_DIRECTIONS = 16  # looked at before the level sets are asked
_STEPS = 40  # it converges quadratically
_MARGIN = 2.0**-44  # 6e-14: how far above the best value the level is that must be free


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class NumericalRange(Result):
    """Boundary points of W(A), the vertices of a polygon around it, and its supports.

    Attributes
    ----------
    angles : (m,) array
        Directions θ, ascending, 2π/m apart.
    supports : (m,) array
        h(θ), the largest eigenvalue of the Hermitian part of e^{iθ}A.
    boundary : (m,) complex array
        v*Av, points of W(A): their polygon lies inside.
    vertices : (m,) complex array
        Where neighbouring lines of support meet: their polygon lies outside.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("johnson1978numerical"),)

    angles: Vector
    supports: Vector
    boundary: Vector
    vertices: Vector


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class NumericalRadius(Result):
    """w(A) in [lower, upper], attained at `point` up to rounding.

    Attributes
    ----------
    lower, upper : float
        Rounding of the eigenvalues is in them, as estimated by n u ‖A‖.
    point : complex
        v*Av with |v*Av| = w(A).
    steps : int
        Level sets that were asked.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("mengi2005algorithms"),
        Reference("johnson1978numerical"),
    )

    lower: float
    upper: float
    point: complex
    steps: int


def numerical_range(A: ArrayLike, points: int = 128) -> NumericalRange:
    """Return the boundary of W(A) = {v*Av : ‖v‖ = 1} in so many directions.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.
    points : int
        Directions m, at least 3.

    Returns
    -------
    NumericalRange
        Each point and support to about ``n eps ‖A‖``.  Between the polygon of the
        boundary points, inside, and that of the vertices, outside, lies W(A); their
        distance falls as 1/m² where the boundary is smooth.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, or `points` is below 3.

    Examples
    --------
    W of a Jordan block of size 2 is the disc of radius ½.

    >>> found = numerical_range([[0.0, 1.0], [0.0, 0.0]], points=8)
    >>> np.abs(found.boundary).round(12).tolist()
    [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    """
    scaled = Scaled.of(require_square("A", A))
    m = require_count("points", points, minimum=3)
    require_memory("points", m, 4 * m * len(scaled.mantissa))
    angles = 2 * math.pi * np.arange(m) / m
    h, v = supports(scaled.mantissa, angles)
    boundary = _quotients(scaled.mantissa, v)
    each = {"supports": h, "boundary": boundary, "vertices": _vertices(angles, h)}
    sized = {k: Scaled(x, scaled.exponent).to_float() for k, x in each.items()}
    origin = Origin(parameters={"points": m})
    return NumericalRange(angles=angles, **sized, origin=origin)


def numerical_radius(A: ArrayLike) -> NumericalRadius:
    """Return w(A) = max |v*Av| over unit vectors v, between two bounds.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.

    Returns
    -------
    NumericalRadius
        With ``upper - lower`` about 1e-13 w(A) + ``n eps ‖A‖``.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, or is empty.

    Notes
    -----
    Best value so far, c: the angles at which h(θ) = c(1 + 6e-14) are eigenvalues of a
    quadratic pencil; between two of them h may be larger, and if it is not at any
    middle, c is the maximum [mengi2005algorithms].  That the upper bound holds presumes
    that those eigenvalues are right to their backward error.

    Examples
    --------
    >>> found = numerical_radius([[0.0, 2.0], [0.0, 0.0]])
    >>> round(found.lower, 12), round(found.upper, 12)
    (1.0, 1.0)
    """
    scaled = Scaled.of(require_square("A", A))
    lower, upper, point, steps = _radius(scaled.mantissa)
    values = np.array([lower, upper, point.real, point.imag])
    low, high, x, y = Scaled(values, scaled.exponent).to_float()
    point = complex(x, y)
    return NumericalRadius(
        lower=float(low), upper=float(high), point=point, steps=steps
    )


def supports(A: Matrix, angles: Vector) -> tuple[Vector, Matrix]:
    """Return h(θ) = λ_max of (e^{iθ}A + e^{−iθ}A*)/2 and its eigenvectors, a row each.

    Examples
    --------
    >>> supports(np.diag([1.0, -2.0]), np.array([0.0, math.pi]))[0].tolist()
    [1.0, 2.0]
    """
    values = np.empty(len(angles))
    vectors = np.empty((len(angles), len(A)), dtype=complex)
    for k, H in enumerate(_turned(A, angles)):
        w, V = np.linalg.eigh(H)
        values[k], vectors[k] = w[-1], V[:, -1]
    return values, vectors


def radius_between(A: Matrix, count: int) -> tuple[float, float]:
    """Return bounds on w(A) from supports in so many directions, an even number.

    Examples
    --------
    >>> lower, upper = radius_between(np.array([[0.0, 1.0], [0.0, 0.0]]), 4)
    >>> round(lower, 12), round(upper**2, 12)
    (0.5, 0.5)
    """
    angles = 2 * math.pi * np.arange(count) / count
    # conj A has the range mirrored in the real axis: half of them do for a real one.
    once = angles[: count // 2 + 1] if np.isrealobj(A) else angles
    h = np.array([np.linalg.eigvalsh(H)[-1] for H in _turned(A, once)])
    if np.isrealobj(A):
        h = np.append(h, h[-2:0:-1])
    return float(h.max()), float(np.abs(_vertices(angles, h)).max())


def _turned(A: Matrix, angles: Vector) -> Iterator[Matrix]:
    """Yield the Hermitian parts of e^{iθ}A; real where e^{iθ} and A are."""
    real = {0.0: A, math.pi: -A}
    for t in angles.tolist():
        B = real[t] if t in real else np.exp(1j * t) * A
        yield (B + B.conj().T) / 2


def _vertices(angles: Vector, h: Vector) -> Vector:
    """Return where Re(e^{iθ}z) = h(θ) meets the line of the next direction."""
    step = 2 * math.pi / len(angles)
    along = (np.roll(h, -1) - h * math.cos(step)) / math.sin(step)
    return np.exp(-1j * angles) * (h - 1j * along)


def _radius(A: Matrix) -> tuple[float, float, complex, int]:
    error = rounding(len(A), size_above(A))
    best, point = _best(A, 2 * math.pi * np.arange(_DIRECTIONS) / _DIRECTIONS)
    if best <= error:  # A = 0
        return 0.0, best + error, point, 0
    for step in range(1, _STEPS + 1):
        level = best * (1 + _MARGIN)
        between = middles(support_crossings(A, level), period=2 * math.pi)
        found, place = _best(A, between) if len(between) else (0.0, point)
        if found <= level:
            return max(best - error, 0.0), level + error, point, step
        best, point = found, place
    return max(best - error, 0.0), size_above(A), point, _STEPS


def _best(A: Matrix, angles: Vector) -> tuple[float, complex]:
    """Return the largest |v*Av| for eigenvectors v of h(θ), which is ≥ h, and v*Av."""
    _, v = supports(A, angles)
    points = _quotients(A, v)
    at = int(np.abs(points).argmax())
    return float(np.abs(points[at])), complex(points[at])


def _quotients(A: Matrix, v: Matrix) -> Vector:
    """Return v*Av / v*v for each row: eigenvectors are of length 1 up to rounding."""
    squares = np.square(v.real).sum(axis=1) + np.square(v.imag).sum(axis=1)
    return np.einsum("ki,ij,kj->k", v.conj(), A, v) / squares
