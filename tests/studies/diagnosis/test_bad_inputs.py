"""Models and batches that cannot be diagnosed are refused, each with its reason."""

import numpy as np
import pytest

from gradlab.adapters import LoadedModel, Stack, StackLayer
from gradlab.cells import RNN, Linear
from gradlab.errors import GradlabError, InputError, InputTypeError, ShapeError
from gradlab.studies import GradientVerdict, diagnose

torch = pytest.importorskip("torch")
nn = torch.nn
X = torch.linspace(-1.0, 1.0, 30 * 2 * 3).reshape(30, 2, 3)
HALF = Linear([[0.5]], [[1.0]])
LOADED = LoadedModel("a", "RNN", Stack([StackLayer(0, "forward", HALF)]))


class Around(nn.Module):
    """A recurrence behind another module."""

    def __init__(self, before):
        super().__init__()
        self.before, self.core = before, nn.RNN(3, 4)

    def forward(self, x):
        return self.core(self.before(x.flatten(0, 1)).reshape(x.shape))[0]


def nan_weights():
    module = nn.LSTM(3, 4)
    with torch.no_grad():
        module.weight_hh_l0[2, 3] = float("nan")
    return module


def last(output):
    return output[-1].sum()


TORCH = {
    "NaN weights": (nan_weights, X, {}, "`weight_hh_l0` must be finite; got nan at in"),
    "NaN inputs": (
        lambda: nn.RNN(3, 4),
        X * float("nan"),
        {},
        "`inputs` must be finite; got nan at index (0, 0, 0)",
    ),
    "dropout": (
        lambda: nn.LSTM(3, 4, 2, dropout=0.5),
        X,
        {},
        "it is in training mode. Call model.eval() first",
    ),
    "dropout before": (
        lambda: Around(nn.Dropout(0.5)),
        X,
        {"loss": last},
        "`before`, a Dropout, is in training mode",
    ),
    "batch norm": (
        lambda: Around(nn.BatchNorm1d(3)),
        X,
        {"loss": last},
        "`before`, a BatchNorm1d, is in training mode",
    ),
    "no recurrence": (lambda: nn.Linear(3, 4), X, {}, "got Linear. Pass a recurrence"),
    "no sequence": (lambda: nn.RNN(3, 4), X[:, :0], {}, "at least one sequence; got"),
    "a NaN loss": (
        lambda: nn.RNN(3, 4),
        X,
        {"loss": lambda output: last(output[0]) * float("nan")},
        "`loss` must be finite; got nan",
    ),
    "a vector of losses": (
        lambda: nn.RNN(3, 4),
        X,
        {"loss": lambda output: output[0]},
        "`loss` must return a scalar tensor; got (30, 2, 4)",
    ),
    "a detached loss": (
        lambda: nn.RNN(3, 4),
        X,
        {"loss": lambda output: last(output[0]).detach()},
        "`loss` must depend on what a recurrent module returns",
    ),
    "a loss by name": (
        lambda: nn.RNN(3, 4),
        X,
        {"loss": "last"},
        "`loss` must be a function; got 'last'",
    ),
}


@pytest.mark.parametrize("name", TORCH)
def test_torch_models_that_cannot_be_diagnosed_say_why(name):
    make, batch, options, message = TORCH[name]
    with pytest.raises(GradlabError) as caught:
        diagnose(make(), batch, **options)
    assert message in str(caught.value)


def halved(h, x):
    return h * 0.5


def changing(h, x):
    h.mul_(0.5)
    return h


STEPS = {
    "one entry": (lambda h, x: h[:1], X[:, 0], ShapeError, "must have shape (4,)"),
    "it raises": (lambda h, x: 1 / 0, X[:, 0], InputError, "raised ZeroDivisionError"),
    "it changes h": (changing, X[:, 0], InputError, "`changing` raised RuntimeError"),
    "no tensor": (halved, np.ones((30, 3)), InputTypeError, "a torch tensor, as `h0`"),
    "no inputs": (halved, None, InputTypeError, "a torch tensor, as `h0` is; got None"),
}


@pytest.mark.parametrize("name", STEPS)
def test_step_functions_that_cannot_be_followed_say_why(name):
    step, batch, error, message = STEPS[name]
    with pytest.raises(error) as caught:
        diagnose(step, batch, h0=torch.ones(4))
    assert message in str(caught.value)


def test_a_step_function_of_arrays_needs_inputs():
    with pytest.raises(InputTypeError, match="`batch` must be the inputs; got NoneTy"):
        diagnose(halved, None, h0=np.ones(4))


@pytest.mark.parametrize("mode", ["quick", "exact"])
@pytest.mark.parametrize("model", [HALF, LOADED], ids=["cell", "file"])
def test_a_batch_of_nothing_is_refused(model, mode):
    with pytest.raises(InputError, match="at least one sequence; got none"):
        diagnose(model, np.zeros((9, 0, 1)), mode=mode)
    with pytest.raises(ShapeError, match="with T >= 1"):
        diagnose(model, np.zeros((0, 2, 1)), mode=mode)


DEAD = {
    "ReLU": RNN(np.eye(2), np.zeros((2, 1)), [-1.0, -1.0], activation="relu"),
    "tanh": RNN(50 * np.eye(2), np.zeros((2, 1)), [400.0, 400.0]),
    "no weights": RNN(np.zeros((2, 2)), np.zeros((2, 1)), np.zeros(2)),
}


@pytest.mark.parametrize("mode", ["quick", "exact"])
@pytest.mark.parametrize("name", DEAD)
def test_units_that_are_dead_forget_at_once(name, mode):
    """sech² of 400 is e^-800 in truth and 0 in float64; the others are exactly 0."""
    found = diagnose(DEAD[name], np.zeros((30, 1)), mode=mode)
    (layer,) = found.layers
    assert found.verdict is GradientVerdict.CONTRACTING
    assert layer.horizon < 1.0
    assert layer.profile[-1, 1] == -np.inf


def test_one_unit_is_a_model():
    (layer,) = diagnose(nn.LSTM(3, 1), X).layers
    assert (layer.hidden, layer.dtype) == (1, "float32")
    assert np.isfinite(layer.profile).all()
