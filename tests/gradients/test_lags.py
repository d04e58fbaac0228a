"""All windows at once are the windows one by one, and share out the gradient."""

from fractions import Fraction

import numpy as np
import pytest

from gradlab.cells import RNN, Linear
from gradlab.dynamics import run
from gradlab.errors import InputError
from gradlab.gradients import (
    Full,
    Geometric,
    RandomWindow,
    Truncated,
    _lags,
    lag_decomposition,
    moments,
)
from gradlab.objectives import SquaredError
from tests.cases.gradients import OBJECTIVES, squared
from tests.oracles.enumeration import lag_tensor


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_bias_is_that_of_its_window(name, rng):
    objective = OBJECTIVES[name](rng)
    found = lag_decomposition(objective)
    full = Full().gradient(objective)
    assert found.gradient_norm == full.norm
    for window, bias, cosine in zip(
        found.windows, found.bias, found.cosine, strict=True
    ):
        gradient = Truncated(int(window)).gradient(objective)
        expected = np.linalg.norm(gradient.flat - full.flat)
        # The difference of two gradients cancels: eps of the gradient is its noise.
        assert bias == pytest.approx(expected, abs=1e-13 * full.norm)
        parts = [
            np.concatenate(
                [g.params[k].ravel() for k in objective.trajectory.cell.params]
            )
            for g in (gradient, full)
        ]
        sizes = [np.linalg.norm(part) for part in parts]
        if all(sizes):
            # √ of a difference of squares: eps^(1/2) where the window is all but blind.
            assert cosine == pytest.approx(
                parts[0] @ parts[1] / np.prod(sizes), abs=1e-8
            )


@pytest.mark.parametrize("name", ["rnn", "lstm batch", "gru", "last step"])
def test_the_gram_matrix_is_that_of_dense_products(name, rng):
    objective = OBJECTIVES[name](rng)
    tensor = lag_tensor(objective).sum(axis=2)
    T = len(tensor)
    terms = [sum(tensor[t, t - lag] for t in range(lag, T)) for lag in range(T)]
    gram = np.array([[a @ b for b in terms] for a in terms])
    found = lag_decomposition(objective, gram=True)
    np.testing.assert_allclose(found.gram, gram, rtol=0, atol=1e-13 * gram.max())
    np.testing.assert_allclose(found.norms**2, np.diag(gram), rtol=1e-12, atol=1e-30)
    suffix = [gram[k:, k:].sum() for k in range(T)]
    np.testing.assert_allclose(
        found.tails[:-1] ** 2, suffix, rtol=1e-10, atol=1e-14 * gram.max()
    )
    assert found.share.sum() == pytest.approx(1.0, rel=1e-14)
    estimator = RandomWindow(Geometric(0.7))
    exact = moments(estimator, objective).total_variance
    assert found.window_variance(estimator) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("window", [1, 5, 10, 20])
def test_a_scalar_recursion_has_its_bias_in_fractions(window):
    """TR05: relative bias (b^K − b^T)/(1 − b^T), by the input weight, b = 0.9."""
    known = {1: 0.8999973437895585, 5: 0.5904791225526214}
    known |= {10: 0.3486611396287187, 20: 0.12155332181794862}
    T, b = 100, Fraction(9, 10)
    trajectory = run(Linear([[0.9]], [[1.0]]), [0.0], np.ones((T, 1)))
    weights = np.eye(T)[-1]
    objective = SquaredError(trajectory, np.zeros((T, 1)), [[1.0]], weights=weights)
    full, part = (
        e.gradient(objective).params["W_hx"].item() for e in (Full(), Truncated(window))
    )
    exact = float((b**window - b**T) / (1 - b**T))
    assert known[window] == pytest.approx(exact, rel=1e-15)
    assert 1 - part / full == pytest.approx(exact, rel=1e-13)  # 100 roundings


def test_small_biases_keep_their_digits():
    """A contracting chain: the last windows differ by 1e-60, and that is resolved."""
    T = 200
    trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], np.eye(T)[:, :1])
    weights = np.eye(T)[-1]
    objective = SquaredError(trajectory, -np.ones((T, 1)), [[1.0]], weights=weights)
    cell = objective.trajectory
    slope = objective.cotangents[-1, 0]
    # By W_hx only lag T − 1 sees an input; by W_hh h_{T−l−1} = 2^−(T−l−2): all lags.
    by_hh = [0.5**lag * cell.states[T - 1 - lag, 0] * slope for lag in range(T)]
    by_hx = 0.5 ** (T - 1) * slope
    tails = np.sqrt(np.cumsum(by_hh[::-1])[::-1] ** 2 + by_hx**2)
    np.testing.assert_allclose(
        lag_decomposition(objective).tails[:-1], tails, rtol=1e-13
    )


def test_memory_is_blocked_without_changing_a_digit(rng, monkeypatch):
    cell = RNN.random(4, 2, gain=1.2, rng=rng)
    objective = squared(cell, rng, steps=50)
    kept = lag_decomposition(objective)
    monkeypatch.setattr(_lags, "_KEPT", 0)
    carried_again = lag_decomposition(objective)
    np.testing.assert_array_equal(kept.tails, carried_again.tails)
    np.testing.assert_array_equal(kept.norms, carried_again.norms)


def test_the_table_has_a_row_for_every_lag(rng):
    found = lag_decomposition(OBJECTIVES["gru"](rng))
    table = found.columns()
    assert {len(column) for column in table.values()} == {12}
    np.testing.assert_array_equal(
        table["relative_bias"], found.bias / found.gradient_norm
    )


def test_a_gradient_of_zero_has_no_shares(rng):
    silent = OBJECTIVES["rnn"](rng).reweighted(np.zeros(12))
    found = lag_decomposition(silent)
    assert not found.tails.any()
    assert np.isnan(found.share).all()
    assert np.isnan(found.relative_bias).all()
    assert np.isnan(found.cosine).all()


def test_fewer_lags_can_be_asked_for(rng):
    objective = OBJECTIVES["rnn"](rng)
    few, all_ = lag_decomposition(objective, lags=3), lag_decomposition(objective)
    np.testing.assert_array_equal(few.bias, all_.bias[:3])
    with pytest.raises(InputError) as caught:
        lag_decomposition(objective, lags=13)
    assert str(caught.value) == "`lags` must be at most T = 12; got 13."
