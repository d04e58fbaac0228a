"""The best π: influence balancing to all digits, convex solvers, finite differences."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import minimize

from gradlab.cells import LSTM, RNN
from gradlab.cells.base import AbstractCell, Outer
from gradlab.cells.factored import DenseJacobian
from gradlab.datasets import influence_balancing
from gradlab.dynamics import run
from gradlab.errors import ConvergenceError, InputError
from gradlab.gradients import (
    Full,
    Geometric,
    RandomTruncation,
    RandomWindow,
    Truncated,
    constant_keep,
    moments,
    optimal_keep,
    optimal_survival,
    survival_variance,
)
from gradlab.gradients._keep_variance import KeepVariance
from gradlab.objectives import SquaredError
from tests.cases.gradients import squared

GEOMETRIC = {10: 118.607, 20: 41.158, 50: 18.205, 100: 11.546}
OPTIMISED = {20: 9.6086, 50: 2.4082}


@dataclass(frozen=True, eq=False)
class Balancing(AbstractCell):
    """x' = A x + θ s with the one parameter θ."""

    task: object
    theta: np.ndarray

    @property
    def sizes(self):
        return len(self.task.signs), 0

    @property
    def params(self):
        return {"theta": self.theta}

    def step(self, h, x, algebra=None):
        return h @ self.task.A.T + self.theta * self.task.signs

    def slopes(self, h, x):
        n = h.shape[-1]
        return DenseJacobian(np.broadcast_to(self.task.A, (*h.shape[:-1], n, n)))

    def input_slopes(self, h, x):
        return DenseJacobian(np.zeros((*h.shape, 0)))

    def parameter_cotangents(self, h, x, u):
        return {"theta": Outer(u @ self.task.signs)}


@pytest.fixture(scope="module")
def balancing():
    """x_0 after 600 steps at the steady state; ∂ℓ/∂x_0 = 1."""
    task, T = influence_balancing(), 600
    cell = Balancing(task, np.array(task.theta))
    trajectory = run(cell, task.steady_state, np.zeros((T, 0)))
    W_qh = np.eye(1, len(task.signs))
    targets = np.full((T, 1), task.steady_state[0] - 1)
    return SquaredError(trajectory, targets, W_qh, weights=np.eye(T)[-1])


def test_influence_balancing_has_its_known_values(balancing):
    task = influence_balancing()
    assert task.steady_state[0] == -3.0
    x = balancing.trajectory.states[-1]
    np.testing.assert_array_equal(x, task.steady_state)  # multiples of 1/2: exact
    theta = Full().gradient(balancing).params["theta"]
    # Terms up to 1.5 add up to −6; the neglected lags beyond 600 are below 1e-100.
    assert theta == pytest.approx(-6.0, rel=1e-13)
    expected = {1: 1, 2: 2, 5: 5, 10: 10, 11: 5631 / 512, 12: 6137 / 512}
    expected |= {15: 14.6759033203125, 19: 16.476058959960938, 20: 16.476058959960938}
    expected |= {25: 14.19928354024887, 30: 9.86993209272623, 40: 0.5655380394564418}
    expected |= {41: -0.21898715836687188, 50: -4.75267059393876}
    for window, value in expected.items():
        assert task.truncated(window) == pytest.approx(value, rel=1e-15)
        found = Truncated(window).gradient(balancing).params["theta"]
        assert found == pytest.approx(value, rel=1e-13)  # some 50 roundings
    wrong = [task.truncated(k) > 0 for k in range(1, 80)]
    assert wrong == [k <= 40 for k in range(1, 80)]


@pytest.mark.parametrize("length", GEOMETRIC)
def test_geometric_cutting_has_its_known_deviation(length, balancing):
    found = moments(RandomTruncation(1 - 1 / length), balancing)
    assert round(found.total_variance**0.5, 3) == GEOMETRIC[length]
    reached = length * (1 - (1 - 1 / length) ** 600)
    assert found.expected_steps == pytest.approx(reached, rel=1e-12)
    window = moments(RandomWindow(Geometric(1 - 1 / length)), balancing)
    # Two routes: innovations and tails; 1/S amplifies rounding where both are tiny.
    assert window.total_variance == pytest.approx(found.total_variance, rel=1e-9)


@pytest.mark.parametrize("length", OPTIMISED)
def test_the_optimised_cutting_has_its_known_deviation(length, balancing):
    found = optimal_keep(balancing, length)
    assert round(found.total_variance**0.5, 4) == OPTIMISED[length]
    assert found.total_variance == pytest.approx(
        moments(found.estimator, balancing).total_variance, rel=1e-9
    )
    reach = found.estimator.expected_reach(600, balancing.weights)
    assert reach == pytest.approx(length, rel=1e-12)
    tails = np.cumsum(influence_balancing().lag_terms(600)[::-1])[::-1]
    S = optimal_survival(tails, length)
    assert round(survival_variance(tails, S) ** 0.5, 4) == OPTIMISED[length]


