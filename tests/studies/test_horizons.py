"""Horizons of runs whose answer is known, and of one row at a time."""

import math

import numpy as np
import pytest

from gradlab.cells import LSTM, RNN, Linear
from gradlab.dynamics import ScaledRows, run
from gradlab.errors import InputError, InputTypeError
from gradlab.exponents import lyapunov_spectrum
from gradlab.objectives import SquaredError
from gradlab.studies import gradient_horizons
from gradlab.studies.horizons import lower_median
from gradlab.studies.rows_back import rows_back
from tests.cases.cells import CELLS

T = 120


def reading(cell, sequences=3, seed=0):
    x = np.random.default_rng(seed).normal(size=(T, sequences, cell.sizes[1]))
    return run(cell, np.zeros((sequences, cell.sizes[0])), x)


@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_a_linear_decay_has_the_horizon_of_its_logarithm(rate):
    trajectory = reading(Linear(rate * np.eye(2), np.ones((2, 1))))
    found = gradient_horizons(trajectory, rng=0)
    expected = math.log(1000) / -math.log(rate)
    # Rounding of T products, in lags.
    assert found.last == pytest.approx(expected, rel=1e-12)
    assert found.every == pytest.approx(expected, rel=1e-12)
    assert found.exponent == pytest.approx(math.log(rate), rel=1e-12)
    # h_T, …, h_{T−k} with k ≤ the horizon, in every sequence.
    assert found.reached_last == pytest.approx((math.floor(expected) + 1) / T)


def test_what_does_not_decay_has_a_horizon_beyond_the_sequence():
    found = gradient_horizons(reading(Linear(np.eye(2), np.ones((2, 1)))), rng=0)
    assert found.last == found.every == math.inf
    assert found.reached_last == 1.0


def test_losses_at_every_step_leave_no_state_without_a_gradient():
    cell = RNN.random(16, 2, gain=0.5, rng=0)
    found = gradient_horizons(reading(cell), rng=0)
    assert found.reached_last < 0.2
    assert found.reached_every == 1.0
    assert abs(found.every - found.last) < 3  # the same network, losses elsewhere


def test_the_rate_is_the_lyapunov_exponent():
    trajectory = reading(RNN.random(32, 2, gain=1.5, rng=0), sequences=8)
    found = gradient_horizons(trajectory, rng=0)
    rates = [
        lyapunov_spectrum(trajectory.sequence(b), k=1, burn_in=20).top for b in range(8)
    ]
    error = np.std(rates) / math.sqrt(8)
    assert found.exponent == pytest.approx(
        np.mean(rates), abs=4 * (error + found.stderr)
    )


def test_an_objective_brings_its_own_losses():
    cell = LSTM.random(6, 2, gain=1.0, rng=0)
    trajectory = reading(cell)
    W_qh = np.random.default_rng(1).normal(size=(2, 6))
    loss = SquaredError(trajectory, np.zeros((T, 3, 2)), W_qh)
    found = gradient_horizons(loss)
    # The definition, one loss at a time: −∂ℓ_T/∂h_t by the chain itself.
    alone = np.zeros_like(loss.cotangents)
    alone[-1] = loss.cotangents[-1]
    logs = trajectory.chain.log_cotangent_norms(alone)[:0:-1]
    left = np.median(logs - logs[0], axis=1)
    np.testing.assert_allclose(found.left_last, left, atol=1e-11)  # of sums of T terms
    whole = trajectory.chain.log_cotangent_norms(loss.cotangents)[1:]
    share = (whole >= whole.max(axis=0) - math.log(1000)).mean()
    assert found.reached_every == pytest.approx(share)
    assert found.columns()["lag"][-1] == T - 1


def test_a_single_sequence_will_do():
    trajectory = reading(RNN.random(8, 2, gain=0.5, rng=0), sequences=1)
    batch = gradient_horizons(trajectory, rng=3)
    single = gradient_horizons(trajectory.sequence(0), rng=3)
    np.testing.assert_array_equal(batch.left_last, single.left_last)


def test_what_is_no_run_and_a_loss_that_is_silent_are_refused():
    with pytest.raises(InputTypeError, match="must be an objective or a trajectory"):
        gradient_horizons(3)
    trajectory = reading(RNN.random(4, 2, gain=0.5, rng=0))
    weights = np.ones(T)
    weights[5] = 0.0
    loss = SquaredError(
        trajectory, np.zeros((T, 3, 1)), np.ones((1, 4)), weights=weights
    )
    with pytest.raises(
        InputError, match="must have a loss at every step; got none at 6"
    ):
        gradient_horizons(loss)
    with pytest.raises(InputTypeError, match="`rng` must be"):
        gradient_horizons(trajectory)


def test_the_lower_median_leaves_out_what_is_not_there():
    nan, inf = math.nan, math.inf
    rows = np.array([[3.0, 1.0, 2.0], [4.0, 1.0, nan], [-inf, nan, nan], [nan] * 3])
    np.testing.assert_array_equal(lower_median(rows), [2.0, 1.0, -inf, nan])


@pytest.mark.parametrize("name", CELLS)
def test_rows_go_back_together_as_they_go_alone(name, rng):
    cell = CELLS[name](rng)
    n, m = cell.sizes
    start = np.full((2, n), 0.1)
    trajectory = run(cell, start, 0.1 * rng.normal(size=(70, 2, m)))  # over one block
    sources = rng.normal(size=(70, 2, 3, n))
    together = rows_back(trajectory, ScaledRows.of(sources))
    for k in range(3):
        alone = trajectory.chain.log_cotangent_norms(sources[:, :, k])
        logs = ScaledRows(together.mantissa[:, :, k], together.exponent[:, :, k])
        # Sums in another order, over 70 steps that may grow.
        np.testing.assert_allclose(logs.log_norms(), alone, rtol=1e-11, atol=1e-10)


def test_a_cut_stops_the_first_row_alone():
    trajectory = reading(Linear([[0.5]], [[1.0]]), sequences=1)
    sources = np.zeros((T, 1, 2, 1))
    sources[-1] = 1.0
    rows = rows_back(trajectory, ScaledRows.of(sources), cuts={T - 3})
    logs = rows.log_norms()[:, 0] / math.log(2)
    np.testing.assert_allclose(logs[-3:, 0], [-2.0, -1.0, 0.0], atol=1e-12)
    assert np.isneginf(logs[: T - 2, 0]).all()
    np.testing.assert_allclose(logs[:, 1], np.arange(-T, 1.0), atol=1e-9)
