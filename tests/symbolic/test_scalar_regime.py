"""Regimes of one unit: exact margins, boundaries, and counts by another route."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradlab.algebra.balls import BALLS
from gradlab.errors import InputError, InputTypeError
from gradlab.symbolic import Regime, scalar_regime, scalar_unit
from gradlab.symbolic.enclosure import nearest_float
from gradlab.symbolic.scalar import A
from tests.oracles.roots import count_roots

Q = sympy.Rational


def phi(name, a):
    function = BALLS.tanh if name == "tanh" else BALLS.sigmoid
    return function(np.array([a], dtype=object))[0]


def slope(name, a):
    """Return a ball around φ': 1 − tanh², or ¼ − (σ − ½)²."""
    value = phi(name, a)
    return 1 - value**2 if name == "tanh" else 0.25 - (value - 0.5) ** 2


def counted(w, b, name):
    """Return how many fixed points there are, and how many roots of F(F(a)) = a."""
    w, b = arb(w), arb(b)
    far = float((abs(w) + abs(b)).upper()) + 1.25

    def step(a):
        return w * phi(name, a) + b

    def steepness(a):
        return w * slope(name, a)

    once = count_roots(lambda a: a - step(a), lambda a: 1 - steepness(a), -far, far)
    twice = count_roots(
        lambda a: a - step(step(a)),
        lambda a: 1 - steepness(a) * steepness(step(a)),
        -far,
        far,
    )
    return once, twice


COUNTS = {
    Regime.ONE_POINT: (1, 1),
    Regime.TWO_POINTS: (3, 3),
    Regime.TWO_CYCLE: (1, 3),
}
WEIGHTS = st.integers(-160, 160).map(lambda k: k / 16)
BIASES = st.integers(-160, 160).map(lambda k: k / 16)


@pytest.mark.theorem("thm:one-unit")
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@given(w=WEIGHTS, b=BIASES)
def test_the_regime_has_as_many_orbits_as_balls_count(name, w, b):
    found = scalar_regime(w, b, name)
    if abs(nearest_float(found.margin)) < 1e-2 and found.margin.is_finite:
        return  # two roots nearly meet: the other test looks there
    assert counted(w, b, name) == COUNTS[found.regime]


@pytest.mark.theorem("thm:one-unit")
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@pytest.mark.parametrize("kind", ["fold", "flip"])
@pytest.mark.parametrize("a", [-0.5, 1.25])
def test_the_regime_changes_across_the_boundary(name, kind, a):
    """1e-3 to either side of a point on the curve the counts are those claimed."""
    w, b = (nearest_float(f.subs(A, Q(a))) for f in getattr(scalar_unit(name), kind))
    regimes = [scalar_regime(w, b + shift, name) for shift in (-1e-3, 1e-3)]
    assert regimes[0].regime is not regimes[1].regime
    for shift, found in zip((-1e-3, 1e-3), regimes, strict=True):
        assert counted(w, b + shift, name) == COUNTS[found.regime]
        # The margin is the distance from b to the curve, which moves by an ulp of w.
        assert abs(nearest_float(found.margin)) == pytest.approx(1e-3, rel=1e-12)


@given(w=WEIGHTS, b=BIASES)
def test_both_units_are_one(w, b):
    """σ at (w, b) is tanh at (w/4, w/4 + b/2), with a margin in b twice as large."""
    other = scalar_regime(Fraction(w) / 4, Fraction(w) / 4 + Fraction(b) / 2)
    found = scalar_regime(w, b, "sigmoid")
    assert found.regime is other.regime
    if found.margin.is_finite:
        assert nearest_float(found.margin) == nearest_float(2 * other.margin)


def test_the_nearest_floats_to_the_fold_are_told_apart():
    """SB01 at w = 2: 0.53283997535355202356…, between two neighbouring floats."""
    below = 0.5328399753535520
    assert scalar_regime(2, below).regime is Regime.TWO_POINTS
    assert scalar_regime(2, np.nextafter(below, 1)).regime is Regime.ONE_POINT


