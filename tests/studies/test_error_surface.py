"""The error surface: by backpropagation through the cell, on the cliff, and beyond."""

import numpy as np
import pytest
from sympy import Rational

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import InputError, NonFiniteError, ShapeError
from gradlab.gradients import Full
from gradlab.objectives import SquaredError
from gradlab.studies import ErrorSurface, error_surface
from gradlab.symbolic import cliff
from gradlab.symbolic.scalar import W

SETTING = {"x0": 0.5, "steps": 50, "target": 0.7}
GRID = {"weights": [-3.0, 0.5, 4.2, 5.0, 7.0], "biases": [-3.0, -2.5, 0.0, 1.0]}


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_loss_and_gradient_are_those_of_an_rnn(activation):
    """x_t are preactivations, h_t = φ(x_t); ℓ = ½(o − y)² at the last of 50 steps."""
    found = error_surface(**GRID, **SETTING, activation=activation)
    phi = np.tanh if activation == "tanh" else lambda a: 1 / (1 + np.exp(-a))
    for i, b in enumerate(GRID["biases"]):
        for k, w in enumerate(GRID["weights"]):
            cell = RNN([[w]], np.zeros((1, 1)), [b], activation)
            trajectory = run(cell, [phi(0.5)], np.zeros((50, 1)))
            targets = trajectory.hidden.copy()
            targets[-1] = 0.7
            gradient = Full().gradient(SquaredError(trajectory, targets, [[1.0]]))
            parts = [gradient.params[name].ravel()[0] for name in ("W_hh", "b_h")]
            norm = 100 * np.hypot(*parts)
            # No point is on a cliff: roundings are not multiplied by more than 10.
            assert found.outputs[i, k] == pytest.approx(
                trajectory.hidden[-1, 0], rel=1e-13, abs=1e-15
            )
            assert found.loss[i, k] == pytest.approx((found.outputs[i, k] - 0.7) ** 2)
            assert found.log_gradient[i, k] == pytest.approx(np.log(norm), abs=1e-11)


def test_the_gradient_on_the_cliff_is_the_closed_form():
    """SB05 at w = 5: on b = −w/2 from x_0 = 0 the state stays exactly 0."""
    found = error_surface([5.0], [-2.5], x0=0.0, steps=50, target=0.7)
    by_w, by_b = (
        float(part.subs(W, 5))
        for part in cliff(0, steps=50, target=Rational(7, 10)).gradient
    )
    # Fifty roundings of the derivative; the state has none.
    assert found.log_gradient[0, 0] == pytest.approx(
        np.log(np.hypot(by_w, by_b)), abs=1e-13
    )


def test_gradients_beyond_float64_have_their_logarithm():
    """μ = w/4 = 1000 over 200 steps: 10⁶⁰⁰; ∂E/∂b = −(1/10)(μ^T − 1)/(μ − 1)."""
    found = error_surface([4000.0], [-2000.0], x0=0.0, steps=200, target=0.7)
    exact = 200 * np.log(1000.0) - np.log(999.0) + np.log(0.1) + np.log(1.25) / 2
    assert found.log_gradient[0, 0] == pytest.approx(exact, rel=1e-14)


def test_where_the_target_is_met_the_gradient_is_nothing():
    found = error_surface([0.0], [0.0], x0=3.0, steps=4, target=0.5)
    assert found.loss[0, 0] == 0.0
    assert found.log_gradient[0, 0] == -np.inf


def test_the_surface_breaks_at_the_predicted_line():
    """1e-3 above and below the cliff, at w = 5 and T = 100, the outputs are apart."""
    line = 0.5 - 5 / (1 + np.exp(-0.5))
    found = error_surface(
        [5.0], [line - 1e-3, line + 1e-3], **{**SETTING, "steps": 100}
    )
    assert np.ptp(found.outputs) > 0.6


def test_a_surface_is_saved_and_loaded(tmp_path):
    found = error_surface(**GRID, **SETTING)
    found.save(tmp_path / "surface")
    loaded = ErrorSurface.load(tmp_path / "surface")
    np.testing.assert_array_equal(loaded.log_gradient, found.log_gradient)
    assert loaded.origin.parameters == {**SETTING, "activation": "sigmoid"}
    assert found.loss.shape == (4, 5)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"weights": 5.0}, ShapeError, r"`weights` must have shape \(K,\); got \(\)"),
        ({"biases": [[0.0]]}, ShapeError, r"`biases` must have shape \(M,\)"),
        ({"biases": [np.nan]}, NonFiniteError, "`biases` must be finite"),
        ({"steps": 0}, InputError, "`steps` must be an integer >= 1; got 0"),
        ({"x0": np.inf}, InputError, "`x0` must be a finite number; got inf"),
        ({"activation": "cosine"}, InputError, "`activation` must be one of"),
    ],
)
def test_bad_arguments_are_named(changed, error, message):
    with pytest.raises(error, match=message):
        error_surface(**{**GRID, **SETTING, **changed})
