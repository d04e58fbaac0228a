"""The smallest windows: exact ones are, and the geometric bound is never below."""

import numpy as np
import pytest

from gradlab.cells import GRU, RNN, Linear
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import (
    Full,
    Truncated,
    choose_window,
    moments,
    noise_matched_window,
)
from gradlab.objectives import SquaredError
from tests.cases.gradients import OBJECTIVES, squared


@pytest.mark.parametrize("target", [0.3, 0.05, 1e-3])
@pytest.mark.parametrize("cell", [RNN, GRU])
def test_the_window_is_the_smallest_with_that_bias(cell, target, rng):
    objective = squared(cell.random(5, 2, gain=0.7, rng=rng), rng, steps=40)
    found = choose_window(objective, target)
    assert 1 <= found.window <= 40
    for window in range(found.window, 41, 5):
        assert moments(Truncated(window), objective).relative_bias <= target
    if found.window > 1:
        one_less = moments(Truncated(found.window - 1), objective)
        assert one_less.relative_bias > target


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("onset", [None, 0])
def test_the_bound_is_never_below_the_bias(name, onset, rng):
    found = choose_window(OBJECTIVES[name](rng), 0.1, onset=onset)
    # Equality is possible where all lags have one direction: T roundings then.
    assert (found.relative_bias <= found.bound * (1 + 1e-12) + 1e-15).all()
    assert found.window <= found.bounded_window
    assert list(found.columns()) == ["window", "relative_bias", "bound"]


def test_the_bound_is_sharp_where_lags_decay_in_one_direction():
    """TR06: by W_hx G_l = b^l; over T → ∞ bias and bound are both b^k/(1 − b)."""
    T, b = 400, 0.5
    trajectory = run(Linear([[b]], [[1.0]]), [2.0], np.ones((T, 1)))  # h_t = 2, all t
    objective = SquaredError(
        trajectory, np.ones((T, 1)), [[1.0]], weights=np.eye(T)[-1]
    )
    found = choose_window(objective, 1e-3)
    assert found.decay == pytest.approx(b, rel=1e-15)
    np.testing.assert_allclose(found.bound[:300], found.relative_bias[:300], rtol=1e-12)
    assert found.window == found.bounded_window


def test_a_gradient_that_does_not_decay_is_not_bounded(rng):
    objective = squared(Linear.random(3, 1, gain=3.0, rng=rng), rng, steps=12)
    found = choose_window(objective.reweighted(np.eye(12)[-1]), 1e-6, onset=0)
    assert found.decay > 1
    assert found.bounded_window == 12


def test_noise_is_the_variance_of_the_mean_gradient(rng):
    cell = RNN.random(4, 2, gain=0.9, rng=rng)
    objective = squared(cell, rng, batch=(6,), steps=15)
    found = noise_matched_window(objective, 0.1)
    alone = [Full().gradient(objective.sequence(b)).flat for b in range(6)]
    center = np.mean(alone, axis=0)
    variance = sum(((g - center) ** 2).sum() for g in alone) / (6 * 5)
    assert found.variance == pytest.approx(variance, rel=1e-13)
    squares = [
        moments(Truncated(int(k)), objective).bias_norm ** 2 for k in found.windows
    ]
    # Differences of gradients: their eps, squared where the bias is nothing.
    np.testing.assert_allclose(found.squared_bias, squares, rtol=1e-9, atol=1e-28)
    wanted = [
        k for k in found.windows if all(s <= 0.1 * variance for s in squares[k - 1 :])
    ]
    assert found.window == wanted[0]
    again = noise_matched_window([objective.sequence(b) for b in range(6)], 0.1)
    np.testing.assert_allclose(again.squared_bias, found.squared_bias, rtol=1e-12)
    assert again.window == found.window
    np.testing.assert_array_equal(
        found.columns()["ratio"], found.squared_bias / found.variance
    )


def test_what_cannot_be_asked_is_refused(rng):
    single, batch = OBJECTIVES["rnn"](rng), OBJECTIVES["rnn batch"](rng)
    with pytest.raises(InputError, match="`relative_bias` must be a finite number > 0"):
        choose_window(single, 0.0)
    with pytest.raises(InputError, match="`onset` must be in 0 … T − 1 = 11"):
        choose_window(single, 0.1, onset=12)
    with pytest.raises(InputTypeError, match="`onset` must be an integer >= 0"):
        choose_window(single, 0.1, onset=2.0)
    with pytest.raises(InputError, match="must be two or more sequences"):
        noise_matched_window(single, 0.1)
    with pytest.raises(InputError, match="single sequences of one cell and one length"):
        noise_matched_window([single, batch.sequence(0)], 0.1)
    with pytest.raises(InputError, match="`fraction` must be a finite number > 0"):
        noise_matched_window(batch, -1.0)