@pytest.mark.parametrize("digits", [50, 500, 4000])
def test_rationals_near_the_fold_are_decided_however_near(digits):
    """√2 − ln(1 + √2), cut off after so many digits and with one added there."""
    with mpmath.workdps(digits + 10):
        fold = mpmath.sqrt(2) - mpmath.log(1 + mpmath.sqrt(2))
        below = Q(int(mpmath.floor(fold * mpmath.mpf(10) ** digits)), 10**digits)
    assert scalar_regime(2, below).regime is Regime.TWO_POINTS
    above = below + Q(1, 10**digits)
    assert scalar_regime(2, above).regime is Regime.ONE_POINT


EXACT = [
    ((1, 0, "tanh"), Regime.CUSP),
    ((-1, 0, "tanh"), Regime.FLIP),
    ((4, -2, "sigmoid"), Regime.CUSP),
    ((-4, 2, "sigmoid"), Regime.FLIP),
    ((sympy.cosh(1) ** 2, 1 - sympy.sinh(2) / 2, "tanh"), Regime.FOLD),
    ((-(sympy.cosh(1) ** 2), 1 + sympy.sinh(2) / 2, "tanh"), Regime.FLIP),
    ((2, sympy.sqrt(2) - sympy.log(1 + sympy.sqrt(2)), "tanh"), Regime.FOLD),
    ((0, 3, "tanh"), Regime.ONE_POINT),
    ((Q(-99, 100), 0, "tanh"), Regime.ONE_POINT),
]


@pytest.mark.parametrize(("at", "regime"), EXACT, ids=str)
def test_exact_numbers_lie_exactly_where_they_lie(at, regime):
    assert scalar_regime(*at).regime is regime


def test_the_margin_is_exact_and_infinite_where_no_bias_bifurcates():
    found = scalar_regime(2, Q(1, 2))
    assert found.margin == sympy.sqrt(2) - sympy.acosh(sympy.sqrt(2)) - Q(1, 2)
    assert scalar_regime(Q(1, 2), 7).margin == -sympy.oo
    assert scalar_regime(Q(1, 2), 7).boundaries == ()
    assert scalar_regime(1, 0).boundaries == (0,)
    low, high = scalar_regime(5, 0, "sigmoid").boundaries
    # SB03.
    assert nearest_float(low) == pytest.approx(-2.655610338630688, rel=1e-15)
    assert nearest_float(high) == pytest.approx(-2.344389661369312, rel=1e-15)


def test_extreme_floats_are_decided():
    assert scalar_regime(1e308, 1e300).regime is Regime.TWO_POINTS
    assert scalar_regime(-1e308, 1e300).regime is Regime.TWO_CYCLE
    assert scalar_regime(1 + 2.0**-52, 5e-324).regime is Regime.TWO_POINTS
    # (2/3)(w − 1)^(3/2) = 2.2058e-24 is the critical bias there.
    assert scalar_regime(1 + 2.0**-52, 2.3e-24).regime is Regime.ONE_POINT


def test_what_is_undecided_says_so():
    """A point of the fold in a form that SymPy does not bring to 0."""
    half = Q(1, 2)
    found = scalar_regime(sympy.cosh(half) ** 2, half - sympy.sinh(1) / 2)
    assert found.regime in (Regime.UNDECIDED, Regime.FOLD)
    assert nearest_float(found.margin) == 0.0


@pytest.mark.parametrize("bad", ["2", None, sympy.Symbol("x"), [1.0], True])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(InputTypeError, match="`w` must be a number or a formula of"):
        scalar_regime(bad, 0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1j, sympy.zoo])
def test_numbers_must_be_real_and_finite(bad):
    with pytest.raises(InputError, match="`b` must be real and finite; got"):
        scalar_regime(2, bad)
