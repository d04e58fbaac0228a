"""Orbits of one unit: each ball holds one, none is missing, multipliers are right."""

import sys

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from gradlab.cells import RNN
from gradlab.dynamics import Stability, run
from gradlab.errors import InputError
from gradlab.symbolic import Regime, scalar_orbits, scalar_regime

Q = sympy.Rational
SIXTEENTHS = st.integers(-96, 96).map(lambda k: k / 16)

# SB04: the positive fixed point of h = tanh w h.
PUBLISHED = {
    "1.1": "0.50294057494464163300207550337232",
    "1.5": "0.85855963664011036214649051833012",
    "2": "0.95750402407726874067650153050241",
    "5": "0.99990912171523255093852611605505",
}


@pytest.mark.parametrize(("weight", "published"), PUBLISHED.items())
def test_the_published_fixed_points_are_in_the_balls(weight, published):
    low, rest, high = scalar_orbits(Q(weight), 0, bits=90)
    with mpmath.workdps(30):
        state = mpmath.mpf(published)
        multiplier = float(mpmath.mpf(weight) * (1 - state**2))
        middle = mpmath.mpf(high.states[0].mid().str(30, radius=False))
        # The published digits, and a ball of some 2^−90 = 8e-28.
        assert abs(middle - state) < 1e-26
    # Rounded once.
    assert float(high.multiplier) == pytest.approx(multiplier, rel=1e-15)
    assert float(rest.multiplier) == pytest.approx(float(weight), rel=1e-15)
    assert float(low.states[0]) == -float(high.states[0])
    assert rest.states[0].contains(0)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@given(w=SIXTEENTHS, b=SIXTEENTHS)
def test_each_ball_holds_an_orbit_and_its_multiplier(name, w, b):
    """By Newton's method at 40 digits from the middle of the ball."""
    with mpmath.workdps(40):
        phi = mpmath.tanh if name == "tanh" else lambda a: 1 / (1 + mpmath.exp(-a))
        for orbit in scalar_orbits(w, b, name):
            h = [mpmath.mpf(float(state)) for state in orbit.states]
            for now, following in zip(h, [*h[1:], h[0]], strict=True):
                # A ball is about 2^−53 wide, and one step stretches it by |w|/1.
                assert abs(phi(w * now + b) - following) < 1e-15 * (2 + abs(w))
            if orbit.stability is not Stability.UNDECIDED:
                inside = abs(float(orbit.multiplier)) < 1
                assert inside == (orbit.stability is Stability.STABLE)


COUNTS = {Regime.ONE_POINT: [1], Regime.TWO_POINTS: [1, 1, 1], Regime.TWO_CYCLE: [1, 2]}


@given(w=SIXTEENTHS, b=SIXTEENTHS)
def test_there_are_as_many_orbits_as_the_regime_says(w, b):
    regime = scalar_regime(w, b).regime
    lengths = [len(orbit.states) for orbit in scalar_orbits(w, b)]
    assert lengths == COUNTS.get(regime, [1])
    points = [float(o.states[0]) for o in scalar_orbits(w, b) if len(o.states) == 1]
    assert points == sorted(points)


@pytest.mark.theorem("thm:one-unit")
@pytest.mark.parametrize(("w", "b"), [(2.5, 0.25), (-2.5, 0.25), (0.5, -1.0), (1.5, 3)])
def test_every_run_ends_in_a_stable_orbit(w, b, rng):
    cell = RNN([[w]], np.zeros((1, 0)), [b])
    stable = [o for o in scalar_orbits(w, b) if o.stability is Stability.STABLE]
    ends = [float(state) for orbit in stable for state in orbit.states]
    starts = rng.uniform(-1, 1, size=(50, 1))
    last = run(cell, starts, np.zeros((400, 50, 0))).states[-1, :, 0]
    # 400 steps shrink distances by the multipliers, at most 0.72, far below an ulp.
    assert np.abs(last[:, None] - ends).min(axis=1).max() < 1e-15
    # And every attractor is reached: orbits from both ends go to the outermost.
    assert {int(np.abs(h - ends).argmin()) for h in last} == set(range(len(ends)))


def test_on_the_fold_there_are_two_and_one_is_neutral():
    w, b = sympy.cosh(1) ** 2, 1 - sympy.sinh(2) / 2
    for sign in (1, -1):
        orbits = scalar_orbits(w, sign * b)
        kinds = [orbit.stability for orbit in orbits]
        assert kinds == [Stability.STABLE, Stability.UNDECIDED][::sign]
        neutral = orbits[kinds.index(Stability.UNDECIDED)]
        assert float(neutral.states[0]) == pytest.approx(sign * np.tanh(1), rel=1e-15)
        assert float(neutral.multiplier) == 1.0


@pytest.mark.parametrize(("w", "multiplier"), [(1, 1), (-1, -1)])
def test_at_the_cusp_and_on_the_flip_the_state_is_0(w, multiplier):
    (orbit,) = scalar_orbits(w, 0)
    assert orbit.states[0] == 0
    assert orbit.multiplier == multiplier
    assert orbit.stability is Stability.UNDECIDED


def test_orbits_that_nearly_meet_need_more_bits():
    """The 2-cycle just after the flip is ±√3 · 10⁻³⁰: h³/3 = ε h."""
    w = -1 - Q(1, 10**60)
    with pytest.raises(InputError, match="53 bits do not tell two orbits apart"):
        scalar_orbits(w, 0)
    _, pair = scalar_orbits(w, 0, bits=200)
    # To first order in ε = 1e-60.
    assert float(pair.states[1]) == pytest.approx(np.sqrt(3) * 1e-30, rel=1e-9)


def test_an_undecided_regime_has_no_orbits_to_give(monkeypatch):
    undecided = type(scalar_regime(2, 0))(Regime.UNDECIDED, sympy.nan, ())
    module = sys.modules["gradlab.symbolic.scalar_orbits"]
    monkeypatch.setattr(module, "scalar_regime", lambda *_: undecided)
    with pytest.raises(InputError, match="the regime at w = 2, b = 0 is undecided"):
        scalar_orbits(2, 0)
