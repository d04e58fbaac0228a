"""Forward in time: hand values, and what overflows is refused."""

import numpy as np
import pytest

from gradlab.cells import RNN, Linear
from gradlab.dynamics import run
from gradlab.errors import RangeError
from gradlab.gradients import Forward, Full
from gradlab.objectives import SquaredError
from tests.cases.gradients import squared


def test_two_identity_units_have_integer_gradients():
    """h' = W h + x with W = I: h = (1, 0), (1, 1); the error is h itself, last step."""
    cell = Linear(np.eye(2), np.eye(2))
    trajectory = run(cell, [0.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])
    objective = SquaredError(
        trajectory, np.zeros((2, 2)), np.eye(2), weights=[0.0, 1.0]
    )
    found = Forward().gradient(objective).params
    # ∂L/∂W = h_2 h_1ᵀ + h_2 h_0ᵀ = (1, 1)(1, 0)ᵀ, ∂L/∂W_hx = h_2 (x_1 + x_2)ᵀ.
    assert found["W_hh"].tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert found["W_hx"].tolist() == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("batch", [(), (3,)])
def test_long_runs_cross_the_blocks_of_preparation(batch, rng):
    cell = RNN.random(4, 2, gain=0.9, rng=rng)
    objective = squared(cell, rng, batch=batch, steps=150)
    found, full = (e.gradient(objective).flat for e in (Forward(), Full()))
    # Two orders of 150 contracting steps: 2e-15 was measured.
    assert np.linalg.norm(found - full) <= 1e-13 * np.linalg.norm(full)


def test_what_no_loss_sees_may_explode():
    """∂h_t/∂θ leaves float64 behind the only loss; 0 · inf would be NaN."""
    cell = Linear([[1e200]], [[1.0]])
    trajectory = run(cell, [0.0], np.zeros((5, 1)))
    weights = [1.0, 0.0, 0.0, 0.0, 0.0]
    objective = SquaredError(trajectory, np.ones((5, 1)), [[1.0]], weights=weights)
    found, full = (e.gradient(objective).flat for e in (Forward(), Full()))
    assert found.tolist() == full.tolist()


def test_a_sensitivity_beyond_float64_names_the_step():
    """∂h_2/∂W_hx = 1e150 · 1e200, though ∂L/∂W_hx is some 1e150: a cost of forward."""
    trajectory = run(Linear([[1e150]], [[1e-250]]), [0.0], [[1e200], [0.0]])
    objective = SquaredError(
        trajectory, np.zeros((2, 1)), [[1.0]], weights=[0.0, 1e-300]
    )
    assert 1e149 < Full().gradient(objective).params["W_hx"].item() < 1e151
    with pytest.raises(RangeError) as caught:
        Forward().gradient(objective)
    assert caught.value.step == 2


def test_a_gradient_beyond_float64_names_the_step():
    cell = Linear([[1e200]], [[1.0]])
    trajectory = run(cell, [0.0], [[0.0], [0.0], [0.0]])
    objective = SquaredError(trajectory, np.ones((3, 1)), [[1.0]])
    with pytest.raises(RangeError, match="overflows float64 at step"):
        Forward().gradient(objective)
