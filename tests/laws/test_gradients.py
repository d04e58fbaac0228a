"""Laws of every estimator: linear in the loss; an exact one is the derivative."""

import numpy as np
import pytest

from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputTypeError
from gradlab.gradients import Full
from tests.cases.gradients import ESTIMATORS, OBJECTIVES

SEED = 7


@pytest.fixture(params=ESTIMATORS)
def row(request):
    return ESTIMATORS[request.param]


@pytest.fixture(params=OBJECTIVES)
def objective(request, rng):
    return OBJECTIVES[request.param](rng)


def parts(gradient):
    return [gradient.flat, gradient.states, gradient.inputs]


def close(found, expected, *, rtol=1e-13):
    """Two sums of the same few hundred terms: normwise some 100 eps apart."""
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        assert np.linalg.norm(a - b) <= rtol * max(np.linalg.norm(b), 1.0)


def test_the_row_says_what_the_class_declares(row):
    assert (row.estimator.exact, row.estimator.unbiased) == (row.exact, row.unbiased)
    assert row.unbiased or not row.exact


def test_every_parameter_gets_a_gradient_of_its_shape(row, objective):
    gradient = row.estimator.gradient(objective, rng=SEED)
    expected = objective.trajectory.cell.params | objective.params
    assert list(gradient.params) == list(expected)
    for name, value in expected.items():
        assert gradient.params[name].shape == value.shape
    assert gradient.states.shape == objective.trajectory.states.shape
    assert gradient.inputs.shape == objective.trajectory.inputs.shape


def test_what_is_no_objective_is_refused(row, objective):
    for other in (objective.trajectory, None, 1.0):
        with pytest.raises(InputTypeError, match="`objective` must be of"):
            row.estimator.gradient(other, rng=SEED)


def test_exact_estimators_are_the_full_gradient(row, objective):
    if row.exact:
        found = row.estimator.gradient(objective, rng=SEED)
        close(parts(found), parts(Full().gradient(objective)))


