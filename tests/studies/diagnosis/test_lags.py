"""Profiles by lag, the lag that is needed, and growth, on chains known in full."""

import math

import numpy as np
import pytest

from gradlab.cells import Linear
from gradlab.dynamics import run
from gradlab.studies.diagnosis.lags import (
    by_lag,
    growth,
    last_losses,
    last_steps,
    left,
    quantiles,
    required_lag,
)

NO_PADDING = np.zeros(2, dtype=int)


def sources(T, *steps):
    """Sources (T, 2, 1) of one at the given steps of either sequence."""
    found = np.zeros((T, 2, 1))
    for b, at in enumerate(steps):
        found[list(at), b] = 1.0
    return found


def brute_force_lag(seen, starts):
    """The distance of every real step to the next loss, looked for one by one."""
    distances = [0]
    for b in range(seen.shape[1]):
        for t in range(starts[b], len(seen)):
            later = [s for s in range(t, len(seen)) if seen[s, b]]
            distances += [later[0] - t] if later else []
    return max(distances)


def test_the_needed_lag_is_the_largest_distance_to_the_next_loss(rng):
    for _ in range(50):
        T = int(rng.integers(1, 12))
        found = (rng.random((T, 3, 2)) < 0.15) * 1.0
        starts = rng.integers(0, T, size=3)
        expected = brute_force_lag(found.any(axis=-1), starts)
        assert required_lag(found, starts) == expected


def test_a_loss_at_the_end_needs_all_and_one_at_every_step_nothing():
    assert required_lag(sources(9, {8}, {8}), NO_PADDING) == 8
    assert required_lag(sources(9, range(9), range(9)), NO_PADDING) == 0
    assert required_lag(sources(9, {8}, {8}), np.array([5, 6])) == 3
    assert required_lag(np.zeros((9, 2, 1)), NO_PADDING) == 0


def test_a_halving_recurrence_has_halving_profiles():
    """a_l = −l ln 2 from the last loss on, whatever came before it."""
    T = 30
    trajectory = run(Linear([[0.5]], [[1.0]]), np.ones((2, 1)), np.zeros((T, 2, 1)))
    losses = sources(T, {3, 29}, {12, 25})
    losses[25] *= 7.0
    cotangents = trajectory.chain.scaled_cotangents(last_losses(losses))
    norms = cotangents.log_norms()
    profile = left(by_lag(norms, last_steps(losses), np.array([0, 10])))
    lags = np.arange(T)
    expected = np.stack([-np.log(2) * lags] * 2, axis=1)
    expected[lags > 29, 0] = np.nan
    expected[lags > 15, 1] = np.nan  # its states from 11 to 26
    # Powers of two are exact; the logarithms round.
    np.testing.assert_allclose(profile, expected, rtol=1e-15, atol=1e-15)


def test_growth_of_a_line_is_its_slope_without_error():
    line = -0.25 * np.arange(100)[:, None] + np.array([0.0, 3.0])
    found = growth(line)
    # Differences of numbers up to 25, over 10 steps.
    assert found.exponent == pytest.approx(-0.25, abs=1e-15)
    assert found.stderr < 1e-15


def test_growth_of_a_random_walk_is_within_its_error(rng):
    z = []
    for _ in range(200):
        found = growth(np.cumsum(rng.normal(0.3, 1.0, size=(200, 8)), axis=0))
        z.append((found.exponent - 0.3) / found.stderr)
    # 64 blocks each: z is near normal, and the mean of 200 squares has s.d. 0.1.
    assert np.mean(np.square(z)) == pytest.approx(1.0, abs=0.4)


def test_growth_is_minus_infinity_where_nothing_is_left_and_unknown_when_short():
    gone = np.full((40, 2), -math.inf)
    gone[:3] = 0.0
    assert growth(gone).exponent == -math.inf
    assert math.isnan(growth(np.zeros((19, 2))).exponent)


@pytest.mark.parametrize("B", [1, 2, 8, 11, 32])
def test_bands_are_lower_quantiles_of_those_that_are_known(B):
    rng = np.random.default_rng(B)
    logs = rng.normal(size=(50, B))
    logs[rng.random(logs.shape) < 0.1] = -np.inf
    logs[rng.random(logs.shape) < 0.3] = np.nan
    logs[0] = 1.0
    seen = logs[~np.isnan(logs).all(axis=1)]
    expected = [
        [np.quantile(row[~np.isnan(row)], q, method="lower") for q in (0.1, 0.5, 0.9)]
        for row in seen
    ]
    np.testing.assert_array_equal(quantiles(logs), expected)
