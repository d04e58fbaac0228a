"""Influence against the complex step through the whole run and beyond float64."""

import math

import numpy as np
import pytest

from gradlab.butterfly import Influence, influence
from gradlab.cells import LSTM, RNN, Linear
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError
from tests.cases.cells import CELLS

WITH_INPUTS = [
    name for name, make in CELLS.items() if make(np.random.default_rng(0)).sizes[1]
]


def last_output(cell, h0, inputs, W_qh):
    h = h0.astype(complex)
    for x in inputs:
        h = cell.step(h, x)
    return W_qh @ h[: cell.hidden]


@pytest.mark.parametrize("name", WITH_INPUTS)
def test_influence_is_the_derivative_of_the_last_output(name, rng):
    cell = CELLS[name](rng)
    n, m = cell.sizes
    T = 6
    h0, x = 0.3 * rng.normal(size=n), 0.5 * rng.normal(size=(T, m))
    W_qh = rng.normal(size=(3, cell.hidden))
    found = influence(run(cell, h0, x), W_qh)
    for t in range(1, T + 1):
        columns = []
        for j in range(m):
            moved = x.astype(complex)
            moved[t - 1, j] += 1e-30j
            columns.append(last_output(cell, h0, moved, W_qh).imag / 1e-30)
        derivative = np.transpose(columns)
        norm = np.linalg.norm(derivative, 2)
        # Six steps of a few operations each, and no cancellation to speak of.
        with np.errstate(divide="ignore"):
            assert found.log_norms[t - 1] == pytest.approx(np.log(norm), abs=1e-12)
        if t == 1:
            np.testing.assert_allclose(
                found.first.to_float(), derivative, rtol=0, atol=1e-12 * max(norm, 1)
            )


@pytest.mark.parametrize("gain", [0.1, 30.0])
def test_a_thousand_steps_beyond_float64_keep_their_logarithm(gain):
    # W = gain · rotation: ‖∂o_T/∂x_t‖ = gain^(T − t) for orthonormal W_qh and W_hx.
    T = 1_000
    turn = gain * np.array([[0.0, -1.0], [1.0, 0.0]])
    trajectory = Trajectory(
        Linear(turn, np.eye(2)), np.zeros((T + 1, 2)), np.zeros((T, 2))
    )
    found = influence(trajectory, np.eye(2))
    expected = np.arange(T - 1, -1, -1) * math.log(gain)
    # Each of 1,000 products rounds by half an ulp, and ln by an ulp of 3,400.
    np.testing.assert_allclose(found.log_norms, expected, rtol=0, atol=2e-12)
    assert found.first.log_norm() == found.log_norms[0]


def test_an_lstm_is_read_at_its_hidden_part_only(rng):
    cell = LSTM.random(3, 2, gain=1.0, rng=rng)
    trajectory = run(cell, np.zeros(6), rng.normal(size=(5, 2)))
    assert influence(trajectory, np.eye(3)).mantissa.shape == (3, 2)
    with pytest.raises(InputError) as caught:
        influence(trajectory, np.eye(6))
    assert str(caught.value) == (
        "`W_qh` must have shape (q, n_hidden) with n_hidden = 3; got (6, 6)."
    )


def test_a_dead_unit_lets_nothing_through():
    cell = RNN([[1.0]], [[1.0]], [-5.0], activation="relu")
    found = influence(run(cell, [0.0], np.zeros((4, 1))), [[1.0]])
    assert np.isneginf(found.log_norms).all()
    assert found.first.to_float().tolist() == [[0.0]]


def test_influence_survives_a_round_trip_through_a_file(tmp_path, rng):
    cell = RNN.random(3, 2, gain=1.0, rng=rng)
    found = influence(run(cell, np.zeros(3), np.zeros((4, 2))), np.eye(3))
    back = Influence.load(found.save(tmp_path / "influence"))
    np.testing.assert_array_equal(back.first.to_float(), found.first.to_float())
    assert found.columns()["t"].tolist() == [1, 2, 3, 4]


def test_a_batch_and_a_cell_without_inputs_are_refused(rng):
    cell = RNN.random(2, 1, gain=1.0, rng=rng)
    batch = run(cell, np.zeros((3, 2)), np.zeros((4, 3, 1)))
    with pytest.raises(InputError, match=r"^influence is about one run; take one with"):
        influence(batch, np.eye(2))
    assert influence(batch.sequence(0), np.eye(2)).log_norms.shape == (4,)
    silent = run(RNN.random(2, 0, gain=1.0, rng=rng), np.zeros(2), np.zeros((4, 0)))
    with pytest.raises(InputError) as caught:
        influence(silent, np.eye(2))
    assert str(caught.value) == (
        "`trajectory` must have inputs, shape (T, m) with m >= 1; got m = 0."
    )
