"""Where in the (w, b) plane h' = φ(w h + b) has which attractors: decided exactly.

Beside the fold, |b − center| = fold_width(w), and the flip, |b − center| =
flip_width(w), there is no other boundary: φ' > 0 and the Schwarzian is negative, so
that the map for w > 0, and its second iterate for w < 0, increases and has at most
three fixed points.
"""

import enum
from dataclasses import dataclass
from typing import Any, final

import sympy

from gradlab.symbolic.enclosure import exact_number, sign
from gradlab.symbolic.scalar import ScalarUnit, W, scalar_unit

__all__ = ["Regime", "ScalarRegime", "scalar_regime"]


class Regime(enum.Enum):
    """The attractors of h' = φ(w h + b), all of them."""

    ONE_POINT = "one fixed point, which attracts every orbit"
    TWO_POINTS = "three fixed points: the outer two attract, the one between repels"
    TWO_CYCLE = "one fixed point, which repels, and one 2-cycle, which attracts"
    FOLD = "two fixed points: one attracts; the other has multiplier 1, on the fold"
    CUSP = "one fixed point of multiplier 1, which attracts every orbit, slowly"
    FLIP = "one fixed point of multiplier −1, which attracts every orbit, slowly"
    UNDECIDED = "b is on a boundary, as far as 16384 bits tell, and no formula says so"


@final
@dataclass(frozen=True)
class ScalarRegime:
    """The regime at one (w, b), and how far it is from the next.

    Attributes
    ----------
    regime : Regime
    margin : sympy.Expr
        Exactly: the distance from b to the nearer boundary at this w, above 0 where
        there are two attractors or a 2-cycle, below 0 where there is one fixed point; 0
        on a boundary, and −∞ where w is too small for any b to reach one.
    boundaries : tuple of sympy.Expr
        Exactly: the two values of b at which the unit bifurcates at this w, in
        increasing order; one at the cusp and the tip of the flip; none between them.

    Examples
    --------
    >>> scalar_regime(2, 0).boundaries
    (-sqrt(2) + acosh(sqrt(2)), -acosh(sqrt(2)) + sqrt(2))
    """

    regime: Regime
    margin: sympy.Expr
    boundaries: tuple[sympy.Expr, ...]


def scalar_regime(w: Any, b: Any, activation: str = "tanh") -> ScalarRegime:
    """Return the attractors of h' = φ(w h + b), proved, with the exact margin.

    Parameters
    ----------
    w, b : number or sympy.Expr
        Real.  A float is the binary number it is; ``sympy.cosh(1)**2`` is what it says.
    activation : {"tanh", "sigmoid"}
        φ.

    Returns
    -------
    ScalarRegime

    Raises
    ------
    InputError, InputTypeError
        If w or b is no real number, or the activation is neither.

    Notes
    -----
    For algebraic w and b, all floats among them, the margin is 0 at the cusp and the
    tip only, since arcosh √w is transcendental elsewhere (Lindemann): bits decide.

    Examples
    --------
    >>> found = scalar_regime(2, sympy.Rational(1, 2))
    >>> found.regime.name, found.margin
    ('TWO_POINTS', -acosh(sqrt(2)) - 1/2 + sqrt(2))
    >>> scalar_regime(-2, 0).regime.name, scalar_regime(5, 0, "sigmoid").regime.name
    ('TWO_CYCLE', 'ONE_POINT')
    """
    unit = scalar_unit(activation)
    w, b = exact_number("w", w), exact_number("b", b)
    beyond_cusp, beyond_tip = sign(w - unit.cusp[0]), sign(unit.tip[0] - w)
    if beyond_cusp is None or beyond_tip is None:
        return ScalarRegime(Regime.UNDECIDED, sympy.nan, ())
    if beyond_cusp < 0 and beyond_tip < 0:
        return ScalarRegime(Regime.ONE_POINT, -sympy.oo, ())
    if beyond_cusp >= 0:
        on_it = Regime.FOLD if beyond_cusp else Regime.CUSP
        return _beside(unit, w, b, unit.fold_width, (Regime.TWO_POINTS, on_it))
    return _beside(unit, w, b, unit.flip_width, (Regime.TWO_CYCLE, Regime.FLIP))


def _beside(
    unit: ScalarUnit,
    w: sympy.Expr,
    b: sympy.Expr,
    width: sympy.Expr,
    regimes: tuple[Regime, Regime],
) -> ScalarRegime:
    half, center = width.subs(W, w), unit.center.subs(W, w)
    margin = half - abs(b - center)
    within, on_it = regimes
    found = {1: within, 0: on_it, -1: Regime.ONE_POINT, None: Regime.UNDECIDED}
    ends = (center - half, center + half) if sign(half) else (center,)
    return ScalarRegime(found[sign(margin)], margin, ends)
