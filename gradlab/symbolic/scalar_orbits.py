"""Fixed points and the 2-cycle of h' = φ(w h + b), each in a ball, and none missing.

How many there are, and between which preactivations, follows from the regime; each is
then the only root of a function between two points at which its sign is proved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import sympy

from gradlab._checks import require_count
from gradlab.algebra.balls import BALLS
from gradlab.dynamics.stability import Stability
from gradlab.errors import InputError
from gradlab.symbolic.enclosure import enclosure, exact_number
from gradlab.symbolic.scalar import ScalarUnit, scalar_unit
from gradlab.symbolic.scalar_regime import Regime, scalar_regime
from gradlab.typing import Array

__all__ = ["ScalarOrbit", "scalar_orbits"]

_Function: TypeAlias = Callable[[Any], Any]

_GUARD = 32  # bits beyond those asked for
_SHARES = (0.5, 0.375)  # where an interval is cut; elsewhere if the first is the root
_NEUTRAL = {Regime.CUSP: 1, Regime.FLIP: -1}


@final
@dataclass(frozen=True)
class ScalarOrbit:
    """A fixed point (one state) or a 2-cycle (two), proved to be there.

    Attributes
    ----------
    states : (p,) array of balls
        h, in the order in which they are visited.
    multiplier : ball
        The product of w φ' over the states.
    stability : Stability
        Proved; UNDECIDED if the multiplier is exactly ±1.

    Examples
    --------
    >>> (rest,) = scalar_orbits(-1, 0)  # on the flip
    >>> float(rest.multiplier), rest.stability.name
    (-1.0, 'UNDECIDED')
    """

    states: Array
    multiplier: Any
    stability: Stability


def scalar_orbits(
    w: Any, b: Any, activation: str = "tanh", *, bits: int = 53
) -> tuple[ScalarOrbit, ...]:
    """Return all fixed points of h' = φ(w h + b), in increasing order, and the 2-cycle.

    Parameters
    ----------
    w, b : number or sympy.Expr
        As in `scalar_regime`.
    activation : {"tanh", "sigmoid"}
        φ.
    bits : int
        The balls of the preactivations are no wider than about 2^−bits.

    Returns
    -------
    tuple of ScalarOrbit
        One or three fixed points, or two on the fold; then the 2-cycle if there is one.
        There is no other periodic orbit.

    Raises
    ------
    InputError, InputTypeError
        If w or b is no real number, or the regime is undecided.

    Examples
    --------
    >>> orbits = scalar_orbits(2, sympy.Rational(1, 2))
    >>> [round(float(orbit.states[0]), 6) for orbit in orbits]
    [-0.801759, -0.585064, 0.98584]
    >>> [orbit.stability.name for orbit in orbits]
    ['STABLE', 'UNSTABLE', 'STABLE']
    >>> [len(orbit.states) for orbit in scalar_orbits(-2, 0.25)]
    [1, 2]
    """
    unit = scalar_unit(activation)
    w, b = exact_number("w", w), exact_number("b", b)
    bits = require_count("bits", bits, minimum=2)
    regime = scalar_regime(w, b, activation).regime
    if regime is Regime.UNDECIDED:
        message = f"the regime at w = {w}, b = {b} is undecided: {regime.value}."
        raise InputError(message)
    with BALLS.precision(bits + _GUARD + _magnitude(w, b)):
        return _Search(unit, w, b, bits).orbits(regime)


def _magnitude(w: sympy.Expr, b: sympy.Expr) -> int:
    """Return about log₂ of 1 + |w| + |b|: rounding is relative, `bits` are absolute."""
    size = abs(enclosure(w)) + abs(enclosure(b)) + 1
    return int(float(size.log().upper()) / 0.69) + 1


class _Search:
    """One unit with w and b as balls; everything in preactivations a = w h + b."""

    def __init__(self, unit: ScalarUnit, w: sympy.Expr, b: sympy.Expr, bits: int):
        self.unit, self.exact_w, self.bits = unit, w, bits
        self.w, self.b = enclosure(w), enclosure(b)
        # |φ| ≤ 1: every fixed point and every cycle is within.
        self.far = (abs(self.w) + abs(self.b) + 1).upper()

    def orbits(self, regime: Regime) -> tuple[ScalarOrbit, ...]:
        if regime in _NEUTRAL:
            states = BALLS.array([self.phi(_ball(0))])
            multiplier = _ball(_NEUTRAL[regime])
            return (ScalarOrbit(states, multiplier, Stability.UNDECIDED),)
        if regime is Regime.FOLD:
            return self.on_the_fold()
        if regime is Regime.TWO_POINTS:
            return self.three()
        single = self.single()
        kind = Stability.UNSTABLE if regime is Regime.TWO_CYCLE else Stability.STABLE
        found = (self.orbit((single,), kind),)
        if regime is not Regime.TWO_CYCLE:
            return found
        lower = self.root(self.twice, -self.far, single.lower())
        cycle = (lower, self.step(lower))
        return (*found, self.orbit(cycle, Stability.STABLE))

    def three(self) -> tuple[ScalarOrbit, ...]:
        turn = self.turn().mid()
        outer = (
            self.root(self.excess, -self.far, -turn),
            self.root(lambda a: -self.excess(a), -turn, turn),
            self.root(self.excess, turn, self.far),
        )
        kinds = (Stability.STABLE, Stability.UNSTABLE, Stability.STABLE)
        return tuple(
            self.orbit((a,), kind) for a, kind in zip(outer, kinds, strict=True)
        )

    def on_the_fold(self) -> tuple[ScalarOrbit, ...]:
        """Return the regular fixed point and the one of multiplier 1, at ±turn."""
        turn = self.turn()
        states = BALLS.array([self.phi(s * turn) for s in (-1, 1)])
        above = self.excess(turn).contains(0)  # the double root is the one on the right
        double = ScalarOrbit(states[int(above) :][:1], _ball(1), Stability.UNDECIDED)
        if above:
            regular = self.root(self.excess, -self.far, -turn.upper())
        else:
            regular = self.root(self.excess, turn.upper(), self.far)
        other = self.orbit((regular,), Stability.STABLE)
        return (other, double) if above else (double, other)

    def single(self) -> Any:
        """Return the only fixed point: a − w φ(a) − b increases where it is."""
        low, high = -self.far, self.far
        if self.w > enclosure(self.unit.cusp[0]):  # it also falls, between ±turn
            turn = self.turn().mid()
            if self.excess(turn) < 0:
                low = turn
            else:
                high = -turn
        return self.root(self.excess, low, high)

    def turn(self) -> Any:
        """Return the a > 0 at which w φ'(a) = 1: k arcosh √(w/c)."""
        v = self.exact_w / self.unit.cusp[0]
        return enclosure(self.unit.stretch * sympy.acosh(sympy.sqrt(v)))

    def phi(self, a: Any) -> Any:
        function = BALLS.tanh if self.unit.name == "tanh" else BALLS.sigmoid
        return function(BALLS.array([a]))[0]

    def step(self, a: Any) -> Any:
        return self.w * self.phi(a) + self.b

    def excess(self, a: Any) -> Any:
        return a - self.step(a)

    def twice(self, a: Any) -> Any:
        return a - self.step(self.step(a))

    def slope(self, a: Any) -> Any:
        """Return w φ'(a), as w (1 − tanh)(1 + tanh) or w σ(a) σ(−a)."""
        if self.unit.name == "tanh":
            # 1 − tanh a = 2 σ(−2a), with no digit lost far out.
            sides = BALLS.sigmoid(BALLS.array([2 * a, -2 * a]))
            return 4 * self.w * sides[0] * sides[1]
        sides = BALLS.sigmoid(BALLS.array([a, -a]))
        return self.w * sides[0] * sides[1]

    def orbit(self, preactivations: tuple[Any, ...], kind: Stability) -> ScalarOrbit:
        states = BALLS.array([self.phi(a) for a in preactivations])
        multiplier = _ball(1)
        for a in preactivations:
            multiplier = multiplier * self.slope(a)
        return ScalarOrbit(states, multiplier, kind)

    def root(self, f: _Function, low: Any, high: Any) -> Any:
        """Return the ball around the only root between two points, f < 0 and f > 0.

        Bisection goes on while signs are proved, down to 2^−bits.
        """
        if not (f(low) < 0 and f(high) > 0):
            message = (
                f"{self.bits} bits do not tell two orbits apart here; raise `bits`."
            )
            raise InputError(message)
        width = _ball(1) / _ball(2) ** self.bits
        while high - low > width:
            for share in _SHARES:
                point = (low + share * (high - low)).mid()
                value = f(point)
                if value < 0 or value > 0:
                    break
            else:
                break
            low, high = (point, high) if value < 0 else (low, point)
        return low.union(high)


def _ball(number: int) -> Any:
    return BALLS.array(number).item()
