"""An objective known by its gradients gives a cell the gradients of the real one."""

import numpy as np
import pytest

from gradlab.cells import LSTM
from gradlab.dynamics import run
from gradlab.errors import InputTypeError, NonFiniteError, ShapeError
from gradlab.gradients import Full, Truncated, lag_decomposition, moments
from gradlab.objectives import CrossEntropy, GivenCotangents

T, B, N, M, Q = 9, 3, 4, 2, 5


@pytest.fixture
def real(rng):
    cell = LSTM.random(N, M, gain=1.2, rng=rng)
    trajectory = run(cell, rng.normal(size=(B, 2 * N)), rng.normal(size=(T, B, M)))
    targets = rng.integers(0, Q, size=(T, B))
    return CrossEntropy(trajectory, targets, rng.normal(size=(Q, N)))


@pytest.fixture
def given(real):
    return GivenCotangents(real.trajectory, real.cotangents)


@pytest.mark.parametrize("estimator", [Full(), Truncated(3)], ids=repr)
def test_estimators_see_no_difference(real, given, estimator):
    expected = estimator.gradient(real).params
    found = estimator.gradient(given).params
    assert set(found) == set(real.trajectory.cell.params)
    for name, value in found.items():
        np.testing.assert_array_equal(value, expected[name])


def test_lags_and_moments_see_no_difference(real, given):
    np.testing.assert_array_equal(
        lag_decomposition(given).norms, lag_decomposition(real).norms
    )
    both = [
        moments(Truncated(2), objective).bias["W_hh"] for objective in (real, given)
    ]
    np.testing.assert_array_equal(*both)


def test_sequences_are_those_of_the_mean(real, given):
    """A sequence's own loss is B times its part of the mean."""
    for b in range(B):
        expected = Full().gradient(real.sequence(b)).params["W_hh"]
        found = Full().gradient(given.sequence(b)).params["W_hh"]
        # Divided by B and multiplied again: a rounding of each of the terms.
        size = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14 * size)


def test_weights_and_restriction_scale_the_steps(given):
    weights = np.arange(1.0, T + 1)
    np.testing.assert_array_equal(
        given.reweighted(weights / T).cotangents,
        given.given * weights[:, None, None],
    )
    early = given.restricted(slice(0, 4)).cotangents
    np.testing.assert_array_equal(early[:4], given.given[:4])
    assert not early[4:].any()


def test_the_loss_is_linear_in_the_states_and_its_slope_is_given(given):
    """L = Σ ⟨δ_t, h_t⟩: for Σ δ_t h_t that is a sum of products."""
    expected = (given.given * given.trajectory.states[1:]).sum()
    assert given.loss == pytest.approx(expected, rel=1e-12)


def test_what_does_not_fit_is_refused(real):
    with pytest.raises(ShapeError, match=r"`given` must have shape \(T, B, n\) with"):
        GivenCotangents(real.trajectory, real.cotangents[1:])
    with pytest.raises(ShapeError, match=r"`given` must have shape \(T, n\) with"):
        GivenCotangents(real.trajectory.sequence(0), real.cotangents)
    with pytest.raises(NonFiniteError, match="`given` must be finite"):
        GivenCotangents(real.trajectory, np.full(real.cotangents.shape, np.nan))
    with pytest.raises(InputTypeError, match="`trajectory` must be a Trajectory"):
        GivenCotangents(None, real.cotangents)
    with pytest.raises(ShapeError, match="`weights` must have shape"):
        GivenCotangents(real.trajectory, real.cotangents, weights=[1.0])
