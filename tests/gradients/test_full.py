"""What Full returns, saves, and refuses."""

import numpy as np
import pytest

from gradlab.cells import RNN, Linear
from gradlab.dynamics import run
from gradlab.errors import RangeError
from gradlab.gradients import Full, Gradient
from gradlab.objectives import SquaredError
from gradlab.references import cite
from tests.cases.gradients import OBJECTIVES


def exploding(base, steps, weight=1.0):
    trajectory = run(Linear([[base]], [[1.0]]), [0.0], np.zeros((steps, 1)))
    weights = weight * np.eye(steps)[-1]
    return SquaredError(trajectory, np.ones((steps, 1)), [[1.0]], weights=weights)


def test_an_exploding_gradient_says_at_which_step():
    with pytest.raises(RangeError) as caught:
        Full().gradient(exploding(3.0, 1000))
    assert caught.value.step == 1000 - 647  # 3^646 < 1.8e308 < 3^647


def test_a_sum_that_overflows_alone_is_refused_too():
    """λ_t = 4e307 and λ_t h_t = 1.6e308 are float64s; their sum over time is not."""
    trajectory = run(Linear([[1.0]], [[1.0]]), [4.0], np.zeros((2, 1)))
    objective = SquaredError(trajectory, [[0.0]] * 2, [[1.0]], weights=[0.0, 1e306])
    with pytest.raises(RangeError):
        Full().gradient(objective.reweighted([0.0, 1e307]))
    assert Full().gradient(objective).norm < np.inf


def test_norms_survive_where_their_squares_do_not():
    """λ = 1e−200 in every entry: a plain 2-norm is 0."""
    gradient = Full().gradient(exploding(0.1, 200))
    assert gradient.states[0, 0] == pytest.approx(-1e-200, rel=1e-12)
    # 200 rounded factors of 0.1: 200 eps at most.
    logs = gradient.log_state_norms()
    np.testing.assert_allclose(logs, -np.arange(200, -1, -1) * np.log(10), rtol=1e-13)
    single = Gradient(
        params={"w": np.full((2, 2), 1e-200)},
        states=gradient.states,
        inputs=gradient.inputs,
    )
    assert single.norm == pytest.approx(2e-200, rel=1e-14)
    assert single.norms() == {"w": pytest.approx(2e-200, rel=1e-14)}


def test_the_flat_gradient_is_all_parameters_in_order(rng):
    gradient = Full().gradient(OBJECTIVES["gru"](rng))
    pieces = [gradient.params[k].ravel() for k in gradient.params]
    np.testing.assert_array_equal(gradient.flat, np.concatenate(pieces))
    assert gradient.norm == pytest.approx(np.linalg.norm(gradient.flat), rel=1e-14)
    total = sum(value**2 for value in gradient.norms().values())
    assert gradient.norm**2 == pytest.approx(total, rel=1e-14)


def test_long_runs_are_summed_in_stretches(rng):
    """More steps than are held at once; the oracle sums them one by one."""
    cell = RNN.random(2, 1, gain=0.5, rng=rng)
    trajectory = run(cell, np.zeros(2), rng.normal(size=(5000, 1)))
    objective = SquaredError(trajectory, np.zeros((5000, 1)), np.ones((1, 2)))
    gradient = Full().gradient(objective)
    expected = np.zeros((2, 2))
    for t in range(5000):
        u = gradient.states[t + 1]
        own = cell.cotangent(trajectory.states[t], trajectory.inputs[t], u)
        expected += own.params["W_hh"]
        # A sum of two terms, which may cancel, in two orders.
        size = np.abs(u).sum()
        np.testing.assert_allclose(own.input, gradient.inputs[t], atol=1e-15 * size)
    # Sums of 5000 terms in two orders.
    np.testing.assert_allclose(gradient.params["W_hh"], expected, rtol=1e-11)


def test_a_gradient_is_saved_and_loaded_whole(rng, tmp_path):
    gradient = Full().gradient(OBJECTIVES["lstm batch"](rng))
    loaded = Gradient.load(gradient.save(tmp_path / "gradient"))
    np.testing.assert_array_equal(loaded.states, gradient.states)
    np.testing.assert_array_equal(loaded.inputs, gradient.inputs)
    assert list(loaded.params) == list(gradient.params)
    for name, value in gradient.params.items():
        np.testing.assert_array_equal(loaded.params[name], value)
    table = gradient.columns()
    assert [len(column) for column in table.values()] == [13, 13]
    assert gradient.to_csv().startswith("t,log_state_norm\n0,")
    assert cite(Full()) == cite(gradient) == ["werbos1990backpropagation"]
