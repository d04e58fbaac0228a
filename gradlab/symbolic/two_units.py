"""Two tanh units: stable at h = tanh(W h + b) iff |tr J| < 1 + det J < 2, exactly.

J = diag(1 − h²) W.  In the plane of (tr, det) the three inequalities bound a triangle,
and each side is a bifurcation:

    1 − tr + det = 0    fold: a multiplier passes 1
    1 + tr + det = 0    flip: a multiplier passes −1
    1 − det = 0         Neimark–Sacker: a pair passes e^{±iθ}
"""

import enum
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import sympy

from gradlab.dynamics.stability import Stability
from gradlab.errors import InputError, ShapeError
from gradlab.references import Reference
from gradlab.symbolic.enclosure import (
    enclosure,
    exact_number,
    nearest_float,
    sign,
)
from gradlab.symbolic.jury import jury_conditions
from gradlab.typing import Array

__all__ = ["Bifurcation", "TwoUnitStability", "two_unit_stability"]

_MISSES = 1e-6  # a state further from its image than this is no fixed point


class Bifurcation(enum.Enum):
    """How a fixed point of a map can lose its stability when one parameter moves."""

    FOLD = "a multiplier passes 1"
    FLIP = "a multiplier passes −1"
    NEIMARK_SACKER = "a pair of multipliers passes the unit circle elsewhere"


_CORNERS = {  # of the triangle, in (tr, det): the ends of each side
    Bifurcation.FOLD: ((2, 1), (0, -1)),
    Bifurcation.FLIP: ((-2, 1), (0, -1)),
    Bifurcation.NEIMARK_SACKER: ((-2, 1), (2, 1)),
}


@final
@dataclass(frozen=True)
class TwoUnitStability:
    """The stability of a fixed point of two units, and what is nearest to ending it.

    Attributes
    ----------
    trace, determinant : sympy.Expr
        Of J = diag(1 − h²) W, exactly, at the given h.
    margins : dict of Bifurcation to sympy.Expr
        1 − tr + det, 1 + tr + det and 1 − det; all above 0 if and only if stable.
    squared_distances : dict of Bifurcation to sympy.Expr
        From (tr, det) to that side of the triangle of stability, squared.
    stability : Stability
        Proved for the given h; UNDECIDED if a margin is 0.
    nearest : Bifurcation
        The side with the least distance: what happens first, or happened last, if W and
        b move the shortest way.
    residual : float
        The largest |tanh(W h + b) − h|: the given h is a fixed point up to this.

    Examples
    --------
    >>> rest = two_unit_stability([[0, 1], [-1, 0]], [0, 0], [0, 0])
    >>> rest.trace, rest.determinant, rest.stability.name
    (0, 1, 'UNDECIDED')
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("jury1962simplified"),
        Reference("tino2001attractive"),
    )

    trace: sympy.Expr
    determinant: sympy.Expr
    margins: dict[Bifurcation, sympy.Expr]
    squared_distances: dict[Bifurcation, sympy.Expr]
    stability: Stability
    nearest: Bifurcation
    residual: float


def two_unit_stability(W: Any, b: Any, fixed_point: Any) -> TwoUnitStability:
    """Return whether a fixed point of h' = tanh(W h + b) is stable, n = 2, exactly.

    Parameters
    ----------
    W : (2, 2) array_like
        Numbers or formulas of numbers; a float is the binary number it is.
    b : (2,) array_like
    fixed_point : (2,) array_like
        h with |tanh(W h + b) − h| ≤ 1e-6; trace and determinant are those at this h.

    Returns
    -------
    TwoUnitStability

    Raises
    ------
    ShapeError, InputTypeError
        If the shapes are others, or an entry is no number.
    InputError
        If h is not a fixed point.

    Examples
    --------
    A rotation by a right angle at gain 6/5, at rest:

    >>> found = two_unit_stability([[0, -1.2], [1.2, 0]], [0, 0], [0, 0])
    >>> found.stability.name, found.nearest.name
    ('UNSTABLE', 'NEIMARK_SACKER')
    >>> two_unit_stability([[1, 0], [0, sympy.Rational(1, 2)]], [0, 0], [0, 0]).margins[
    ...     Bifurcation.FOLD]
    0
    """
    weights = _exact("W", W, (2, 2))
    h, bias = _exact("fixed_point", fixed_point, (2,)), _exact("b", b, (2,))
    residual = _residual(weights, bias, h)
    if not residual <= _MISSES:
        message = (
            "`fixed_point` must satisfy h = tanh(W h + b) to 1e-6; "
            f"it misses by {residual:.3g}."
        )
        raise InputError(message)
    J = (1 - h**2)[:, None] * weights
    trace = sympy.expand(J[0, 0] + J[1, 1])
    determinant = sympy.expand(J[0, 0] * J[1, 1] - J[0, 1] * J[1, 0])
    conditions = jury_conditions([1, -trace, determinant])
    margins = {
        Bifurcation.FOLD: conditions.fold,
        Bifurcation.FLIP: conditions.flip,
        Bifurcation.NEIMARK_SACKER: conditions.inners[0][1],
    }
    distances = {
        side: _squared_distance((trace, determinant), *ends)
        for side, ends in _CORNERS.items()
    }
    return TwoUnitStability(
        trace=trace,
        determinant=determinant,
        margins=margins,
        squared_distances=distances,
        stability=_stability(margins),
        nearest=min(distances, key=lambda side: nearest_float(distances[side])),
        residual=residual,
    )


def _exact(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    array = np.array(value, dtype=object)
    if array.shape != shape:
        raise ShapeError(name, f"{shape}", array.shape)
    for index, entry in np.ndenumerate(array):
        array[index] = exact_number(name, entry)
    return array


def _residual(W: Array, b: Array, h: Array) -> float:
    misses = [sympy.tanh(a) - h_i for a, h_i in zip(W @ h + b, h, strict=True)]
    return max(float(abs(enclosure(miss)).upper()) for miss in misses)


def _stability(margins: dict[Bifurcation, sympy.Expr]) -> Stability:
    signs = [sign(margin) for margin in margins.values()]
    if -1 in signs:
        return Stability.UNSTABLE
    proved = all(found == 1 for found in signs)
    return Stability.STABLE if proved else Stability.UNDECIDED


def _squared_distance(
    point: tuple[sympy.Expr, sympy.Expr], start: tuple[int, int], end: tuple[int, int]
) -> sympy.Expr:
    """Return the square of the distance from a point to a segment of the plane."""
    P, A, B = (sympy.Matrix(pair) for pair in (point, start, end))
    share = (P - A).dot(B - A) / (B - A).dot(B - A)
    if sign(share) == -1:
        share = sympy.Integer(0)
    elif sign(1 - share) == -1:
        share = sympy.Integer(1)
    gap = P - A - share * (B - A)
    return sympy.expand(gap.dot(gap))
