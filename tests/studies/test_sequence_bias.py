"""The bias that stays: unbiased over all batches, and what one batch shows of it."""

import itertools

import numpy as np
import pytest

from gradlab.cells import GRU, RNN
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import Full, RandomTruncation, Segmented, Truncated
from gradlab.objectives import SquaredError
from gradlab.studies import (
    SequenceBias,
    minibatch_variance,
    sequence_bias,
    sequence_gradients,
)

T, B = 6, 4


def objective_of(rng, cell=None):
    cell = cell or RNN.random(3, 2, gain=1.2, rng=rng)
    inputs = rng.normal(size=(T, B, 2))
    steps = run(cell, rng.normal(size=(B, cell.sizes[0])) / 2, inputs)
    W_qh = rng.normal(size=(1, cell.hidden))
    return SquaredError(steps, rng.normal(size=(T, B, 1)), W_qh)


def chosen(objective, picks):
    """A batch of some of the sequences, any of them more than once."""
    whole, picks = objective.trajectory, list(picks)
    part = Trajectory(whole.cell, whole.states[:, picks], whole.inputs[:, picks])
    return SquaredError(part, objective.targets[:, picks], objective.W_qh)


def vectors(objective, estimator):
    rows = sequence_gradients(objective, estimator=estimator)
    return np.concatenate([g.reshape(B, -1) for g in rows.values()], axis=1)


def test_it_is_unbiased_over_all_batches_of_a_population(rng):
    """All 4³ batches of 3 with replacement: the mean is ‖μ‖², and Σ Var of one."""
    whole = objective_of(rng)
    g = vectors(whole, Full())
    b = vectors(whole, Truncated(2)) - g
    batches = list(itertools.product(range(B), repeat=3))
    found = [sequence_bias([chosen(whole, picks)], Truncated(2)) for picks in batches]
    expected = {
        "squared_bias": (b.mean(axis=0) ** 2).sum(),
        "squared_norm": (g.mean(axis=0) ** 2).sum(),
        "bias_variance": b.var(axis=0).sum(),
        "gradient_variance": g.var(axis=0).sum(),
    }
    for name, value in expected.items():
        mean = np.mean([getattr(one, name) for one in found])
        assert mean == pytest.approx(value, rel=1e-12)  # 64 sums of a few terms


def test_one_batch_shows_what_stays_and_what_passes(rng):
    objective = objective_of(rng, GRU.random(3, 2, gain=1.2, rng=rng))
    found = sequence_bias([objective], Segmented(3))
    noise = minibatch_variance(objective)
    gradients = [e.gradient(objective).flat for e in (Segmented(3), Full())]
    shown = noise.in_units(((gradients[0] - gradients[1]) ** 2).sum())
    # ‖b̄‖² = [‖E b‖²] + [Var b]/B holds for the estimates too, to rounding.
    assert found.persistent(B) + found.passing == pytest.approx(shown, rel=1e-12)
    assert found.gradient_variance == pytest.approx(noise.total_variance * B)


def test_batches_are_pooled(rng):
    whole = objective_of(rng)
    halves = [chosen(whole, [0, 1]), chosen(whole, [2, 3])]
    found = sequence_bias((half for half in halves), Truncated(2))
    expected = sequence_bias([whole], Truncated(2))
    assert found.sequences == expected.sequences == B
    for name, value in expected.columns().items():
        np.testing.assert_allclose(found.columns()[name], value, rtol=1e-12)


def test_an_exact_estimator_has_no_bias_and_a_random_one_scatters(rng):
    whole = objective_of(rng)
    exact = sequence_bias([whole], Full())
    assert (exact.squared_bias, exact.bias_variance, exact.passing) == (0.0, 0.0, 0.0)
    random = sequence_bias([whole], RandomTruncation(0.5), rng=3)
    assert random.bias_variance > 0
    again = sequence_bias([whole], RandomTruncation(0.5), rng=3)
    assert again.squared_bias == random.squared_bias


def test_every_batch_has_draws_of_its_own(rng):
    whole = objective_of(rng)
    generator = np.random.default_rng(3)
    found = sequence_bias([whole, whole], RandomTruncation(0.5), rng=generator)
    one_by_one, other = np.random.default_rng(3), 0.0
    for _ in range(2):
        rows = sequence_gradients(
            whole, estimator=RandomTruncation(0.5), rng=one_by_one
        )
        flat = np.concatenate([g.reshape(B, -1) for g in rows.values()], axis=1)
        other += ((flat - vectors(whole, Full())) ** 2).sum()
    # Σ‖b‖² = (N − 1) Σ Var b + N [‖E b‖² + Σ Var b/N], all of the same draws.
    N = 2 * B
    squares = N * (found.bias_variance + found.squared_bias)
    assert squares == pytest.approx(other, rel=1e-12)


def test_without_any_scatter_there_is_no_unit():
    flat = {"squared_norm": 1.0, "bias_variance": 0.0, "gradient_variance": 0.0}
    assert SequenceBias(squared_bias=0.5, sequences=2, **flat).persistent(2) == np.inf
    assert np.isnan(SequenceBias(squared_bias=0.0, sequences=2, **flat).persistent(2))


def test_it_survives_the_disk(rng, tmp_path):
    found = sequence_bias([objective_of(rng)], Truncated(2))
    again = type(found).load(found.save(tmp_path / "bias"))
    assert again.to_csv() == found.to_csv()


def test_bad_inputs_are_refused(rng):
    whole = objective_of(rng)
    with pytest.raises(InputError, match="at least one batch; got none"):
        sequence_bias([], Full())
    with pytest.raises(InputError, match="a batch of at least 2 sequences"):
        sequence_bias([whole.sequence(0)], Full())
    with pytest.raises(InputTypeError, match="`rng` must be"):
        sequence_bias([whole], RandomTruncation(0.5))
    with pytest.raises(InputError, match="`batch` must be an integer >= 1"):
        sequence_bias([whole], Truncated(2)).persistent(0)
