"""How far Λ_ε(A) = {z : σ_min(zI − A) ≤ ε} reaches: ρ_ε = max |z| and α_ε = max Re z.

Criss-cross: from a point of the boundary, the circle (line) through it meets Λ_ε in
arcs; from the middle of each a ray outward (a horizontal line) meets the boundary
again, farther out [burke2003robust, mengi2005algorithms].  It ends when there is no arc
left, quadratically; for every matrix, since each step finds all crossings as
eigenvalues.
"""

import cmath
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_number
from gradlab._results import Origin, Result
from gradlab.linalg._doors import require_square
from gradlab.linalg._least_singular import (
    least_singular,
    least_singular_of_few,
    rounding,
    size_above,
)
from gradlab.linalg._level_sets import (
    circle_crossings,
    line_crossings,
    middles,
    ray_crossings,
)
from gradlab.linalg.scaled import Scaled
from gradlab.references import Reference
from gradlab.typing import ArrayLike, Matrix, Vector

__all__ = ["PseudospectralReach", "pseudospectral_abscissa", "pseudospectral_radius"]

_STEPS = 50
_MARGIN = 1e-12  # of the size of A: how far out the last circle is
_POLISHES = 8
_LOOSE = 1e-6  # above ε a root is of another singular value


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PseudospectralReach(Result):
    """ρ_ε(A) or α_ε(A) in [lower, upper].

    Attributes
    ----------
    lower, upper : float
        What rounding of σ_min does to the value is in them, as estimated from n u ‖A‖.
    z : complex
        A point of the boundary of Λ_ε that reaches as far.
    level : float
        ε.
    steps : int
        Circles or lines that were searched.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("burke2003robust"),
        Reference("mengi2005algorithms"),
    )

    lower: float
    upper: float
    z: complex
    level: float
    steps: int


def pseudospectral_radius(A: ArrayLike, eps: float) -> PseudospectralReach:
    """Return ρ_ε(A), the largest modulus of an eigenvalue of any A + E with ‖E‖₂ ≤ ε.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.
    eps : float
        ε > 0, the size of a perturbation.

    Returns
    -------
    PseudospectralReach
        With ``upper - lower`` about 1e-12 ‖A‖ and what rounding makes of it: an error
        of n u ‖A‖ in ε, which for an eigenvalue of multiplicity k moves
        ρ_ε − ρ ~ ε^(1/k).

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, or `eps` is not above 0.

    Notes
    -----
    That nothing lies beyond `upper` presumes that the eigenvalues of a symplectic
    pencil are right to their backward error.

    Examples
    --------
    For a Jordan block of size 2 with eigenvalue 0, |z|² = ε (ε + 1).

    >>> found = pseudospectral_radius([[0.0, 1.0], [0.0, 0.0]], eps=0.25)
    >>> round(found.lower**2, 10), round(found.upper**2, 10)
    (0.3125, 0.3125)
    """
    return _reach(A, eps, _farthest)


def pseudospectral_abscissa(A: ArrayLike, eps: float) -> PseudospectralReach:
    """Return α_ε(A), the largest real part of an eigenvalue of A + E with ‖E‖₂ ≤ ε.

    Parameters, result and errors are those of `pseudospectral_radius`.

    Examples
    --------
    >>> found = pseudospectral_abscissa(np.diag([-1.0, -2.0]), eps=0.25)
    >>> round(found.lower, 10), round(found.upper, 10)
    (-0.75, -0.75)
    """
    return _reach(A, eps, _rightmost)


# (A, ε, margin) ↦ the point, the steps, and whether nothing was left beyond it.
_Search = Callable[[Matrix, float, float], tuple[complex, int, bool]]


def _reach(A: ArrayLike, eps: float, search: _Search) -> PseudospectralReach:
    scaled = Scaled.of(require_square("A", A))
    level = require_number("eps", eps, above=0.0)
    scaled = _made_to_fit(scaled, level)
    B, e = scaled.mantissa, math.ldexp(level, -scaled.exponent)
    margin = _MARGIN * max(size_above(B), e)
    z, steps, closed = search(B, e, margin)
    value, error = abs(z) if search is _farthest else z.real, _error(B, e, z, search)
    # ‖A‖ + ε bounds both, should criss-cross not have ended.
    upper = value + margin + error if closed else size_above(B) + e
    bounds = np.array([value - error, upper, z.real, z.imag])
    lower, upper, x, y = Scaled(bounds, scaled.exponent).to_float().tolist()
    return PseudospectralReach(
        lower=max(lower, 0.0) if search is _farthest else lower,
        upper=upper,
        z=complex(x, y),
        level=level,
        steps=steps,
        origin=Origin(parameters={"eps": level}),
    )


def _made_to_fit(scaled: Scaled, level: float) -> Scaled:
    """Return A as mantissa · 2^exponent with the larger of ‖A‖ and ε near 1."""
    power = math.frexp(level)[1]
    shift = max(power - scaled.exponent, 0)
    if not scaled.mantissa.any():
        return Scaled(scaled.mantissa, power)
    mantissa = Scaled(scaled.mantissa, -shift).to_float()
    return Scaled(mantissa, scaled.exponent + shift)


def _farthest(A: Matrix, e: float, margin: float) -> tuple[complex, int, bool]:
    values = np.linalg.eigvals(A)
    first = complex(values[np.abs(values).argmax()])
    z = _outward(A, e, _direction(first), 0j)
    for step in range(1, _STEPS + 1):
        r = abs(z) + margin
        angles = middles(circle_crossings(A, r, e), period=2 * math.pi)
        turns = np.exp(1j * angles)
        inside = turns[_is_inside(A, e, r * turns)]
        if not len(inside):
            return z, step, True
        found = max((_outward(A, e, turn, 0j) for turn in inside), key=abs)
        if abs(found) <= abs(z):  # what is inside by rounding alone
            return z, step, True
        z = found
    return z, _STEPS, False


def _rightmost(A: Matrix, e: float, margin: float) -> tuple[complex, int, bool]:
    values = np.linalg.eigvals(A)
    first = values[values.real.argmax()]
    z = _outward(A, e, 1.0 + 0j, 1j * first.imag)
    for step in range(1, _STEPS + 1):
        x = z.real + margin
        heights = middles(line_crossings(A, x, e))
        inside = heights[_is_inside(A, e, x + 1j * heights)]
        if not len(inside):
            return z, step, True
        found = max((_outward(A, e, 1.0 + 0j, 1j * y) for y in inside), key=_real)
        if found.real <= z.real:
            return z, step, True
        z = found
    return z, _STEPS, False


def _direction(z: complex) -> complex:
    """Return e^{iθ} of z = re^{iθ}, exactly ±1 where z is real."""
    if z.imag:
        return cmath.exp(1j * cmath.phase(z))
    return complex(math.copysign(1.0, z.real))


def _real(z: complex) -> float:
    return z.real


def _is_inside(A: Matrix, e: float, points: Vector) -> Vector:
    if not len(points):
        return np.zeros(0, dtype=bool)
    return least_singular_of_few(A, points) < e


def _outward(A: Matrix, e: float, direction: complex, start: complex) -> complex:
    """Return the last point start + t·direction, t real, at which σ_min is ε."""
    real = direction.imag == 0 and start == 0
    B = A * direction.real if real else (A - start * np.eye(len(A))) / direction
    roots = ray_crossings(B, e)
    most = e * (1 + _LOOSE) + rounding(len(B), size_above(B) + e)
    for at in range(len(roots) - 1, -1, -1):
        # What separates a root from the next: polishing must not go beyond.
        least = (roots[at] + roots[at - 1]) / 2 if at else -math.inf
        t = _polished(B, e, float(roots[at]), float(least))
        if least_singular_of_few(B, np.array([t]))[0] <= most:
            break
    return start + t * direction


def _polished(B: Matrix, e: float, t: float, least: float) -> float:
    """Return the root of σ_min(tI − B) = ε near t, t > least, by Newton's method."""
    best, gap = t, math.inf
    for _ in range(_POLISHES):
        value, gradient, _ = least_singular(B, t)
        if not abs(value - e) < gap:
            break
        best, gap = t, abs(value - e)
        if not gap > 2.0**-52 * e or not gradient[0]:
            break
        t -= (value - e) / float(gradient[0])
        if not t > least:
            break
    return best


def _error(A: Matrix, e: float, z: complex, search: _Search) -> float:
    """Return how far z moves along its ray if ε is wrong by the rounding τ of σ_min.

    Near an eigenvalue of multiplicity k the reach is r ~ ε^{1/k}, so that
    r(ε) − r(ε − τ) ≤ 2τ r'(ε) for τ ≤ ε/2, and at most k ε r'(ε) in any case.
    """
    size = size_above(A) + e
    tau = rounding(len(A), size + abs(z))
    direction = _direction(z) if search is _farthest else 1.0 + 0j
    gradient = least_singular(A, z).gradient
    slope = abs(float(gradient @ [direction.real, direction.imag]))
    factor = 2 if 2 * tau <= e else 2 * len(A)
    return min(factor * tau / slope, size) if slope else size
