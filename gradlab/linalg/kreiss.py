"""Kreiss constant K(A) = sup over |z| > 1 of (|z| − 1) ‖(zI − A)⁻¹‖, from both sides.

It decides how large powers become on the way to their decay [kreiss1962definition,
spijker1991conjecture]:

    K(A) ≤ sup_k ‖A^k‖ ≤ e n K(A).

A maximum over a grid is only a lower bound.  The upper one here rests on convexity: the
logarithm of M(r) = max over |z| = r of ‖(zI − A)⁻¹‖ is a convex function of ln r
(Hadamard), so bounds on M at a few radii, each from the eigenvalues of one symplectic
pencil, bound it everywhere between them.  With the numerical radius w, ‖(zI − A)⁻¹‖ is
at most 1/(|z| − w), and (|z| − 1) ‖(zI − A)⁻¹‖ = 1 + (w − 1)/|z| + … at some z far out:
so K(A) = 1 iff w ≤ 1.
"""

import enum
import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_number, require_one_of
from gradlab._results import Origin, Result
from gradlab.linalg._curves import Circles, Lines
from gradlab.linalg._doors import require_square
from gradlab.linalg._kreiss_bracket import KreissBracket
from gradlab.linalg._least_singular import rounding
from gradlab.linalg.scaled import Scaled
from gradlab.references import Reference
from gradlab.typing import ArrayLike

__all__ = ["KreissConstant", "KreissStop", "kreiss_constant"]

_CURVES: dict[str, Circles | Lines] = {"disc": Circles(), "half-plane": Lines()}


class KreissStop(enum.Enum):
    """Why the bracket of a Kreiss constant is as it is."""

    TOLERANCE = "the bracket is narrower than rtol"
    ROUNDING = "float64 does not know the resolvent better at the maximum"
    CONTRACTION = "the numerical range is inside: the constant is 1"
    UNSTABLE = "an eigenvalue is outside: the constant is infinite"
    BOUNDARY = "an eigenvalue may be on the boundary: the constant may be infinite"
    NODES = "as many level sets as are allowed were asked; the bracket holds"


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class KreissConstant(Result):
    """K(A) in [lower, upper].

    Attributes
    ----------
    lower, upper : float
        The rounding of σ_min, estimated by n u (‖A‖ + |z|), is in both.
    z : complex
        Where the lower bound is attained: infinite if it is 1 and the maximum is not
        known, NaN if the constant is 1 or infinite for certain.
    stop : KreissStop
    level_sets : int
        Eigenvalue problems of size 2n that were solved for the upper bound.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("kreiss1962definition"),
        Reference("mitchell2020computing"),
        Reference("trefethen2005spectra", "Sec. 18"),
    )

    lower: float
    upper: float
    z: complex
    stop: KreissStop
    level_sets: int


def kreiss_constant(
    A: ArrayLike, *, domain: str = "disc", rtol: float = 1e-6
) -> KreissConstant:
    """Return K(A) = sup (|z| − 1) ‖(zI − A)⁻¹‖ over |z| > 1, between two bounds.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.
    domain : {"disc", "half-plane"}
        "half-plane": sup Re z ‖(zI − A)⁻¹‖ over Re z > 0, the constant of e^{tA}.
    rtol : float
        Relative width of the bracket, above 0.

    Returns
    -------
    KreissConstant
        Where σ_min(zI − A) at the maximum is not far above n u ‖A‖ the bracket is wider
        than `rtol`, and says so.  Where an eigenvalue is within rounding of the
        boundary the upper bound is infinite, and a numerical radius that is 1 up to
        rounding is taken for 1.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, `domain` is not one of the
        two, or `rtol` is not above 0.

    Notes
    -----
    In exact arithmetic the bounds would be proofs; as they are, they presume singular
    values right to n u ‖A‖ and the eigenvalues of a pencil of size 2n right to their
    backward error.  Some ten to thirty such pencils are solved.

    Examples
    --------
    >>> found = kreiss_constant([[0.9, 1.0], [0.0, 0.9]])
    >>> round(found.lower, 5), round(found.upper, 5)
    (2.6, 2.6)
    >>> kreiss_constant([[0.0, 1.0], [1.0, 0.0]]).stop.value
    'the numerical range is inside: the constant is 1'
    """
    array = require_square("A", A)
    name = require_one_of("domain", domain, tuple(_CURVES))
    rtol = require_number("rtol", rtol, above=0.0)
    curves = _CURVES[name]
    # The constant of the half-plane is that of A/s for every s > 0.
    scaled = Scaled.of(array) if curves.start == 0 else Scaled(array, 0)
    array = scaled.mantissa
    bracket = KreissBracket(array, curves, rtol)
    nowhere = complex(math.nan, math.nan)
    if bracket.extent[0] <= curves.start + rounding(len(array), bracket.size):
        lower = upper = 1.0
        z, stop = nowhere, KreissStop.CONTRACTION
    elif bracket.is_outside():
        lower = upper = math.inf
        z, stop = nowhere, KreissStop.UNSTABLE
    elif not bracket.is_finite():
        bracket.search()
        lower, upper, z, stop = bracket.lower, math.inf, bracket.z, KreissStop.BOUNDARY
    else:
        bracket.search()
        upper, closed = bracket.close()
        lower, z = bracket.lower, bracket.z
        stop = _stop(bracket, closed)
    return KreissConstant(
        lower=lower,
        upper=upper,
        z=_times_power_of_two(z, scaled.exponent),
        stop=stop,
        level_sets=bracket.level_sets,
        origin=Origin(parameters={"domain": name, "rtol": rtol}),
    )


def _times_power_of_two(z: complex, power: int) -> complex:
    x, y = Scaled(np.array([z.real, z.imag]), power).to_float().tolist()
    return complex(x, y)


def _stop(bracket: KreissBracket, closed: bool) -> KreissStop:
    if bracket.tolerance() > bracket.rtol:
        return KreissStop.ROUNDING
    return KreissStop.TOLERANCE if closed else KreissStop.NODES
