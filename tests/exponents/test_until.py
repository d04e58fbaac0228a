"""Exponents to a stated error: not on a fluke, not on a cycle, not for ever."""

import itertools
import math

import numpy as np
import pytest
from scipy.signal import lfilter

from gradlab.cells import RNN, Henon, Linear, Logistic, Wrapped
from gradlab.dynamics import run
from gradlab.errors import DivergenceError, InputError, InputTypeError, ShapeError
from gradlab.exponents import (
    LyapunovSpectrum,
    LyapunovStop,
    lyapunov_spectrum,
    lyapunov_until,
)

# The Jacobian is e^x whatever the state: the inputs are the growths.
METER = Wrapped(
    lambda h, x: 0.5 * h, lambda h, x: np.exp(x).reshape(*x.shape, 1), n=1, m=1
)


def growths(seed, memory, scale=0.1):
    """Yield stretches of an autoregression, scaled: its exponent is 0."""
    rng = np.random.default_rng(seed)
    last = rng.normal() / math.sqrt(1 - memory**2)
    while True:
        noise = rng.normal(size=500)
        row, _ = lfilter([1.0], [1.0, -memory], noise, zi=np.array([memory * last]))
        last = row[-1]
        yield scale * row[:, None]


def test_henon():
    found = lyapunov_until(Henon(), [0.1, 0.1], stderr=2e-3)
    assert found.stop is LyapunovStop.REACHED
    assert found.stderr[0] <= 2e-3
    assert abs(found.top - 0.419224) < 4 * found.stderr[0]
    assert abs(found.sum_rule) < 1e-12
    assert 32 <= len(found.block_steps) <= 64
    assert found.block_steps.sum() == found.steps


