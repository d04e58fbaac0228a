"""Probes: right on average, with the error they state, whatever the rank."""

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import LagProbes, lag_probes
from tests.cases.lags import RUNS, scripted
from tests.oracles.lags import log_sizes


def constant(J, steps=6):
    return scripted(np.repeat(np.asarray(J, dtype=float)[None], steps, axis=0))


def scores(trajectory, probes, seeds):
    """(estimate − truth)/stderr for many draws, (seeds, T + 1, B); lag 0 is exact."""
    _, _, truth = log_sizes(trajectory)
    found = []
    for seed in range(seeds):
        estimate = lag_probes(trajectory, probes=probes, rng=seed)
        logs = estimate.log_frobenius.reshape(truth.shape)
        error = np.broadcast_to(estimate.stderr.reshape(len(truth), -1), truth.shape)
        found.append(((logs - truth) / np.maximum(error, 1e-5))[1:])
    return np.array(found)


@pytest.mark.parametrize("name", ["linear", "tanh", "lstm", "gru", "chaotic"])
@pytest.mark.parametrize("probes", [4, 16])
def test_the_stated_error_is_the_spread_of_the_estimates(name, probes, rng):
    z = scores(RUNS[name](rng), probes, seeds=60)
    # Lags of one draw hang together, so each run counts as few; the errors come from a
    # spread of a few probes themselves.  A rms of 1 to about a third is what they are.
    assert 0.6 < np.sqrt(np.square(z).mean()) < 1.5
    assert abs(z.mean()) < 0.5


def test_a_direction_of_its_own_leaves_an_error_that_no_lag_averages_out(rng):
    """Rank one: every lag has the same overlaps, and the same error."""
    J = np.outer(rng.normal(size=30), rng.normal(size=30)) / 30
    found = lag_probes(constant(J, 50), probes=4, rng=1)
    off = found.log_frobenius - log_sizes(constant(J, 50))[2][:, 0]
    assert np.ptp(off[1:]) < 1e-5
    # ψ'(2)/4: gamma of shape p/2 for squares of normal overlaps.
    assert found.stderr.max() <= np.sqrt(0.6449341) / 2 + 1e-6
    assert found.stderr[1:].min() > 0.1


def test_squares_are_right_on_average(rng):
    """E‖uᵀM‖² = ‖M‖_F²: 4096 draws, whose relative variance is 2 at most."""
    trajectory = RUNS["single"](rng)
    found = lag_probes(trajectory, probes=4096, rng=rng)
    _, _, truth = log_sizes(trajectory)
    mean = np.exp(2 * (found.log_norms - truth)).mean(axis=1)
    assert (np.abs(mean - 1) < 5 * np.sqrt(2 / 4096)).all()


def test_orthogonal_jacobians_have_no_spread():
    found = lag_probes(constant(np.eye(4)[::-1] / 2), probes=3, rng=0)
    expected = np.log(4) / 2 - np.arange(7) * np.log(2)
    np.testing.assert_allclose(found.log_frobenius, expected, atol=1e-6)
    assert found.stderr.max() < 1e-5


def test_one_probe_states_the_widest_error(rng):
    found = lag_probes(RUNS["single"](rng), probes=1, rng=0)
    # One square of a normal overlap: ψ'(1/2)/4 = π²/8.
    np.testing.assert_allclose(found.stderr, np.pi / np.sqrt(8), rtol=1e-12)


def test_nothing_is_lost_where_float32_dies(rng):
    cell = Linear(0.1 * np.eye(3), np.zeros((3, 1)))
    found = lag_probes(run(cell, np.zeros(3), np.zeros((4000, 1))), rng=0)
    expected = np.log(3) / 2 + 4000 * np.log(0.1)
    # 0.1 is off by 1.5e-8 of itself in float32, 4000 times over.
    assert found.log_frobenius[-1] == pytest.approx(expected, abs=1e-4)
    assert expected < -9000


def test_an_exact_zero_is_minus_infinity_without_a_warning():
    found = lag_probes(constant(np.eye(3, k=1)), rng=0)
    assert (found.log_frobenius[3:] == -np.inf).all()
    assert np.isfinite(found.stderr).all()


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_sequences_that_start_later_are_cut_there(kind, rng):
    cell = kind.random(7, 2, gain=1.0, rng=rng)
    batch = run(cell, np.zeros((3, cell.sizes[0])), rng.normal(size=(20, 3, 2)))
    starts = [0, 8, 19]
    found = lag_probes(batch, rng=3, starts=starts)
    everything = lag_probes(batch, rng=3)
    assert found.log_norms.shape == (21, 3, 4)
    for b, start in enumerate(starts):
        seen = 21 - start
        kept = found.log_norms[:, b]
        np.testing.assert_array_equal(kept[:seen], everything.log_norms[:seen, b])
        assert np.isnan(kept[seen:]).all()
        assert np.isnan(found.stderr[seen:, b]).all()
    table = found.columns()
    assert np.isfinite(np.stack(list(table.values()))).all()


def test_a_seed_makes_the_same_probes_and_is_recorded(rng, tmp_path):
    trajectory = RUNS["gru"](rng)
    one, two = (lag_probes(trajectory, rng=5) for _ in range(2))
    np.testing.assert_array_equal(one.log_norms, two.log_norms)
    assert one.origin.seed == 5
    assert one.origin.parameters["probes"] == 4
    assert (lag_probes(trajectory, rng=6).log_norms != one.log_norms).any()
    loaded = LagProbes.load(one.save(tmp_path / "probes"))
    np.testing.assert_array_equal(loaded.log_frobenius, one.log_frobenius)
    assert "hutchinson1989stochastic" in one.cite()
    single = Trajectory(
        trajectory.cell, trajectory.states[:, 0], trajectory.inputs[:, 0]
    )
    assert list(lag_probes(single, rng=0).columns()) == [
        "lag",
        "log_frobenius",
        "stderr",
    ]


def test_bad_arguments_are_refused(rng):
    trajectory = RUNS["gru"](rng)
    with pytest.raises(InputError, match="`probes` must be an integer >= 1; got 0"):
        lag_probes(trajectory, probes=0, rng=0)
    with pytest.raises(InputTypeError, match="`rng`"):
        lag_probes(trajectory, rng=None)
    with pytest.raises(InputTypeError, match="must be a trajectory; got None"):
        lag_probes(None, rng=0)
    with pytest.raises(InputError, match=r"in 0 … T − 1; got -1"):
        lag_probes(trajectory, rng=0, starts=[0, 0, -1])
