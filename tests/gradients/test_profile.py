"""Profiles: closed forms beyond float64, agreement with Full, refused arguments."""

import mpmath
import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import Full, GradientProfile, profile
from gradlab.linalg import orthogonal
from gradlab.objectives import SquaredError


def last_step(trajectory, rng):
    T, n = len(trajectory), trajectory.cell.hidden
    targets, W_qh = rng.normal(size=(T, 1)), rng.normal(size=(1, n))
    return SquaredError(trajectory, targets, W_qh, weights=np.eye(T)[-1])


def test_a_scaled_rotation_keeps_every_direction_alike(rng):
    W = orthogonal(4, gain=0.9, rng=rng)
    cell = Linear(W, np.zeros((4, 1)))
    found = profile(run(cell, np.zeros(4), np.zeros((8000, 1))), lags=[1, 4000, 8000])
    expected = np.outer([1, 4000, 8000], np.full(4, np.log(0.9)))
    # 8000 rounded factors of a W that is a rotation to eps.
    np.testing.assert_allclose(found.log_singular_values, expected, atol=1e-10)
    assert found.rate == pytest.approx(np.log(0.9), rel=1e-12)
    assert found.describe().startswith("×0.9 per step: halves every 6.6 steps")


def test_singular_values_are_those_of_the_product(rng):
    trajectory = run(LSTM.random(3, 2, gain=1.2, rng=rng), np.zeros(6), np.ones((9, 2)))
    found = profile(trajectory)
    assert found.lags.tolist() == list(range(1, 10))
    assert list(found.columns()) == ["t", "lag", "log_top", "log_mean", "log_bottom"]
    assert found.times.tolist() == list(range(8, -1, -1))
    for lag, logs in zip(found.lags, found.log_singular_values, strict=True):
        product = trajectory.chain[9 - lag :].tangent(np.eye(6)).to_float()
        plain = np.linalg.svd(product, compute_uv=False)
        # A plain SVD is right to eps of the largest value only.
        np.testing.assert_allclose(np.exp(logs), plain, atol=1e-14 * plain[0])
    # Short lags are of the end of the run, also when no longer one is asked for; the
    # same four factors in another sweep round a few eps apart in the log.
    short = profile(trajectory, lags=[2, 4]).log_singular_values
    np.testing.assert_allclose(short, found.log_singular_values[[1, 3]], atol=1e-11)
    np.testing.assert_array_equal(found.log_top, found.log_singular_values[:, 0])
    np.testing.assert_array_equal(found.log_bottom, found.log_singular_values[:, -1])
    dets = np.cumsum(trajectory.chain.log_abs_dets()[::-1])
    np.testing.assert_allclose(found.log_mean, dets / 6, atol=1e-12)


def test_singular_values_far_below_float64_agree_with_mpmath(rng):
    """For n = 2: σ_1² + σ_2² = ‖P‖_F² and σ_1 σ_2 = |det P|, in 1000 digits."""
    trajectory = run(
        RNN.random(2, 1, gain=0.5, rng=rng), np.zeros(2), rng.normal(size=(800, 1))
    )
    found = profile(trajectory, lags=[800]).log_singular_values[0]
    with mpmath.workdps(1000):
        product = mpmath.eye(2)
        for J in trajectory.chain:
            product = mpmath.matrix(J.tolist()) * product
        total, det = mpmath.norm(product) ** 2, abs(mpmath.det(product))
        top = mpmath.sqrt((total + mpmath.sqrt(total**2 - 4 * det**2)) / 2)
        exact = [float(mpmath.log(top)), float(mpmath.log(det / top))]
    assert exact[-1] < -745
    # 800 rounded factors of a few eps each, in the log.
    np.testing.assert_allclose(found, exact, atol=1e-11)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_log_gradients_are_the_logs_of_the_full_gradient(kind, rng):
    cell = kind.random(6, 2, gain=1.0, rng=rng)
    trajectory = run(cell, np.zeros(cell.sizes[0]), rng.normal(size=(50, 2)))
    objective = SquaredError(trajectory, np.zeros((50, 1)), np.ones((1, 6)))
    found = profile(objective, singular_values=False)
    expected = Full().gradient(objective).log_state_norms()
    # One recursion, scaled by powers of two or not.
    np.testing.assert_allclose(found.log_gradient, expected, atol=1e-13)
    assert found.lags.size == 0
    assert found.columns().keys() == {"t", "lag", "log_gradient"}
    assert found.describe().endswith("nats)")