def test_no_other_survival_is_better(rng):
    """A general solver, in the increments of 1/S ≥ 0, finds the same."""

    def survival(d):
        return 1 / (1 + np.append(0, np.cumsum(d)))

    for _ in range(5):
        tails = np.abs(np.cumsum(rng.normal(size=8)))
        S = optimal_survival(tails, 3.0)
        assert S[0] == 1.0
        assert (np.diff(S) <= 0).all()
        assert S.sum() == pytest.approx(3.0, rel=1e-14)
        found = minimize(
            lambda d, tails: survival_variance(tails, survival(d)),
            np.full(7, 0.3),
            args=(tails,),
            bounds=[(0, None)] * 7,
            constraints={"type": "eq", "fun": lambda d: survival(d).sum() - 3},
            options={"ftol": 1e-12, "maxiter": 500},
        )
        assert abs(survival(found.x).sum() - 3) < 1e-6  # as well as it can
        best = survival_variance(tails, S)
        assert best == pytest.approx(found.fun, rel=1e-4)  # and its accuracy


@pytest.mark.parametrize("batch", [(), (2,)], ids=["one", "batch"])
def test_the_variance_and_its_slope(batch, rng):
    objective = squared(LSTM.random(3, 2, gain=1.3, rng=rng), rng, batch=batch, steps=6)
    variance = KeepVariance.of(objective)
    keep = rng.uniform(0.4, 0.9, size=6)
    total, slope = variance(keep)
    expected = moments(RandomTruncation(keep), objective).total_variance
    assert total == pytest.approx(expected, rel=1e-13)  # the same terms, summed first
    for t in range(6):
        ahead, behind = (
            variance(keep + sign * 1e-5 * np.eye(6)[t])[0] for sign in (1, -1)
        )
        # Central differences: h² V''' ≈ 1e-10, rounding eps V/h ≈ 1e-11 V.
        assert (ahead - behind) / 2e-5 == pytest.approx(
            slope[t], rel=1e-7, abs=1e-9 * total
        )


def test_a_variance_beyond_float64_is_infinite(rng):
    objective = squared(RNN.random(3, 1, gain=1.0, rng=rng), rng, steps=9)
    total, slope = KeepVariance.of(objective)(np.full(9, 1e-50))
    assert total == np.inf
    assert not slope.any()


def test_many_losses_share_a_better_schedule_than_the_constant_one(rng):
    cell = RNN.random(5, 2, gain=1.1, rng=rng)
    objective = squared(cell, rng, weights=np.linspace(0, 1, 10) ** 3, steps=10)
    found = optimal_keep(objective, 3.0)
    losses = objective.weights != 0
    assert found.estimator.expected_reach(10, losses) == pytest.approx(3.0, rel=1e-8)
    assert found.total_variance < 0.95 * found.constant_variance
    exact = moments(found.estimator, objective).total_variance
    assert found.total_variance == pytest.approx(exact, rel=1e-12)
    # First-order optimality: along any change of π at the same reach V does not fall.
    for _ in range(20):
        nudged = np.clip(found.keep * np.exp(rng.normal(size=10) * 1e-3), 1e-6, 1.0)
        low, high = 0.5, 2.0
        for _ in range(60):
            middle = (low + high) / 2
            trial = RandomTruncation(np.clip(nudged * middle, 1e-6, 1.0))
            above = trial.expected_reach(10, losses) > 3.0
            low, high = (low, middle) if above else (middle, high)
        other = moments(trial, objective).total_variance
        assert other >= found.total_variance * (1 - 1e-6)  # the search's tolerance


def test_a_closed_form_agrees_with_the_search(rng):
    """One loss: the search over π ends where the pooled square roots are."""
    cell = RNN.random(4, 2, gain=1.2, rng=rng)
    single = squared(cell, rng, weights=np.eye(7)[-1], steps=7)
    nearly = single.reweighted(np.array([1e-9, 0, 0, 0, 0, 0, 1.0]))
    a, b = optimal_keep(single, 3.0), optimal_keep(nearly, 2.0)
    # The second loss at step 1 has reach 1 and no lags: 2.0 is the mean of 1 and 3.
    assert b.total_variance == pytest.approx(a.total_variance, rel=1e-5)


def test_constant_keep_has_the_reach(rng):
    losses = rng.integers(0, 2, size=30)
    pi = constant_keep(30, 4.5, losses)
    assert RandomTruncation(pi).expected_reach(30, losses) == pytest.approx(4.5)
    assert constant_keep(9, 5.0) == 1.0


@pytest.mark.parametrize("wanted", [0.5, 1.0, 11.0, -1.0])
def test_a_reach_that_is_not_there_is_refused(wanted, balancing):
    with pytest.raises(InputError, match="`expected_steps` must be > 1 and at most"):
        optimal_survival(np.ones(10), wanted)


def test_a_search_that_stops_short_says_so(rng):
    objective = squared(RNN.random(4, 2, gain=1.2, rng=rng), rng, steps=8)
    with pytest.raises(ConvergenceError, match="the least variance did not converge"):
        optimal_keep(objective, 2.0, max_steps=1)
