"""Norms of the Jacobians beside a diagnosis: within what is stated, loss or not."""

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import run
from gradlab.studies import GradientVerdict, diagnose
from gradlab.studies.diagnosis.jacobians import exact_norms, probed_norms
from gradlab.studies.diagnosis.subject import Subject
from tests.oracles.lags import log_sizes

T, B, N, M = 60, 5, 12, 2


def batch(kind, rng):
    cell = kind.random(N, M, gain=1.0, rng=rng, init="torch")
    return run(cell, np.zeros((B, cell.sizes[0])), rng.normal(size=(T, B, M)))


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_exact_norms_are_those_of_the_whole_state_within_their_error(kind, rng):
    trajectory = batch(kind, rng)
    (layer,) = diagnose(trajectory, mode="exact").layers
    norms = log_sizes(trajectory)[0][:T, :, 0]
    expected = np.quantile(norms, (0.1, 0.5, 0.9), axis=1, method="lower").T
    off = np.abs(layer.jacobians - expected)
    assert (off <= layer.jacobian_error[:, None]).all()
    assert layer.jacobian_error.max() < 1e-3  # float32, and rows left out at 1e-6
    # Without a loss they are what is left of it, lag by lag: ln‖I‖ = 0.
    np.testing.assert_array_equal(layer.profile, layer.jacobians)


def test_quick_norms_are_near_the_frobenius_norm_and_say_how_near(rng):
    trajectory = batch(LSTM, rng)
    (layer,) = diagnose(trajectory).layers
    frobenius = np.median(log_sizes(trajectory)[2][:T], axis=1)
    assert layer.jacobian_error[0] < 1e-6
    # √ψ'(2)/2 = 0.40 is the error of four probes of a rank of one, to which it goes.
    assert 0.1 < layer.jacobian_error[-1] <= layer.jacobian_error.max() <= 0.402
    # A median of five such errors is within three of them.
    assert np.abs(layer.jacobians[:, 1] - frobenius).max() < 3 * 0.402


@pytest.mark.parametrize("mode", ["quick", "exact"])
def test_a_halving_recurrence_halves_and_its_rate_is_sure(mode):
    found = diagnose(Linear([[0.5]], [[1.0]]), np.zeros((2000, 1)), mode=mode)
    (layer,) = found.layers
    lags = np.arange(2000)
    np.testing.assert_allclose(layer.jacobians[:, 1], -lags * np.log(2), atol=1e-12)
    assert found.verdict is GradientVerdict.CONTRACTING
    assert abs(layer.exponent + np.log(2)) <= 2 * layer.stderr + 1e-12
    assert "‖∂h_T/∂s_t‖ is ×10⁻⁶⁰² at lag 1,999" in str(found)


@pytest.mark.parametrize("mode", ["quick", "exact"])
@pytest.mark.parametrize("seed", range(3))
def test_rounding_does_not_pass_for_growth(mode, seed):
    """An orthogonal recurrence keeps all lengths; float32 rounds its weights."""
    still = Linear.random(8, M, gain=1.0, rng=seed, init="orthogonal")
    found = diagnose(still, np.zeros((100, M)), mode=mode)
    assert found.verdict is GradientVerdict.HEALTHY
    (layer,) = found.layers
    assert (np.abs(layer.jacobians[:, 1]) <= np.log(8) / 2 + 1e-5).all()


def test_sequences_end_where_they_started(rng):
    """Nothing is told of the state that a sequence was given, or of an empty one."""
    trajectory = batch(GRU, rng)
    starts = np.array([0, 10, 30, T - 1, T])
    subject = Subject("gru", trajectory, None, starts)
    for found in (exact_norms(subject), probed_norms(subject, rng=0)):
        assert found.logs.shape == found.error.shape == (T, B)
        for b, start in enumerate(starts):
            assert np.isfinite(found.logs[: T - start, b]).all()
            assert np.isnan(found.logs[T - start :, b]).all()
            assert np.isnan(found.error[T - start :, b]).all()
