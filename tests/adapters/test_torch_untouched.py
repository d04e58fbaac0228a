"""Recording leaves a model as it was, and refuses what cannot be recorded."""

import copy
import random
import sys

import numpy as np
import pytest

from gradlab.adapters import record
from gradlab.errors import (
    InputError,
    InputTypeError,
    MissingExtraError,
    NonFiniteError,
)
from tests.adapters.models import B, M, N, Reader, T, nn, seeded, tokens, torch


def snapshot(model):
    return {
        "modes": [m.training for m in model.modules()],
        "flags": [p.requires_grad for p in model.parameters()],
        "grads": [
            None if p.grad is None else p.grad.clone() for p in model.parameters()
        ],
        "state": {k: v.clone() for k, v in model.state_dict().items()},
        "hooks": [
            (len(m._forward_hooks), len(m._forward_pre_hooks)) for m in model.modules()
        ],
        "torch": torch.get_rng_state(),
        "numpy": np.random.get_state()[1],  # noqa: NPY002
        "python": random.getstate(),
    }


def assert_same(before, after):
    for name, value in before.items():
        other = after[name]
        if name == "state":
            assert value.keys() == other.keys()
            value, other = list(value.values()), list(other.values())
        if isinstance(value, list):
            for a, b in zip(value, other, strict=True):
                same = torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
                assert same, name
        elif isinstance(value, torch.Tensor | np.ndarray):
            assert (value == other).all(), name
        else:
            assert value == other, name


class Wild(Reader):
    """Draws from every generator there is, and may fail half-way."""

    fails = False

    def forward(self, tokens):
        random.random()
        np.random.random()  # noqa: NPY002
        torch.rand(3)
        found = super().forward(tokens)
        if self.fails:
            message = "half-way"
            raise RuntimeError(message)
        return found


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_it_was(fails):
    model = seeded(Wild, dropout=0.5)
    model.fails = fails
    model(tokens()).sum().backward() if not fails else None
    model.eval()
    model.head.train()  # a mode of its own
    model.embedding.weight.requires_grad_(False)
    before = snapshot(model)
    if fails:
        with pytest.raises(RuntimeError, match="half-way"):
            record(model, tokens(), loss=lambda out: out.sum())
    else:
        record(model, tokens(), loss=lambda out: out.sum())
    assert_same(before, snapshot(model))
    assert torch.is_grad_enabled()


REFUSED = {
    "nothing recurrent": (
        lambda: nn.Linear(2, 2),
        "must hold a torch.nn.RNN, LSTM, GRU .*; got Linear. Pass a recurrence",
    ),
    "dropout in training": (
        lambda: seeded(Reader, dropout=0.1),
        r"`dropout`, a Dropout, is in training mode. Call model.eval\(\) first",
    ),
    "dropout between layers": (
        lambda: nn.LSTM(M, N, num_layers=2, dropout=0.1),
        "it is in training mode. Call model.eval",
    ),
    "batch statistics": (
        lambda: nn.Sequential(nn.BatchNorm1d(B), nn.LSTM(M, N)),
        "a BatchNorm1d, is in training mode",
    ),
    "scripted": (lambda: torch.jit.script(nn.LSTM(M, N)), "a scripted one hides"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_cannot_be_recorded_is_refused(name):
    make, message = REFUSED[name]
    with pytest.raises(InputError, match=message):
        record(make(), torch.zeros(T, B, M))


LOSSES = {
    "no scalar": (lambda out: out[0], r"must return a scalar tensor; got \(6, 3, 4\)"),
    "no tensor": (lambda out: 1.0, "must return a scalar tensor; got 1.0"),
    "not finite": (lambda out: out[0].sum() / 0, "`loss` must be finite; got"),
    "elsewhere": (lambda out: torch.zeros(()), "must depend on what a recurrent"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_that_is_none_is_refused(name):
    loss, message = LOSSES[name]
    with pytest.raises(InputError, match=message):
        record(seeded(lambda: nn.LSTM(M, N)), torch.randn(T, B, M), loss=loss)


def test_arguments_of_other_kinds_are_refused():
    with pytest.raises(
        InputTypeError, match="`model` must be a torch module; got a int"
    ):
        record(3, None)
    with pytest.raises(InputTypeError, match="`loss` must be a function; got 3"):
        record(nn.GRU(M, N), torch.zeros(T, B, M), loss=3)


def test_weights_and_states_that_are_no_numbers_are_named():
    model = seeded(Reader)
    with torch.no_grad():
        model.encoder.core.weight_hh_l0[2, 3] = torch.nan
    expected = r"`encoder.core.weight_hh_l0` must be finite; got nan at index \(2, 3\)"
    with pytest.raises(NonFiniteError, match=expected):
        record(model, tokens())
    with pytest.raises(NonFiniteError, match="`inputs` must be finite"):
        record(seeded(lambda: nn.GRU(M, N)), torch.full((T, B, M), torch.inf))


def test_without_torch_the_error_is_the_instruction(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'gradlab\[torch\]'"):
        record(None, None)


def test_a_copy_of_a_recorded_model_still_works():
    model = seeded(Reader)
    record(model, tokens(), loss=lambda out: out.sum())
    again = copy.deepcopy(model)
    assert torch.equal(again(tokens()), model(tokens()))
