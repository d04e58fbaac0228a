"""All segment lengths at once are the segments one by one."""

import numpy as np
import pytest

from gradlab.cells import Linear
from gradlab.dynamics import run
from gradlab.errors import InputTypeError, RangeError
from gradlab.gradients import Full, Segmented, _suffixes, segment_bias
from gradlab.objectives import SquaredError
from tests.cases.gradients import OBJECTIVES


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_bias_is_that_of_its_segments(name, rng):
    objective = OBJECTIVES[name](rng)
    found = segment_bias(objective)
    full = Full().gradient(objective)
    assert found.gradient_norm == full.norm
    assert len(found.lengths) == len(objective.trajectory)
    for length, bias in zip(found.lengths, found.bias, strict=True):
        gradient = Segmented(int(length)).gradient(objective)
        expected = np.linalg.norm(gradient.flat - full.flat)
        # The difference of two gradients cancels: eps of the gradient is its noise.
        assert bias == pytest.approx(expected, abs=1e-13 * full.norm)
    assert found.bias[-1] == 0.0


def test_losses_are_followed_in_blocks(rng, monkeypatch):
    objective = OBJECTIVES["gru batch"](rng)
    expected = segment_bias(objective).bias
    monkeypatch.setattr(_suffixes, "_BLOCK", 3)
    # The same sums in another order.
    np.testing.assert_allclose(segment_bias(objective).bias, expected, rtol=1e-13)


def test_a_small_bias_keeps_its_digits():
    """h_t = w h_{t−1} + x_t at w = 1/1000; the loss of step 16 is all there is."""
    steps = 16
    x = np.eye(steps)[0][:, None]  # step 1 alone has an input
    trajectory = run(Linear([[1e-3]], [[1.0]]), [0.0], x)
    targets = trajectory.states[1:] - 1.0  # ∂ℓ_t/∂h_t = 1
    loss = SquaredError(trajectory, targets, [[1.0]], weights=np.eye(steps)[-1])
    # Cut after L ≥ 8 it loses steps 1 … L: w^15 by W_hx, and L − 1 times w^14 by W_hh,
    # beside a gradient of size 1e-3 by the readout.
    lengths = np.arange(8, steps)
    expected = np.hypot(1e-45, (lengths - 1) * 1e-42)
    np.testing.assert_allclose(segment_bias(loss).bias[7:15], expected, rtol=1e-13)


def test_the_table_has_a_row_for_every_length(rng, tmp_path):
    found = segment_bias(OBJECTIVES["rnn"](rng))
    table = found.columns()
    np.testing.assert_array_equal(table["length"], np.arange(1, 13))
    np.testing.assert_array_equal(
        table["relative_bias"], found.bias / found.gradient_norm
    )
    again = type(found).load(found.save(tmp_path / "segments"))
    assert again.to_csv() == found.to_csv()


def test_what_overflows_or_is_no_objective_is_refused(rng):
    trajectory = run(Linear([[1e200]], [[1.0]]), [0.0], np.zeros((4, 1)))
    loss = SquaredError(trajectory, np.ones((4, 1)), [[1.0]])
    with pytest.raises(RangeError, match="overflows float64"):
        segment_bias(loss)
    with pytest.raises(InputTypeError, match="`objective` must be of"):
        segment_bias(trajectory)
