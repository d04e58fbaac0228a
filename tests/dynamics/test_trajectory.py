"""Runs: the recursion itself, snapshots, divergence, and refused arguments."""

import numpy as np
import pytest

from gradlab.cells import LSTM, RNN, AbstractCell, Henon, Linear, Logistic, Wrapped
from gradlab.dynamics import Trajectory, run
from gradlab.errors import (
    DivergenceError,
    InputError,
    InputTypeError,
    NonFiniteError,
    ShapeError,
)


def test_states_are_the_steps_one_after_another(rng):
    cell = LSTM.random(4, 3, gain=1.2, rng=rng)
    inputs = rng.normal(size=(20, 3))
    trajectory = run(cell, np.zeros(8), inputs)
    h = np.zeros(8)
    for t, x in enumerate(inputs):
        h = cell.step(h, x)
        np.testing.assert_array_equal(trajectory.states[t + 1], h)
    assert len(trajectory) == 20
    assert trajectory.batch == ()
    assert trajectory.hidden.shape == (20, 4)


def test_a_batch_is_its_sequences_side_by_side(rng):
    cell = RNN.random(4, 3, gain=1.0, rng=rng)
    h0, inputs = rng.normal(size=(2, 4)), rng.normal(size=(15, 2, 3))
    batch = run(cell, h0, inputs)
    assert batch.batch == (2,)
    for b in range(2):
        alone = run(cell, h0[b], inputs[:, b])
        # A matrix product of two rows sums in another order than one of one row; at
        # gain 1 the difference of an eps a step does not grow.
        np.testing.assert_allclose(batch.sequence(b).states, alone.states, atol=1e-13)


def test_the_chain_holds_the_jacobians_at_the_states(rng):
    trajectory = run(Henon(), [0.1, 0.2], np.zeros((5, 0)))
    expected = [Henon().jacobian(h, np.zeros(0)) for h in trajectory.states[:-1]]
    np.testing.assert_array_equal(trajectory.chain.factors(), expected)
    assert trajectory.chain is trajectory.chain


def test_later_changes_by_the_caller_do_not_reach_the_run(rng):
    h0, inputs = np.array([0.5]), np.ones((3, 1))
    trajectory = run(Linear([[1.0]], [[1.0]]), h0, inputs)
    h0[:] = inputs[:] = 99.0
    assert trajectory.states[:, 0].tolist() == [0.5, 1.5, 2.5, 3.5]
    assert trajectory.inputs.tolist() == [[1.0]] * 3
    for array in (trajectory.states, trajectory.inputs, trajectory.hidden):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0


def test_stored_states_make_a_trajectory_without_a_run():
    cell = Logistic(4.0)
    stored = np.array([[0.25], [0.75], [0.75]])
    trajectory = Trajectory(cell, stored, np.zeros((2, 0)))
    assert trajectory.chain.factors().ravel().tolist() == [2.0, -2.0]
    stored[0] = 0.5  # the caller's own array stays writable


@pytest.mark.parametrize("steps", [1025, 3000])
def test_divergence_names_the_first_step(steps):
    # 1.5^t leaves float64 at t = 1751; 2^t at t = 1024, the end of a watched stretch.
    for base, first in ((1.5, 1751), (2.0, 1024)):
        cell = Linear([[base]], [[0.0]])
        if first > steps:
            continue
        with pytest.raises(DivergenceError, match=f"finite at step {first}") as caught:
            run(cell, [1.0], np.zeros((steps, 1)))
        assert caught.value.step == first


def test_a_step_of_another_shape_is_named():
    cell = Wrapped(lambda h, x: h[:1], n=2)
    with pytest.raises(InputError):
        run(cell, np.zeros(2), np.zeros((3, 0)))


class Narrowing(AbstractCell):
    """A cell that breaks its promise at the third step."""

    sizes = (2, 0)
    params = {}  # noqa: RUF012

    def step(self, h, x, algebra=None):
        return h[:1] if h[0] >= 2 else h + 1

    slopes = input_slopes = parameter_cotangents = None


def test_a_shape_that_would_broadcast_is_refused():
    with pytest.raises(ShapeError, match=r"`h_3` must have shape \(2,\); got \(1,\)"):
        run(Narrowing(), np.zeros(2), np.zeros((5, 0)))


def test_arguments_that_do_not_fit_are_refused():
    cell = RNN(np.eye(2), np.zeros((2, 3)), np.zeros(2))
    x = np.zeros((4, 3))
    with pytest.raises(InputTypeError, match="`cell` must be a cell"):
        run(np.eye(2), np.zeros(2), x)
    with pytest.raises(ShapeError, match=r"`h0` .* n = 2; got \(3,\)"):
        run(cell, np.zeros(3), x)
    with pytest.raises(ShapeError, match=r"`h0` .*one state for every sequence"):
        run(cell, np.zeros((5, 2)), x)
    with pytest.raises(ShapeError, match=r"`inputs` .* m = 3; got \(4, 2\)"):
        run(cell, np.zeros(2), np.zeros((4, 2)))
    with pytest.raises(ShapeError, match=r"T >= 1; got \(0, 3\)"):
        run(cell, np.zeros(2), np.zeros((0, 3)))
    with pytest.raises(ShapeError, match=r"got \(3,\)"):
        run(cell, np.zeros(2), np.zeros(3))
    bad = x.copy()
    bad[2, 1] = np.nan
    with pytest.raises(NonFiniteError, match=r"`inputs` .* index \(2, 1\)"):
        run(cell, np.zeros(2), bad)
    with pytest.raises(NonFiniteError, match="`h0`"):
        run(cell, [0.0, np.inf], x)
    with pytest.raises(InputTypeError, match="`h0`"):
        run(cell, ["0", "1"], x)


def test_states_that_do_not_fit_are_refused():
    cell = RNN(np.eye(2), np.zeros((2, 3)), np.zeros(2))
    with pytest.raises(ShapeError, match=r"\(T \+ 1, n\) = \(5, 2\); got \(4, 2\)"):
        Trajectory(cell, np.zeros((4, 2)), np.zeros((4, 3)))
    with pytest.raises(ShapeError, match=r"\(T \+ 1, B, n\) = \(5, 6, 2\)"):
        Trajectory(cell, np.zeros((5, 2)), np.zeros((4, 6, 3)))
    with pytest.raises(InputTypeError, match="`cell`"):
        Trajectory(None, np.zeros((4, 2)), np.zeros((4, 3)))


def test_a_single_sequence_has_no_sequences(rng):
    trajectory = run(Logistic(3.0), [0.2], np.zeros((3, 0)))
    with pytest.raises(InputError, match="not a batch"):
        trajectory.sequence(0)
