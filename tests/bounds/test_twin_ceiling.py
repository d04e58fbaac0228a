"""Facts about twins: first order, second order, and the rounding of the run itself."""

import math
from fractions import Fraction

import numpy as np
import pytest

from gradlab.bounds import NormProduct, TwinCeiling
from gradlab.bounds.twin_ceiling import _CURVATURES, _require_smooth
from gradlab.cells import RNN
from gradlab.dynamics import Trajectory, run
from gradlab.errors import AssumptionError, InputError
from tests.oracles.twins import some_twin_beyond

STEPS = 15


def chaotic(activation="tanh"):
    cell = RNN.random(5, 1, gain=2.0, rng=3, activation=activation)
    rng = np.random.default_rng(4)
    return run(cell, rng.normal(size=5), rng.normal(size=(STEPS, 1)))


@pytest.mark.theorem("thm:twin-ceiling")
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
def test_small_separations_grow_by_the_product_of_norms(activation):
    trajectory = chaotic(activation)
    separation = 1e-9
    first_order = math.log(separation) + NormProduct().log_bound(trajectory)
    found = TwinCeiling(separation=separation).log_bound(trajectory)
    # The remainder and the rounding of the run are 1e-7 or less of 1e-9, and grow.
    assert first_order - 1e-9 <= found < first_order + 1e-2


def test_what_curves_is_paid_for_and_is_there():
    # The curvature is largest, 4/(3√3), at tanh a = −1/√3.
    a = -math.atanh(1 / math.sqrt(3))
    cell = RNN([[1.0]], [[0.0]], [a])
    one = run(cell, [0.0], [[0.0]])
    separation = 0.1
    first_order = math.log(separation) + NormProduct().log_bound(one)
    assert some_twin_beyond(one, separation, first_order)
    found = TwinCeiling(separation=separation).log_bound(one)
    assert not some_twin_beyond(one, separation, found)
    # The remainder that is there is of the second order but for a fifth.
    gap = math.exp(found) - math.exp(first_order)
    truth = math.tanh(a + separation) - math.tanh(a) - math.exp(first_order)
    assert 0.8 < truth / gap <= 1


def test_the_exact_orbit_of_the_start_is_one_of_the_twins():
    # Without a separation worth the name the bound is the accumulated rounding.
    trajectory = chaotic()
    found = TwinCeiling(separation=1e-300).log_bound(trajectory)
    assert not some_twin_beyond(trajectory, 1e-300, found)
    # Some 1e-16 a step, grown by the norms of what is left of the run.
    norms = np.linalg.norm(trajectory.chain.factors(), 2, axis=(1, 2))
    most = np.log(np.maximum(norms, 1)).sum()
    assert -40 < found < math.log(STEPS * 1e-15) + most


def test_a_run_that_is_no_orbit_is_further_away():
    trajectory = chaotic()
    states = trajectory.states.copy()
    states[-1] += 0.25
    moved = Trajectory(trajectory.cell, states, trajectory.inputs)
    found = TwinCeiling(separation=1e-6).log_bound(moved)
    assert found > math.log(0.25)
    assert not some_twin_beyond(moved, 1e-6, found)


def test_other_activations_and_no_separation_are_refused():
    relu = run(RNN([[1.0]], [[0.0]], [0.0], activation="relu"), [1.0], [[0.0]])
    with pytest.raises(AssumptionError, match=r"identity; measured relu\.$"):
        TwinCeiling().log_bound(relu)
    with pytest.raises(InputError, match="`separation` must be a finite number > 0"):
        TwinCeiling(separation=0.0)


def test_curvatures_are_the_least_float64s_above_or_nearly():
    # max|tanh''| = 4/(3√3) and max|σ''| = 1/(6√3): their squares are rational.
    for name, square in (("tanh", Fraction(16, 27)), ("sigmoid", Fraction(1, 108))):
        cell = RNN([[1.0]], [[0.0]], [0.0], activation=name)
        one = run(cell, [0.0], [[0.0]])
        smooth = _require_smooth(one, TwinCeiling().label)
        found = Fraction(_CURVATURES[smooth.phi.name]) ** 2
        assert square <= found <= square * (1 + Fraction(1, 10**15))


@pytest.mark.parametrize(
    ("activation", "curvature"),
    [("tanh", 4 / 27**0.5), ("sigmoid", 1 / 108**0.5), ("identity", 0.0)],
)
def test_from_far_away_curvature_is_all(activation, curvature):
    cell = RNN(0.5 * np.eye(2), np.zeros((2, 1)), np.zeros(2), activation=activation)
    rest = run(cell, np.zeros(2), np.zeros((1, 1)))
    e = 1e9
    first = 0.5 * float(cell.phi.slope(np.zeros(1))[0]) * e
    found = TwinCeiling(separation=e).log_bound(rest)
    # ‖W‖² = ¼; a rest of nothing but rounding is 1e-9 of it.
    assert found == pytest.approx(math.log(first + curvature * e**2 / 8), abs=1e-11)


def test_where_nothing_curves_twins_may_be_as_far_apart_as_float64_goes():
    # e² would be beyond it, and of no account: the identity has no remainder.
    cell = RNN([[0.5]], [[0.0]], [0.0], activation="identity")
    rest = run(cell, [0.0], [[0.0]] * 3)
    found = TwinCeiling(separation=2.0**900).log_bound(rest)
    assert found == pytest.approx(897 * math.log(2), rel=1e-13)
