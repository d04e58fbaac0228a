"""Cycles: closed forms of period 2, known windows, forced cells, least periods."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from gradlab.cells import RNN, Henon, Linear, Logistic
from gradlab.dynamics import Cycle, FixedPointStop, Stability, cycle, run
from gradlab.errors import InputError, NonFiniteError, ShapeError
from gradlab.symbolic import Regime, scalar_orbits, scalar_regime, solvable_cycles


def nothing(p):
    return np.zeros((p, 0))


def closed(kind, **numbers):
    """Return the states (2, n) and multipliers of the 2-cycle, as floats."""
    found = solvable_cycles(kind)[2]
    at = {sympy.Symbol(k, real=True): sympy.Rational(v) for k, v in numbers.items()}
    states = [np.array(s.subs(at), dtype=float).ravel() for s in found.states]
    return np.array(states), np.array([complex(m.subs(at)) for m in found.multipliers])


@pytest.mark.parametrize("r", ["3.2", "3.4", "3.6", "4"])
def test_the_logistic_two_cycle(r):
    states, multipliers = closed(Logistic, r=r)
    found = cycle(Logistic(float(r)), nothing(2), states + 0.02)
    np.testing.assert_allclose(found.states, states, rtol=1e-13)
    # 4 + 2r − r² loses digits where it is small: an ulp of r times 6.
    np.testing.assert_allclose(found.multipliers, multipliers, atol=2e-14)
    assert found.period == 2


@pytest.mark.parametrize(("a", "b"), [("1.4", "0.3"), ("0.9", "0.3"), ("1.5", "-0.4")])
def test_the_henon_two_cycle(a, b):
    states, multipliers = closed(Henon, a=a, b=b)
    found = cycle(Henon(float(a), float(b)), nothing(2), states + 0.02)
    np.testing.assert_allclose(found.states, states, rtol=1e-12)
    assert np.linalg.norm(found.states - states) <= found.error
    exact = sorted(multipliers, key=lambda m: (-abs(m), -m.imag))
    np.testing.assert_allclose(found.multipliers, exact, rtol=1e-11)
    # |det| of two steps is b².
    assert np.prod(found.multipliers).real == pytest.approx(float(b) ** 2, rel=1e-12)


@pytest.mark.parametrize(
    ("r", "p", "rate"), [(3.2, 2, -0.916290731874155), (3.83, 3, -0.369673728149064)]
)
def test_published_rates_of_logistic_cycles(r, p, rate):
    """DS02: ln|multiplier| per step."""
    states = run(Logistic(r), [0.5], nothing(3000)).states[-p:]
    found = cycle(Logistic(r), nothing(p), states)
    assert found.period == p
    assert np.log(abs(found.multipliers[0])) / p == pytest.approx(rate, rel=1e-12)
    assert found.stability is Stability.STABLE


@given(w=st.integers(-96, -17).map(lambda k: k / 16), b=st.integers(-32, 32))
def test_the_two_cycle_of_one_unit_is_the_enclosed_one(w, b):
    bias = b / 16
    if scalar_regime(w, bias).regime is not Regime.TWO_CYCLE:
        return
    exact = scalar_orbits(w, bias)[-1]
    found = cycle(RNN([[w]], np.zeros((1, 0)), [bias]), nothing(2), [-1.0])
    assert found.converged
    if found.period == 2:
        states = sorted(float(state) for state in exact.states)
        assert np.abs(np.sort(found.states[:, 0]) - states).max() <= found.error
        difference = abs(found.multipliers[0] - float(exact.multiplier))
        assert difference <= found.margin_error


@pytest.mark.parametrize("p", [1, 2, 5])
def test_a_forced_linear_cell_has_one_cycle(p, rng):
    """h_1 = (1 − W^p)⁻¹ Σ W^{p−1−t} U x_t, and multipliers of W^p."""
    cell, x = Linear.random(4, 2, gain=0.8, rng=rng), rng.normal(size=(p, 2))
    total = np.zeros(4)
    for row in x:
        total = cell.W_hh @ total + cell.W_hx @ row
    power = np.linalg.matrix_power(cell.W_hh, p)
    first = np.linalg.solve(np.eye(4) - power, total)
    found = cycle(cell, x, np.zeros(4))
    np.testing.assert_allclose(found.states[0], first, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(
        np.sort(np.abs(found.multipliers)),
        np.sort(np.abs(np.linalg.eigvals(power))),
        rtol=1e-10,
        atol=1e-14,
    )


def test_a_run_from_a_state_of_the_cycle_stays_on_it(rng):
    cell, x = RNN.random(5, 3, gain=0.9, rng=rng), rng.normal(size=(4, 3))
    found = cycle(cell, x, np.zeros(5))
    assert found.stability is Stability.STABLE
    states = run(cell, found.states[0], np.tile(x, (25, 1))).states
    assert np.abs(states[4::4] - found.states[0]).max() < 1e-13


def test_the_least_period_is_found():
    fixed = cycle(Logistic(2.5), nothing(4), [0.3])
    assert fixed.period == 1
    assert fixed.multipliers[0].real == pytest.approx(0.5**4)
    states = run(Logistic(3.2), [0.5], nothing(1000)).states[-4:]
    assert cycle(Logistic(3.2), nothing(4), states).period == 2


def test_long_orbits_need_no_steep_equations():
    """At r = 3.83 … 3.85 period 3 doubles: period 24 from a settled run."""
    states = run(Logistic(3.8490), [0.5], nothing(20_000)).states[-24:]
    found = cycle(Logistic(3.8490), nothing(24), states)
    assert found.converged
    assert found.residual < 1e-14
    assert 24 % found.period == 0


def test_failures_are_said():
    """h' = h + 1/4 has no cycle of any period."""
    cell = Linear([[1.0]], [[1.0]])
    found = cycle(cell, np.full((3, 1), 0.25), [0.0])
    assert found.stop is FixedPointStop.STALLED
    assert found.stability is Stability.UNDECIDED
    assert found.margin_error == np.inf


def test_a_cycle_is_saved_and_loaded(tmp_path):
    found = cycle(Henon(), nothing(2), [0.9, -0.1])
    found.save(tmp_path / "cycle")
    loaded = Cycle.load(tmp_path / "cycle")
    assert repr(loaded) == repr(found)
    assert list(loaded.columns()) == ["h_1", "h_2"]


@pytest.mark.parametrize(
    ("inputs", "guess", "error", "message"),
    [
        (nothing(0), [0.0, 0.0], ShapeError, r"\(p, m\) with p >= 1; got \(0, 0\)"),
        (np.zeros((2, 1)), [0.0, 0.0], ShapeError, r"with m = 0; got \(2, 1\)"),
        (nothing(2), [0.0], ShapeError, r"`guess` must have shape \(n,\) with n = 2"),
        (nothing(2), np.zeros((3, 2)), ShapeError, r"\(p, n\) with p = 2, n = 2; got"),
        (nothing(9), [50.0, 0.0], NonFiniteError, "`guess` must be finite; got -inf"),
    ],
)
def test_bad_arguments_are_refused_by_name(inputs, guess, error, message):
    with pytest.raises(error, match=message):
        cycle(Henon(), inputs, guess)


def test_equations_beyond_memory_are_refused():
    with pytest.raises(InputError, match="GiB of memory"):
        cycle(Logistic(3.0), nothing(10**6), [0.5])