def test_it_is_the_same_run_as_one_at_once():
    found = lyapunov_until(Henon(), [0.1, 0.1], stderr=1e-9, max_steps=3000)
    assert found.stop is LyapunovStop.STEPS
    trajectory = run(Henon(), [0.1, 0.1], np.zeros((3100, 0)))
    whole = lyapunov_spectrum(trajectory, burn_in=100)
    np.testing.assert_allclose(found.exponents, whole.exponents, atol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize(("memory", "block"), [(0.0, 32), (0.95, 8)])
def test_errors_cover_although_the_run_stops_when_they_are_small(memory, block):
    # Blocks of 8 steps are shorter than correlations of 20: joined until they are not.
    target = 0.1 / (1 - memory) / math.sqrt(1500)
    covered, z = [], []
    for seed in range(60):
        inputs = growths(seed, memory)
        found = lyapunov_until(METER, [0.0], inputs, stderr=target, block=block)
        assert found.stop is LyapunovStop.REACHED
        interval = found.interval(0.95)
        covered.append(interval.lower[0] <= 0.0 <= interval.upper[0])
        z.append(found.top / found.stderr[0])
    # 0.95 ± 0.03 for 60 draws; and a z that scatters as 1.1 ± 0.1.
    assert np.mean(covered) >= 0.86
    assert np.std(z) < 1.5


def test_a_fluke_of_few_blocks_is_not_enough():
    # Nothing happens for 1,500 steps, and then everything.
    quiet = np.full((1500, 1), -0.1)
    loud = growths(1, 0.0, scale=1.0)
    inputs = itertools.chain([quiet], loud)
    found = lyapunov_until(METER, [0.0], inputs, stderr=0.01)
    assert found.steps > 6000
    assert found.stderr[0] > 1e-3


def test_all_exponents_are_asked_for():
    factors = np.diag([0.9, 0.3])
    noise = (0.3 * np.random.default_rng(0).normal(size=(100_000, 1))).cumsum(axis=0)
    cell = Wrapped(
        lambda h, x: 0.5 * h,
        lambda h, x: factors * np.array([1.0, np.exp(x[0])]),
        n=2,
        m=1,
    )
    steps = np.diff(noise, axis=0)
    top = lyapunov_until(cell, np.zeros(2), steps, stderr=1e-2)
    every = lyapunov_until(cell, np.zeros(2), steps, stderr=5e-3, of="all")
    assert top.stderr[0] < 1e-12
    assert top.steps < every.steps
    assert every.stderr.max() <= 5e-3


def test_few_of_many_directions(rng):
    cell = RNN.random(80, 0, gain=2.0, rng=3)
    found = lyapunov_until(cell, rng.normal(size=80), stderr=0.02, k=2)
    assert len(found.exponents) == 2
    assert math.isnan(found.sum_rule)
    assert found.stderr[0] <= 0.02


def test_dying_directions_go_over_to_the_careful_sweep(rng):
    W = rng.normal(size=(70, 70)) / 8
    W[2:] = 0.0
    found = lyapunov_until(Linear(W, np.zeros((70, 0))), np.zeros(70), stderr=1e-6, k=4)
    moduli = np.sort(np.log(np.abs(np.linalg.eigvals(W[:2, :2]))))[::-1]
    np.testing.assert_allclose(found.exponents[:2].sum(), moduli.sum(), atol=1e-3)
    assert found.exponents[2:].tolist() == [-math.inf] * 2


@pytest.mark.parametrize(
    ("r", "exact"),
    [
        (2.5, -math.log(2)),
        (3.2, 0.5 * math.log(abs(4 + 2 * 3.2 - 3.2**2))),
        (3.5, -0.87250734577942503792),
    ],
)
def test_cycles_end_the_run_with_their_own_exponents(r, exact):
    found = lyapunov_until(Logistic(r), [0.3], stderr=1e-6)
    assert found.stop is LyapunovStop.CYCLE
    # Whole periods: nothing of the approach is left, and the cycle is that of floats.
    assert abs(found.top - exact) < 1e-13
    assert found.stderr[0] < 1e-12
    (caveat,) = found.caveats
    assert caveat.startswith("the orbit has settled on")
    assert found.steps < 3000


@pytest.mark.parametrize(
    ("step", "where"),
    [
        (lambda h, x: 1 - abs(1 - 2 * h), "a fixed point"),
        (lambda h, x: 2 * h % 1, "a fixed point"),
        (lambda h, x: (2 * h + 1 / 3) % 1, ""),
    ],
)
def test_collapsed_orbits_are_said(step, where):
    cell = Wrapped(step, lambda h, x: np.full((1, 1), 2.0), n=1)
    found = lyapunov_until(cell, [0.1], stderr=1e-6)
    assert found.stop is LyapunovStop.CYCLE
    (caveat,) = found.caveats
    assert caveat.startswith(f"the orbit collapsed: rounding closed it on {where}")
    assert "stopped: the orbit repeats bit by bit" in str(found)


def test_slow_approach_is_not_taken_for_the_end():
    # At r = 3 the distance falls as t^(−1/2): no exponential forgetting.
    found = lyapunov_until(Logistic(3.0), [0.3], stderr=1e-4, max_steps=20_000)
    assert found.stop is LyapunovStop.STEPS
    assert any("`burn_in`" in note for note in found.caveats)


@pytest.mark.parametrize("r", [2.0, 4.0])
def test_orbits_through_the_critical_point_are_minus_infinity(r):
    # ½ is a fixed point at r = 2.  At r = 4 it ends on 0, whose own exponent is ln 4:
    # what was lost on the way is not said to be that of the point.
    found = lyapunov_until(Logistic(r), [0.5], stderr=0.1)
    assert found.top == -math.inf
    assert found.stop is LyapunovStop.CYCLE
    assert "singular" in found.caveats[0]
    assert found.caveats[1].endswith("the finite exponents are those of it.")


def test_inputs_may_come_singly_in_stretches_or_as_an_array(rng):
    cell = RNN.random(3, 2, gain=2.0, rng=rng)
    x = rng.normal(size=(4000, 2))
    stretches = (x[i : i + 333] for i in range(0, 4000, 333))
    runs = [
        lyapunov_until(cell, np.zeros(3), inputs, stderr=1e-9)
        for inputs in (x, iter(x), stretches)
    ]
    for found in runs:
        assert found.stop is LyapunovStop.INPUTS
        assert found.steps == 3900
        np.testing.assert_array_equal(found.exponents, runs[0].exponents)
    whole = lyapunov_spectrum(run(cell, np.zeros(3), x), burn_in=100)
    np.testing.assert_allclose(runs[0].exponents, whole.exponents, atol=1e-13)


def test_too_short_a_run_is_said(rng):
    found = lyapunov_until(METER, [0.0], rng.normal(size=(150, 1)), stderr=0.1)
    assert found.stop is LyapunovStop.INPUTS
    assert any(note.startswith("too short") for note in found.caveats)


def test_memory_does_not_grow_with_the_run():
    found = lyapunov_until(METER, [0.0], growths(0, 0.0), stderr=4e-4, block=4)
    assert found.steps > 40_000
    assert len(found.block_steps) <= 64


def test_divergence_names_the_step_of_the_whole_run():
    cell = Wrapped(lambda h, x: 2 * h, lambda h, x: np.full((1, 1), 2.0), n=1)
    with pytest.raises(DivergenceError) as caught:
        lyapunov_until(cell, [1.0], stderr=0.1)
    assert caught.value.step == 1024


def test_saved_and_loaded(tmp_path):
    found = lyapunov_until(Logistic(3.2), [0.3], stderr=1e-3)
    back = LyapunovSpectrum.load(found.save(tmp_path / "until"))
    assert back.stop is LyapunovStop.CYCLE


def test_refusals(rng):
    with pytest.raises(InputTypeError, match="`cell` must be a cell"):
        lyapunov_until("tanh", [0.0], stderr=0.1)
    with pytest.raises(
        InputError, match="`inputs` must be given: the cell takes m = 1"
    ):
        lyapunov_until(METER, [0.0], stderr=0.1)
    with pytest.raises(InputTypeError, match="`inputs` must be an iterable of arrays"):
        lyapunov_until(METER, [0.0], 3, stderr=0.1)
    with pytest.raises(ShapeError, match="`inputs` must have shape"):
        lyapunov_until(METER, [0.0], [np.zeros((2, 2))], stderr=0.1)
    with pytest.raises(ShapeError, match="for each member"):
        lyapunov_until(METER, [0.0], [np.zeros((2, 2, 1))], stderr=0.1)
    with pytest.raises(InputError, match="end after 5 steps of a burn-in of 100"):
        lyapunov_until(METER, [0.0], np.zeros((5, 1)), stderr=0.1)
    with pytest.raises(InputError, match="`inputs` end before a single step"):
        lyapunov_until(METER, [0.0], np.zeros((5, 1)), stderr=0.1, burn_in=5)
    for bad in ({"stderr": 0.0}, {"stderr": 0.1, "of": "some"}, {"stderr": 1, "k": 2}):
        with pytest.raises(InputError):
            lyapunov_until(Logistic(3.2), [0.3], **bad)
