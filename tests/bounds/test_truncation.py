"""Facts about truncation: estimators keep to its theorems, which decay as they say."""

import math

import numpy as np
import pytest
from hypothesis import given

from gradlab.bounds import TruncationSpread, TruncationTail
from gradlab.cells import GRU, LSTM, RNN, Linear, Logistic
from gradlab.datasets import default_text
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError
from gradlab.gradients import RandomTruncation, Truncated, moments
from gradlab.objectives import SquaredError
from gradlab.testing import lstm_runs
from tests.oracles.parameter_gradients import (
    spread,
    spread_at_most,
    spread_of_outcomes,
    tail_at_most,
)

CELLS = {
    "rnn": lambda m: RNN.random(6, m, gain=1.2, rng=0),
    "lstm": lambda m: LSTM.random(3, m, gain=1.0, rng=0),
    "gru": lambda m: GRU.random(6, m, gain=1.0, rng=0),
    "linear": lambda m: Linear.random(6, m, gain=0.9, rng=0),
}
ROUNDED = 1 + 1e-9  # the estimators' own moments are float64s


def on_text(name, T=20):
    inputs = default_text().one_hot(40, T)
    cell = CELLS[name](inputs.shape[1])
    return run(cell, np.zeros(cell.sizes[0]), inputs)


def halving(T):
    """h' = h/2 + b at rest: ∂h_T/∂b_h = Σ_{l<T} 2^{−l}, and no weight is heard."""
    cell = RNN([[0.5]], [[0.0]], [0.0], activation="identity")
    return run(cell, [0.0], np.zeros((T, 1)))


def first(trajectory, t):
    return Trajectory(
        trajectory.cell, trajectory.states[: t + 1], trajectory.inputs[:t]
    )


def objective(trajectory, weights):
    n = trajectory.cell.params["W_hh"].shape[1]
    targets = np.random.default_rng(1).normal(size=(len(trajectory), n))
    return SquaredError(trajectory, targets, np.eye(n), weights=weights)


@pytest.mark.theorem("thm:truncation-tail")
@pytest.mark.parametrize("name", CELLS)
def test_windows_are_no_more_biased_than_all_their_losses(name):
    trajectory = on_text(name)
    loss = objective(trajectory, np.ones(len(trajectory)))
    sizes = np.linalg.norm(loss.cotangents[1:], axis=1)
    for window in (1, 3, 10):
        bound = sum(
            size
            * math.exp(TruncationTail(window=window).log_bound(first(trajectory, t)))
            for t, size in enumerate(sizes, start=1)
        )
        found = moments(Truncated(window), loss).bias_norm
        assert 0 < found <= bound * ROUNDED


@pytest.mark.theorem("thm:truncation-spread")
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_random_truncation_scatters_no_more(name, keep):
    trajectory = on_text(name)
    weights = np.zeros(len(trajectory))
    weights[-1] = 1.0
    loss = objective(trajectory, weights)
    found = math.sqrt(moments(RandomTruncation(keep), loss).total_variance)
    size = np.linalg.norm(loss.cotangents[-1])
    bound = size * math.exp(TruncationSpread(keep=keep).log_bound(trajectory))
    assert 0 < found <= bound * ROUNDED


@pytest.mark.theorem("thm:truncation-spread")
def test_covariances_are_those_of_all_outcomes():
    @given(lstm_runs(4))
    def agree(trajectory):
        assert spread(trajectory, 0.375) == spread_of_outcomes(trajectory, 0.375)

    agree()


def test_a_longer_window_and_a_longer_chain_are_refuted():
    trajectory = halving(12)
    assert not tail_at_most(
        trajectory, 2, TruncationTail(window=3).log_bound(trajectory)
    )
    value = TruncationSpread(keep=0.75).log_bound(trajectory)
    assert not spread_at_most(trajectory, 0.5, value)


def test_tails_decay_with_the_window_beyond_the_range_of_float64():
    T, window = 3000, 2000
    found = TruncationTail(window=window).log_bound(halving(T))
    # Σ_{l=2000}^{2999} 2^{−l} = 2^{−1999} (1 − 2^{−1000}); each of T sums is rounded.
    exact = -1999 * math.log(2)
    assert exact <= found <= exact + T * 1e-12


def test_a_chain_that_shrinks_by_less_than_the_root_of_keep_scatters_without_end():
    # ‖J‖² = 1/4 is below π = 1/2, and twice π = 1/8: the variance doubles each step.
    calm = [TruncationSpread(keep=0.5).log_bound(halving(T)) for T in (40, 80)]
    assert calm[1] == pytest.approx(calm[0], abs=1e-5)
    wild = [TruncationSpread(keep=0.125).log_bound(halving(T)) for T in (40, 80)]
    assert wild[1] - wild[0] == pytest.approx(40 * math.log(2) / 2, abs=1e-5)


def test_what_is_not_truncated_has_neither():
    trajectory = halving(5)
    assert TruncationTail(window=5).log_bound(trajectory) == -math.inf
    assert TruncationTail(window=4).log_bound(trajectory) > -math.inf
    assert TruncationSpread(keep=1.0).log_bound(trajectory) == -math.inf
    assert TruncationSpread(keep=0.5).log_bound(first(trajectory, 1)) == -math.inf


def test_a_parameter_that_is_a_number_counts_as_well():
    # ∂f/∂r = h (1 − h): lag 1 says r (1 − 2 h_1) h_0 (1 − h_0) of the second state.
    orbit = run(Logistic(3.0), [0.25], np.zeros((2, 0)))
    exact = math.log(abs(3.0 * (1 - 2 * 0.5625)) * 0.1875)
    found = TruncationTail(window=1).log_bound(orbit)
    assert exact - 1e-15 <= found <= exact + 1e-13  # a few sums and logarithms


def test_a_window_of_one_and_nine_tenths_if_nothing_is_said():
    assert TruncationTail() == TruncationTail(window=1)
    assert TruncationSpread() == TruncationSpread(keep=0.9)


def test_options_are_checked():
    with pytest.raises(InputError, match="`window` must be"):
        TruncationTail(window=0)
    for keep in (0.0, 1.5):
        with pytest.raises(InputError, match="`keep` must be"):
            TruncationSpread(keep=keep)
