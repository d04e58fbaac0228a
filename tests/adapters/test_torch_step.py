"""Torch functions as cells: their steps and Jacobians, one by one and many at once."""

import numpy as np
import pytest

from gradlab.adapters import from_torch_step
from gradlab.cells import LSTM
from gradlab.dynamics import run
from gradlab.errors import InputError, InputTypeError
from gradlab.studies import GradientVerdict, diagnose

torch = pytest.importorskip("torch")

N, M = 3, 2


@pytest.fixture
def weights(rng):
    cell = LSTM.random(N, M, gain=1.5, rng=rng)
    return cell, [torch.tensor(np.array(p)) for p in cell.params.values()]


def lstm_in_torch(tensors):
    W_hh, W_hx, b_h = tensors

    def step(state, x):
        i, f, g, o = (W_hh @ state[:N] + W_hx @ x + b_h).chunk(4)
        c = torch.sigmoid(f) * state[N:] + torch.sigmoid(i) * torch.tanh(g)
        return torch.cat([torch.sigmoid(o) * torch.tanh(c), c])

    return step


def test_jacobians_are_those_of_the_same_cell(weights, rng):
    own, tensors = weights
    cell = from_torch_step(lstm_in_torch(tensors), 2 * N, M)
    for lead in ((), (7,), (2, 5)):
        h, x = rng.normal(size=(*lead, 2 * N)), rng.normal(size=(*lead, M))
        for name in ("step", "jacobian", "input_jacobian"):
            # Sums of at most eight products of order one, in another order.
            np.testing.assert_allclose(
                getattr(cell, name)(h, x), getattr(own, name)(h, x), atol=1e-14
            )


def test_a_run_of_it_is_a_run_of_the_cell(weights, rng):
    own, tensors = weights
    cell = from_torch_step(lstm_in_torch(tensors), 2 * N, M)
    start, inputs = rng.normal(size=2 * N), rng.normal(size=(20, M))
    mine, theirs = (run(c, start, inputs) for c in (own, cell))
    np.testing.assert_allclose(mine.states, theirs.states, atol=1e-13)
    np.testing.assert_allclose(mine.chain.factors(), theirs.chain.factors(), atol=1e-13)


def test_a_step_function_is_diagnosed(rng):
    halving = lambda h, x: 0.5 * h + 0 * x  # noqa: E731
    found = diagnose(halving, np.ones((60, 1)), h0=np.ones(1))
    in_torch = diagnose(halving, torch.ones(60, 1), h0=torch.ones(1))
    for diagnosis in (found, in_torch):
        assert diagnosis.verdict is GradientVerdict.CONTRACTING
        assert diagnosis.layers[0].exponent == pytest.approx(-np.log(2), rel=1e-12)
    with pytest.raises(InputError, match="`h0` must be given with a step function"):
        diagnose(halving, np.ones((60, 1)))


@pytest.mark.parametrize(
    ("step", "slope"),
    [
        (lambda h, x: 0.5 * h + (3 * h).detach(), 0.5),
        (lambda h, x: 0.5 * h + torch.round(h), 0.5),
        (lambda h, x: torch.relu(h), 0.0),  # at 0, as torch has it
        (lambda h, x: h.abs(), 0.0),
    ],
)
def test_slopes_of_what_has_none_are_autograd_s(step, slope):
    cell = from_torch_step(step, 2)
    found = cell.jacobian(np.zeros(2), np.zeros(0))
    np.testing.assert_array_equal(found, slope * np.eye(2))


def test_what_is_no_function_is_refused():
    with pytest.raises(InputTypeError, match="`step` must be a function"):
        from_torch_step(3, 2)
    with pytest.raises(InputTypeError, match="`n` must be an integer"):
        from_torch_step(abs, 2.0)
