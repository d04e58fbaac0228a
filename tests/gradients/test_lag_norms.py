"""Lag norms where the answer is known: closed forms, balls, edges of the floats."""

import importlib

import numpy as np
import pytest

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from gradlab.gradients import LagNorms, lag_norms, profile
from gradlab.gradients._compression import (
    DOUBT,
    INFLATION,
    SKETCH,
    inflation,
    split,
)
from gradlab.linalg import orthogonal
from tests.cases.lags import scripted
from tests.oracles import products
from tests.oracles.lags import log_sizes


@pytest.mark.parametrize("gain", [0.1, 3.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_scaled_rotation_has_its_closed_form_far_beyond_the_floats(gain, dtype, rng):
    T, n = 3000, 5
    cell = Linear(orthogonal(n, gain=gain, rng=rng), np.zeros((n, 1)))
    found = lag_norms(run(cell, np.zeros(n), np.zeros((T, 1))), dtype=dtype)
    expected = np.arange(T + 1) * np.log(gain)
    assert np.abs(expected).max() > 3000
    here = 2.0**-52 * np.abs(expected)  # ln(gain) is rounded, and taken T times
    for i in range(n):
        off = np.abs(found.log_singular_values[:, i] - expected)
        assert (off <= found.log_singular_error[:, i] + here).all()
    off = np.abs(found.log_frobenius - expected - np.log(n) / 2)
    assert (off <= found.log_error + here).all()
    assert found.rates == pytest.approx(np.log(gain), abs=found.log_error[-1] / T)


def test_a_nonnormal_power_has_its_closed_form():
    """‖[[1, a], [0, 1]]^l‖: σ_1 σ_2 = 1 and σ_1² + σ_2² = 2 + (a l)²."""
    a, T = 0.3, 400
    cell = Linear([[1.0, a], [0.0, 1.0]], np.zeros((2, 1)))
    found = lag_norms(run(cell, np.zeros(2), np.zeros((T, 1))), dtype="float64")
    shear = a * np.arange(T + 1)
    expected = np.arcsinh(shear / 2)
    # 400 rounded products, each of them with entries up to ‖·‖.
    np.testing.assert_allclose(found.log_norm, expected, atol=1e-13)


def test_singular_values_agree_with_balls(rng):
    cell = RNN.random(4, 1, gain=1.2, rng=rng)
    trajectory = run(cell, rng.normal(size=4), rng.normal(size=(25, 1)))
    found = lag_norms(trajectory, dtype="float64", tol=0.0)
    factors = trajectory.chain.factors()
    for lag in (1, 7, 25):
        exact = products.log_singular_values(factors[25 - lag :])
        off = np.abs(found.log_singular_values[lag] - exact)
        assert (off[:2] <= found.log_singular_error[lag, :2]).all()
        assert off[0] < 1e-13


def test_the_norm_of_a_run_is_that_of_its_profile(rng):
    trajectory = run(
        RNN.random(12, 1, gain=0.5, rng=rng), np.zeros(12), rng.normal(size=(1500, 1))
    )
    found, known = lag_norms(trajectory), profile(trajectory)
    assert known.log_top[-1] < -745
    off = np.abs(found.log_norm[known.lags] - known.log_top)
    assert (off <= found.log_error[known.lags]).all()
    assert found.log_error.max() < 1e-3


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_a_batch_is_its_sequences_one_by_one(kind, rng):
    cell = kind.random(10, 2, gain=1.0, rng=rng)
    batch = run(cell, rng.normal(size=(4, cell.sizes[0])), rng.normal(size=(50, 4, 2)))
    together = lag_norms(batch, dtype="float64", tol=0.0)
    for b in range(4):
        alone = lag_norms(batch.sequence(b), dtype="float64", tol=0.0)
        assert alone.log_norm.shape == (51,)
        for name in ("log_norm", "log_norm_hidden", "log_frobenius"):
            off = np.abs(getattr(together, name)[:, b] - getattr(alone, name))
            # The same numbers by products of other shapes.
            assert off.max() < 1e-13


def test_sequences_too_many_for_the_memory_are_taken_in_turns(rng, monkeypatch):
    module = importlib.import_module("gradlab.gradients.lag_norms")
    monkeypatch.setattr(module, "_NUMBERS", 2 * 6 * 12)  # two at a time
    cell = LSTM.random(6, 2, gain=1.0, rng=rng)
    batch = run(cell, rng.normal(size=(5, 12)), rng.normal(size=(20, 5, 2)))
    found = lag_norms(batch, dtype="float64")
    singular, _, _ = log_sizes(batch)
    assert (np.abs(found.log_norm - singular[..., 0]) <= found.log_error).all()


def test_sequences_that_start_later_are_cut_there(rng):
    cell = GRU.random(8, 2, gain=1.2, rng=rng)
    batch = run(cell, rng.normal(size=(4, 8)), rng.normal(size=(30, 4, 2)))
    starts = np.array([0, 12, 29, 5])
    found = lag_norms(batch, starts=starts, dtype="float64", tol=0.0)
    for b, start in enumerate(starts):
        part = Trajectory(cell, batch.states[start:, b], batch.inputs[start:, b])
        alone = lag_norms(part, dtype="float64", tol=0.0)
        seen = 31 - start
        np.testing.assert_allclose(found.log_norm[:seen, b], alone.log_norm, atol=1e-13)
        for name in ("log_norm", "log_norm_hidden", "log_frobenius", "log_error"):
            assert np.isnan(getattr(found, name)[seen:, b]).all()
        assert (found.rank[seen:, b] == 0).all()
        np.testing.assert_allclose(found.rates[b], alone.rates, rtol=1e-12)


def test_what_every_unit_loses_is_lost_exactly(rng):
    """Dead units pass nothing: ∂h_T/∂h_t is 0, known to be 0, and stays it."""
    W = rng.normal(size=(5, 5)) / 3
    cell = RNN(W, np.ones((5, 1)), np.zeros(5), activation="relu")
    inputs = np.full((20, 1), 10.0)
    inputs[12] = -1000.0
    found = lag_norms(run(cell, np.zeros(5), inputs))
    assert np.isfinite(found.log_norm[:8]).all()
    assert (found.log_norm[8:] == -np.inf).all()
    assert (found.log_singular_values[8:] == -np.inf).all()
    assert (found.log_error[8:] < 1e-14).all()
    assert found.rates == -np.inf
    assert found.describe() == "×0 per step: gone at once (−inf nats)"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zero_columns_and_rank_one_factors_are_ordinary(dtype, rng):
    factors = rng.normal(size=(40, 4, 4))
    factors[30, :, 1] = 0.0
    factors[20] = np.outer(rng.normal(size=4), rng.normal(size=4))
    factors[10, 2] = 0.0
    trajectory = scripted(factors)
    found = lag_norms(trajectory, dtype=dtype)
    singular, _, _ = log_sizes(trajectory)
    assert (np.abs(found.log_norm - singular[:, 0, 0]) <= found.log_error).all()
    # Of what has rank one, the other singular values are not known and not invented.
    later = found.log_singular_values[25:, 1:]
    unknown = np.isnan(later) | (found.log_singular_error[25:, 1:] == np.inf)
    assert unknown.all()


def test_a_shift_forgets_everything_after_as_many_steps_as_it_has_places():
    cell = Linear(np.eye(4, k=1), np.zeros((4, 1)))
    found = lag_norms(run(cell, np.zeros(4), np.zeros((7, 1))))
    assert found.log_norm.tolist() == [0.0] * 4 + [-np.inf] * 4


def test_slopes_far_below_float32_are_not_lost(rng):
    """tanh' at 60 is 4e-52: Jacobians near 1 times powers of two, in float32 too."""
    cell = RNN(rng.normal(size=(6, 6)), np.zeros((6, 1)), np.full(6, 60.0))
    trajectory = run(cell, np.ones(6), np.zeros((50, 1)))
    found = lag_norms(trajectory)
    singular, _, _ = log_sizes(trajectory)
    assert singular[-1, 0, 0] < -5000
    assert (np.abs(found.log_norm - singular[:, 0, 0]) <= found.log_error).all()
    assert found.log_error.max() < 1e-4


def test_float32_says_where_it_has_lost_what_comes_back():
    """diag(1, 1e-60) then diag(1e-60, 1): what float32 makes 0 is all there is left."""
    trajectory = scripted([np.diag([1e-60, 1.0]), np.diag([1.0, 1e-60])])
    narrow, wide = (lag_norms(trajectory, dtype=d) for d in ("float32", "float64"))
    assert narrow.log_error.tolist()[-1] == np.inf
    assert wide.log_norm[-1] == pytest.approx(-60 * np.log(10), rel=1e-15)
    assert wide.log_error[-1] < 1e-8  # float64 is 2^29 times finer than what went 0


def test_float32_says_where_its_rounding_has_taken_over(rng):
    """A direction that dies among others that do not, after those were left out."""
    Q = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    first, second = Q @ np.diag([1.0, 1e-12]) @ Q.T, Q @ np.diag([1e-2, 1.0]) @ Q.T
    trajectory = scripted([second] * 12 + [first] * 6)
    found = lag_norms(trajectory)
    singular, _, _ = log_sizes(trajectory)
    off = np.abs(found.log_norm - singular[:, 0, 0])
    assert off[-1] > 1  # rounding of 6e-8, kept by the other direction, beside 1e-24
    assert (off <= found.log_error).all()


def test_a_run_of_one_step_and_one_sequence(rng):
    cell = LSTM.random(3, 2, gain=1.0, rng=rng)
    h, x = rng.normal(size=(1, 6)), rng.normal(size=(1, 1, 2))
    found = lag_norms(run(cell, h, x), dtype="float64")
    J = cell.jacobian(h[0], x[0, 0])[:3]
    logs = np.log(np.linalg.svd(J, compute_uv=False))
    np.testing.assert_allclose(found.log_singular_values[1, 0], logs, atol=1e-14)
    assert found.log_norm_hidden[1, 0] == pytest.approx(
        np.log(np.linalg.norm(J[:, :3], 2)), abs=1e-14
    )
    np.testing.assert_array_equal(found.log_singular_values[0], 0.0)


def test_the_sketch_exceeds_its_doubt_as_rarely_as_it_says(rng):
    """P(‖X‖² ≤ q ‖A‖²) ≤ doubt, for A of any rank; near it for rank one, 6 rows."""
    doubt, draws = 0.01, 20_000
    for spectrum in ([1.0], [1.0, 1.0], [1.0, 0.3, 0.1], np.ones(20)):
        weights = np.square(spectrum) / np.square(spectrum).sum()
        squares = np.square(rng.normal(size=(draws, SKETCH, len(weights)))) @ weights
        missed = (squares.sum(axis=1) * inflation(SKETCH, doubt) < 1.0).mean()
        # Three standard errors of a frequency of 0.01 in 20000 draws.
        assert missed < doubt + 3 * np.sqrt(doubt / draws)
        if len(weights) == 1:
            # Chernoff's bound is not attained, and loses a factor of five here.
            assert missed > doubt / 10
    assert inflation(SKETCH, DOUBT) == INFLATION


def test_what_was_left_out_is_never_more_than_stated(rng):
    """‖A‖_F² = ‖M‖_F² − ‖K‖_F², by a rank so small that it can be seen in float64."""
    cell = LSTM.random(12, 2, gain=1.5, rng=rng)
    trajectory = run(cell, rng.normal(size=(3, 24)), rng.normal(size=(30, 3, 2)))
    _, _, whole = log_sizes(trajectory)
    ratios = []
    for seed in range(40):
        found = lag_norms(trajectory, dtype="float64", rank=2, rng=seed)
        late = slice(5, None)  # from lag 4 on rows are left out
        share = np.exp(2 * (found.log_frobenius - whole)[late])
        missing = whole[late] + np.log1p(-share) / 2
        ratio = found.log_dropped[late] - missing
        assert (ratio > 0).all()
        ratios.append(ratio[-1])
    # Without the inflation the sketch is right on average: E‖X‖² = k ‖A‖².
    mean = np.exp(2 * np.array(ratios)).mean() / (INFLATION * SKETCH)
    # One direction at worst: squares of six normal numbers, over 40 seeds and 3 runs.
    assert abs(mean - 1) < 4 * np.sqrt(2 / SKETCH / 40)


def test_a_split_turns_rows_and_drops_the_small_ones(rng):
    U, V = orthogonal(9, gain=1.0, rng=rng), orthogonal(20, gain=1.0, rng=rng)
    sigma = 10.0 ** -np.arange(9)
    K = U @ (sigma[:, None] * V[:9])
    found = split(K, tol=1e-6, rank=9, rng=rng)
    assert len(found.kept) < 9
    lengths = np.linalg.norm(found.kept, axis=1)
    np.testing.assert_allclose(lengths, sigma[: len(lengths)], rtol=1e-9)
    dropped = np.square(sigma[len(lengths) :]).sum()
    # E‖Ω D‖² = k ‖D‖², mostly one direction.
    assert 0.01 < np.square(found.sketch).sum() / (SKETCH * dropped) < 10
    assert INFLATION * SKETCH * dropped <= 1e-6  # of σ_1² = 1
    assert split(np.eye(5), tol=1e-6, rank=5, rng=rng) is None
    assert split(K, tol=0.0, rank=9, rng=rng) is None
    assert split(K, tol=0.0, rank=4, rng=rng).kept.shape == (4, 20)
    nothing = split(np.zeros((5, 7)), tol=1e-6, rank=5, rng=rng)
    assert nothing.kept.shape == (1, 7)
    assert not nothing.sketch.any()


def test_results_are_tables_are_saved_and_cite(rng, tmp_path):
    cell = LSTM.random(5, 2, gain=1.0, rng=rng)
    batch = run(cell, np.zeros((3, 10)), rng.normal(size=(12, 3, 2)))
    found = lag_norms(batch, starts=[2, 4, 3], rng=7)
    assert found.origin.seed == 7
    assert found.origin.parameters["dtype"] == "float32"
    table = found.columns()
    assert table["lag"].tolist() == list(range(11))  # no sequence has lag 11 or 12
    assert (table["lowest"] <= table["log_norm"]).all()
    assert (table["log_norm"] <= table["highest"]).all()
    single = lag_norms(batch.sequence(0)).columns()
    assert list(single)[:2] == ["lag", "log_norm"]
    loaded = LagNorms.load(found.save(tmp_path / "lags"))
    np.testing.assert_array_equal(loaded.log_error, found.log_error)
    assert "gratton2018improved" in found.cite()
    assert found.describe().endswith("nats)")
    assert lag_norms(batch, leading=100).log_singular_values.shape == (13, 3, 5)


def test_bad_arguments_are_refused(rng):
    cell = RNN.random(3, 1, gain=1.0, rng=rng)
    batch = run(cell, np.zeros((2, 3)), np.zeros((4, 2, 1)))
    with pytest.raises(
        InputTypeError, match="`trajectory` must be a trajectory; got 3"
    ):
        lag_norms(3)
    for tol in (-1e-6, 1.5, np.nan):
        with pytest.raises(InputError, match="`tol` must be a finite number >= 0"):
            lag_norms(batch, tol=tol)
    with pytest.raises(InputError, match="`dtype` must be one of 'float32', 'float64'"):
        lag_norms(batch, dtype="float16")
    for name in ("rank", "leading"):
        with pytest.raises(InputError, match=f"`{name}` must be an integer >= 1"):
            lag_norms(batch, **{name: 0})
    with pytest.raises(ShapeError, match=r"`starts` .* \(B,\) with B = 2; got \(3,\)"):
        lag_norms(batch, starts=[0, 0, 0])
    with pytest.raises(InputError, match=r"in 0 … T − 1; got 4 with T = 4"):
        lag_norms(batch, starts=[0, 4])
    with pytest.raises(InputError, match=r"in 0 … T − 1; got 1.5 with T = 4"):
        lag_norms(batch, starts=[0, 1.5])
    with pytest.raises(NonFiniteError, match="`starts`"):
        lag_norms(batch, starts=[0, np.nan])
    with pytest.raises(InputError, match="`rng`"):
        lag_norms(batch, rng=-1)
