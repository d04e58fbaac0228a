"""Squared error: values by hand, and its targets at the door."""

import numpy as np
import pytest

from gradlab.cells import Linear
from gradlab.dynamics import run
from gradlab.errors import NonFiniteError, ShapeError
from gradlab.objectives import SquaredError


def test_values_by_hand():
    trajectory = run(Linear([[0.5]], [[1.0]]), [2.0], [[0.0], [3.0]])  # h = 1, 3.5
    objective = SquaredError(
        trajectory, [[1.0, 0.0], [0.0, 2.0]], [[1.0], [2.0]], [0.0, 1.0]
    )
    assert objective.outputs.tolist() == [[1.0, 3.0], [3.5, 8.0]]
    assert objective.errors.tolist() == [[0.0, 3.0], [3.5, 6.0]]
    assert objective.losses.tolist() == [4.5, 24.125]
    assert objective.loss == 14.3125
    assert objective.cotangents.tolist() == [[3.0], [7.75]]
    found = objective.readout_gradients()
    assert found["W_qh"].tolist() == [[6.125], [12.0]]
    assert found["b_q"].tolist() == [1.75, 4.5]


def test_targets_are_checked():
    trajectory = run(Linear([[0.5]], [[1.0]]), [2.0], [[0.0], [3.0]])
    with pytest.raises(ShapeError, match=r"\(T, q\) with T = 2, q = 1; got \(2, 2\)"):
        SquaredError(trajectory, np.zeros((2, 2)), [[1.0]])
    with pytest.raises(NonFiniteError, match=r"`targets` .* index \(1, 0\)"):
        SquaredError(trajectory, [[0.0], [np.nan]], [[1.0]])


def test_errors_beyond_float64_are_named():
    trajectory = run(Linear([[1.0]], [[0.0]]), [1e308], np.zeros((1, 1)))
    objective = SquaredError(trajectory, [[-1e308]], [[1.0]])
    with pytest.raises(NonFiniteError, match=r"`errors` must be finite; got inf"):
        _ = objective.cotangents


def test_a_loss_beyond_float64_is_named():
    trajectory = run(Linear([[1.0]], [[0.0]]), [1e200], np.zeros((2, 1)))
    objective = SquaredError(trajectory, np.zeros((2, 1)), [[1.0]])
    with pytest.raises(NonFiniteError, match=r"`losses` must be finite; got inf"):
        _ = objective.loss
    assert objective.cotangents[0, 0] == pytest.approx(5e199, rel=1e-15)