def test_the_gradient_of_a_sum_of_losses_is_the_sum(row, objective):
    T = len(objective.trajectory)
    whole = parts(row.estimator.gradient(objective, rng=SEED))
    cuts = [
        objective.restricted(slice(0, T // 2)),
        objective.restricted(slice(T // 2, T)),
    ]
    halves = [parts(row.estimator.gradient(part, rng=SEED)) for part in cuts]
    close([a + b for a, b in zip(*halves, strict=True)], whole)


def test_the_gradient_scales_with_the_loss(row, objective):
    doubled = objective.reweighted(-4 * objective.time_weights)
    found = row.estimator.gradient(doubled, rng=SEED)
    plain = row.estimator.gradient(objective, rng=SEED)
    # A power of two changes no digit.
    for a, b in zip(parts(found), parts(plain), strict=True):
        np.testing.assert_array_equal(a, -4 * b)


def test_the_gradient_of_a_batch_is_the_mean_of_its_sequences(row, objective):
    if not (row.exact and objective.trajectory.batch):
        return
    (B,) = objective.trajectory.batch
    alone = [Full().gradient(objective.sequence(b)).flat for b in range(B)]
    close([np.mean(alone, axis=0)], [row.estimator.gradient(objective).flat])


def test_the_same_seed_is_the_same_gradient(row, objective):
    first, second = (row.estimator.gradient(objective, rng=SEED) for _ in range(2))
    for a, b in zip(parts(first), parts(second), strict=True):
        np.testing.assert_array_equal(a, b)


def complex_loss(objective, h0, inputs):
    """The whole loss as an analytic function of h0 and the inputs, run in complex."""
    cell = objective.trajectory.cell
    h, total = h0, 0.0
    for t, x in enumerate(inputs):
        h = cell.step(h, x)
        o = h[..., : cell.hidden] @ objective.W_qh.T
        o = o if objective.b_q is None else o + objective.b_q
        y = objective.targets[t]
        if y.dtype.kind == "f":
            losses = ((o - y) ** 2).sum(axis=-1) / 2
        else:
            o_y = np.take_along_axis(o, y[..., None], -1)[..., 0]
            losses = np.log(np.exp(o).sum(axis=-1)) - o_y
        total = total + objective.time_weights[t] * losses.mean()
    return total


def test_exact_gradients_are_the_complex_step_of_the_whole_loss(row, objective, rng):
    if not row.exact:
        return
    trajectory = objective.trajectory
    h0, x = trajectory.states[0], trajectory.inputs
    gradient = row.estimator.gradient(objective, rng=SEED)
    for _ in range(3):
        v, w = rng.normal(size=h0.shape), rng.normal(size=x.shape)
        moved = complex_loss(objective, h0 + 1e-30j * v, x + 1e-30j * w)
        derivative = moved.imag / 1e-30
        found = (gradient.initial * v).sum() + (gradient.inputs * w).sum()
        size = np.abs(gradient.initial * v).sum() + np.abs(gradient.inputs * w).sum()
        # Rounding of T steps in each route, in the size of the terms that are summed.
        assert abs(found - derivative) <= 1e-13 * max(size, 1.0)


def test_lambda_is_the_derivative_by_a_state(row, objective, rng):
    """∂L/∂h_t is the gradient by the initial state of the run that starts at h_t."""
    T = len(objective.trajectory)
    if not row.exact or T == 1:
        return
    trajectory, s = objective.trajectory, T // 3
    later = run(trajectory.cell, trajectory.states[s], trajectory.inputs[s:])
    rest = type(objective)(
        later,
        objective.targets[s:],
        objective.W_qh,
        objective.b_q,
        weights=objective.time_weights[s:],
    )
    states = row.estimator.gradient(objective, rng=SEED).states
    # λ_s has the loss at s itself too; at the start of the later run there is none.
    found = states[s] - objective.cotangents[s - 1]
    close([found], [row.estimator.gradient(rest, rng=SEED).initial])


class Scripted(np.random.Generator):
    """A Generator whose uniform numbers are written beforehand."""

    def __init__(self, numbers):
        super().__init__(np.random.PCG64(0))
        self.numbers = numbers

    def random(self, size=None):
        assert np.shape(self.numbers) == (() if size is None else tuple(size))
        return self.numbers


def shortened(objective, steps):
    """The last few steps as an objective of their own."""
    whole = objective.trajectory
    part = Trajectory(whole.cell, whole.states[-steps - 1 :], whole.inputs[-steps:])
    return type(objective)(
        part,
        objective.targets[-steps:],
        objective.W_qh,
        objective.b_q,
        weights=objective.time_weights[-steps:],
    )


def test_unbiased_estimators_are_full_on_average_over_all_outcomes(row, objective):
    """Parameters, inputs and states alike: nothing is sampled, every draw is made."""
    if not row.unbiased or row.exact:
        return
    T = min(len(objective.trajectory), 3)
    short = shortened(objective, T)
    B = short.trajectory.batch[0] if short.trajectory.batch else None
    outcomes = row.outcomes if B else lambda T, B: row.outcomes(T, 1)
    mean, total = None, 0.0
    for chance, numbers in outcomes(T, B):
        own = not getattr(row.estimator, "shared", True)
        drawn = numbers if B or not own else numbers[..., 0]
        gradient = row.estimator.gradient(short, rng=Scripted(drawn))
        weighted = [chance * part for part in parts(gradient)]
        mean = (
            weighted
            if mean is None
            else [a + b for a, b in zip(mean, weighted, strict=True)]
        )
        total += chance
    # 512 outcomes at most: as many roundings.
    assert abs(total - 1) < 1e-13
    close(mean, parts(Full().gradient(short)))


def test_who_draws_needs_a_generator_and_who_does_not_ignores_it(row, objective):
    if row.exact or not row.unbiased:
        row.estimator.gradient(objective)
        return
    with pytest.raises(InputTypeError, match="`rng` must be a numpy Generator"):
        row.estimator.gradient(objective)


def test_costs_are_counts_of_steps(row, objective):
    T = len(objective.trajectory)
    assert 1 <= row.estimator.held_steps(T) <= T
    assert row.estimator.expected_steps(T, np.zeros(T)) == 0.0
    last = row.estimator.expected_steps(T, np.eye(T)[-1])
    assert 1 <= last <= row.estimator.expected_steps(T)
    assert last <= T
