"""The minibatch variance: the textbook's sample formula, and enumeration of batches."""

import itertools

import numpy as np
import pytest

from gradlab.cells import LSTM, RNN
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import (
    Full,
    RandomTruncation,
    RenewalTruncation,
    Truncated,
    Waring,
)
from gradlab.objectives import CrossEntropy, SquaredError
from gradlab.studies import (
    MinibatchVariance,
    minibatch_variance,
    sequence_gradients,
)

T, B = 6, 5


def objective_of(rng, sequences=B, cell=None):
    cell = cell or RNN.random(4, 3, gain=1.2, rng=rng)
    inputs = rng.normal(size=(T, sequences, 3))
    h0 = rng.normal(size=(sequences, cell.sizes[0])) / 2
    targets = rng.integers(0, 3, size=(T, sequences))
    W_qh = rng.normal(size=(3, cell.hidden))
    return CrossEntropy(run(cell, h0, inputs), targets, W_qh, np.zeros(3))


@pytest.mark.parametrize("estimator", [None, Full(), Truncated(3)])
def test_the_mean_is_the_gradient_of_the_batch(rng, estimator):
    objective = objective_of(rng, cell=LSTM.random(3, 3, gain=1.0, rng=rng))
    found = minibatch_variance(objective, estimator=estimator)
    whole = (estimator or Full()).gradient(objective)
    for name, value in whole.params.items():
        # Sums of T B terms in another order.
        np.testing.assert_allclose(found.mean[name], value, rtol=1e-12, atol=1e-15)
    assert found.squared_norm == pytest.approx(whole.norm**2, rel=1e-12)
    assert found.sequences == B


def test_the_total_is_the_sum_over_entries_and_the_formula(rng):
    objective = objective_of(rng)
    rows = sequence_gradients(objective)
    flat = np.concatenate([g.reshape(B, -1) for g in rows.values()], axis=1)
    apart = flat - flat.mean(axis=0)
    found = minibatch_variance(objective)
    expected = (apart**2).sum() / (B * (B - 1))
    assert found.total_variance == pytest.approx(expected, rel=1e-13)
    assert found.relative == pytest.approx(found.total_variance / found.squared_norm)
    assert found.in_units(found.squared_norm) == pytest.approx(1 / found.relative)


def test_it_is_unbiased_over_all_batches_of_a_population(rng):
    """Every batch of 3 with replacement from 4 sequences: E[estimate] = E‖ḡ − μ‖²."""
    population, size = 4, 3
    whole = objective_of(rng, population)
    rows = sequence_gradients(whole)
    flat = np.concatenate([g.reshape(population, -1) for g in rows.values()], axis=1)
    truth = ((flat - flat.mean(axis=0)) ** 2).sum() / population / size
    batches = itertools.product(range(population), repeat=size)
    estimates = [
        minibatch_variance(picked(whole, list(index))).total_variance
        for index in batches
    ]
    # 64 estimates of order one, each right to some tens of eps.
    assert np.mean(estimates) == pytest.approx(truth, rel=1e-12)


def picked(objective, index):
    """Return the objective of a batch of these sequences."""
    trajectory = objective.trajectory
    states, inputs = trajectory.states[:, index], trajectory.inputs[:, index]
    return CrossEntropy(
        Trajectory(trajectory.cell, states, inputs),
        objective.targets[:, index],
        objective.W_qh,
        objective.b_q,
    )


def test_equal_sequences_make_no_noise(rng):
    found = minibatch_variance(picked(objective_of(rng), [2, 2, 2]))
    # The mean of three equal numbers rounds by half an ulp of an entry, squared.
    assert found.total_variance < 1e-30 * found.squared_norm
    assert found.in_units(1.0) > 1e30 / found.squared_norm


def test_a_gradient_of_zero_has_no_relative_noise():
    cell = RNN([[0.0]], [[0.0]], [0.0])
    still = run(cell, np.zeros((2, 1)), np.zeros((3, 2, 1)))
    found = minibatch_variance(SquaredError(still, np.zeros((3, 2, 1)), [[1.0]]))
    assert found.total_variance == 0.0
    assert np.isnan([found.relative, found.in_units(0.0)]).all()
    assert found.in_units(1.0) == np.inf


@pytest.mark.parametrize(
    "estimator",
    [RandomTruncation(0.5), RenewalTruncation(Waring(3.0, 4.0))],
    ids=["random", "renewals"],
)
def test_an_estimator_that_draws_adds_its_own_variance(rng, estimator):
    """Of equal sequences it is all there is: fifty draws, one after the other."""
    objective = objective_of(rng)
    batch = picked(objective, [0] * 50)
    found = minibatch_variance(batch, estimator=estimator, rng=7)
    generator = np.random.default_rng(7)
    draws = [
        estimator.gradient(objective.sequence(0), rng=generator).flat for _ in range(50)
    ]
    expected = np.var(draws, axis=0, ddof=1).sum() / 50
    # The same draws; the batch's readout sums are products of other shapes.
    assert found.total_variance == pytest.approx(expected, rel=1e-12)
    assert found.origin.seed == 7


def test_a_batch_of_two_is_needed(rng):
    with pytest.raises(InputError, match="a batch of at least 2 sequences; got 1"):
        minibatch_variance(objective_of(rng, 1))
    with pytest.raises(InputError, match="got a single sequence"):
        minibatch_variance(objective_of(rng, 2).sequence(0))
    with pytest.raises(InputTypeError, match="`objective` must be of gradlab"):
        minibatch_variance(np.ones(3))


def test_it_is_stored_and_read_back(rng, tmp_path):
    found = minibatch_variance(objective_of(rng))
    again = MinibatchVariance.load(found.save(tmp_path / "noise"))
    assert again.total_variance == found.total_variance
    assert found.to_csv().startswith("total_variance,squared_norm,relative,sequences")
    assert again.variance["W_hh"].tolist() == found.variance["W_hh"].tolist()