def test_the_gradient_of_a_last_step_loss_follows_the_jacobians(rng):
    cell = RNN.random(8, 1, gain=0.5, rng=rng)
    trajectory = run(cell, np.zeros(8), rng.normal(size=(2000, 1)))
    found = profile(last_step(trajectory, rng))
    assert found.log_gradient[0] < -1000
    # Generic vectors grow as the largest singular value does; 0.01 nats are left of
    # the first steps' transient in a fit over 2000.
    assert found.gradient_rate == pytest.approx(found.rate, abs=0.01)
    table = found.columns()
    np.testing.assert_array_equal(
        table["log_gradient"], found.log_gradient[found.times]
    )
    assert list(table) == [
        "t", "lag", "log_top", "log_mean", "log_bottom", "log_gradient",
    ]  # fmt: skip
    assert found.to_csv().count("\n") == len(found.lags) + 1


def test_a_lost_rank_is_minus_infinity():
    """A shift forgets one direction a step, and everything after n of them."""
    cell = Linear(np.eye(3, k=1), np.zeros((3, 1)))
    found = profile(run(cell, np.zeros(3), np.zeros((5, 1))))
    expected = [[0.0, 0.0, -np.inf], [0.0, -np.inf, -np.inf], *[[-np.inf] * 3] * 3]
    np.testing.assert_array_equal(found.log_singular_values, expected)
    assert found.rate == -np.inf
    assert found.describe() == (
        "×0 per step: gone at once (−inf nats); "
        "exactly 0 from lag 3 on: step 2 takes what is left"
    )
    some = profile(run(cell, np.zeros(3), np.zeros((5, 1))), lags=[1, 5])
    assert some.describe().endswith("exactly 0 from lag 5 on")


def test_the_rate_of_one_lag_and_of_none(rng):
    trajectory = run(Linear([[2.0]], [[0.0]]), [0.0], np.zeros((7, 1)))
    assert profile(trajectory, lags=[5]).rate == pytest.approx(np.log(2), rel=1e-14)
    assert np.isnan(profile(trajectory, singular_values=False).rate)
    assert np.isnan(profile(trajectory).gradient_rate)
    first = SquaredError(trajectory, np.ones((7, 1)), [[1.0]], weights=np.eye(7)[0])
    found = profile(first)
    # The loss sits at t = 1: nothing after it, 2⁰ at it, 2¹ before it.
    np.testing.assert_allclose(
        found.log_gradient, [np.log(2), 0.0, *[-np.inf] * 6], atol=1e-15
    )
    assert found.gradient_rate == pytest.approx(np.log(2), rel=1e-14)


def test_a_profile_is_saved_and_loaded(rng, tmp_path):
    trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], np.zeros((9, 1)))
    found = profile(last_step(trajectory, rng))
    loaded = GradientProfile.load(found.save(tmp_path / "profile"))
    np.testing.assert_array_equal(loaded.log_gradient, found.log_gradient)
    np.testing.assert_array_equal(loaded.log_singular_values, found.log_singular_values)
    assert loaded.origin.parameters == {"cell": "Linear", "T": 9, "n": 1}
    assert loaded.rate == found.rate
    assert "pascanu2013difficulty" in found.cite()


def test_lags_outside_the_run_are_refused():
    trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], np.zeros((10, 1)))
    with pytest.raises(InputError, match=r"in 1 … T; got 12 with T = 10"):
        profile(trajectory, lags=[3, 12])
    with pytest.raises(InputError, match="got none"):
        profile(trajectory, lags=[])
    with pytest.raises(InputError, match="`lags` must be an integer >= 1; got 0"):
        profile(trajectory, lags=[0])
    with pytest.raises(InputTypeError, match=r"a list of integers; got 3\."):
        profile(trajectory, lags=3)
    for lag in (2.0, True, "3", None):
        with pytest.raises(InputTypeError, match="`lags`"):
            profile(trajectory, lags=[lag])
    found = profile(trajectory, lags=[np.int32(10), 2, 2])
    assert found.lags.tolist() == [2, 10]


def test_a_profile_is_of_one_sequence(rng):
    batch = run(Linear([[0.5]], [[1.0]]), np.zeros((2, 1)), np.zeros((4, 2, 1)))
    objective = SquaredError(batch, np.ones((4, 2, 1)), [[1.0]])
    for source in (batch, objective):
        with pytest.raises(InputError, match=r"take one with .sequence\(b\)"):
            profile(source)
        assert profile(source.sequence(1)).steps == 4
    with pytest.raises(InputTypeError, match="an objective or a trajectory; got 3"):
        profile(3)
