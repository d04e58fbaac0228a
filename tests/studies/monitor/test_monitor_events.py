"""A step that stops being finite is told by where it began: layer, time, parameter."""

import math
import re

import pytest

from gradlab.studies import GradientMonitor, NonFiniteStep, read_monitor
from tests.adapters.models import B, Looped, M, N, Reader, T, nn, seeded, tokens, torch


def events(model, run, tmp_path, *, steps=1, loss=True, scale=None):
    """Return the events of some steps of a model, and its log."""
    path = tmp_path / "run.jsonl"
    scaler = None
    if scale is not None:
        scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    with GradientMonitor(model, every=1000, log=path, first_step=1) as monitor:
        for _ in range(steps):
            model.zero_grad()
            value = run(model)
            (value if scaler is None else scaler.scale(value)).backward()
            monitor(loss=value if loss else None, scaler=scaler)
    assert monitor.non_finite == steps
    return read_monitor_events(path)


def read_monitor_events(path):
    return list(read_monitor(path).events)


def steep(factor, dtype=torch.float32, **options):
    """Return a tanh RNN at rest whose gradient grows by a factor at every step."""
    model = nn.RNN(M, N, bias=False, dtype=dtype, **options)
    with torch.no_grad():
        for layer in range(model.num_layers):
            eye = torch.eye(N, dtype=dtype)
            getattr(model, f"weight_hh_l{layer}").copy_(factor * eye)
            getattr(model, f"weight_ih_l{layer}").fill_(1.0)
    return model


def at_rest(model, dtype=torch.float32):
    return model(torch.zeros(T, B, M, dtype=dtype))[0][-1].sum()


def test_a_gradient_that_overflows_going_back_is_found_with_layer_time_and_lag(
    tmp_path,
):
    (event,) = events(steep(1e10), at_rest, tmp_path)
    # ∂L/∂h_{T−k} = 1e10^k in every entry: float32 ends at 3.4e38, k = 4.
    assert event == NonFiniteStep(
        1, "gradient", "rnn", T - 4, T, parameters=event.parameters
    )
    assert event.lag == 4
    assert "weight_hh_l0" in event.parameters
    assert event.describe() == (
        "step 1: the gradient of `rnn` overflows at t = 2 of 6, "
        "4 steps back from the end"
    )


def test_half_precision_overflows_sooner_and_says_the_scale(tmp_path):
    half = steep(10.0, torch.float16)
    (event,) = events(half, lambda m: at_rest(m, torch.float16), tmp_path, scale=256.0)
    # 256 · 10^k: float16 ends at 65,504, k = 3.
    assert (event.what, event.time, event.scale) == ("gradient", T - 3, 256.0)
    assert event.describe().endswith("(the loss was scaled by 256)")


def test_the_layer_below_is_named_where_it_is_the_one(tmp_path):
    model = steep(1.0, num_layers=2)
    with torch.no_grad():
        model.weight_hh_l0.copy_(1e12 * torch.eye(N))
    (event,) = events(model, at_rest, tmp_path)
    # The layer above sends N = 4 at every step; below, 4e12^k passes 3.4e38 at k = 4,
    # (1 + 1e−12 + …) 4e36 at k = 3.
    assert (event.what, event.name, event.time) == ("gradient", "layer0", T - 4)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_an_input_that_is_no_number_is_found_first(number, tmp_path):
    x = torch.randn(T, B, M)
    x[2, 1, 0] = number
    (event,) = events(seeded(lambda: nn.LSTM(M, N)), lambda m: m(x)[0].sum(), tmp_path)
    assert (event.what, event.name, event.time) == ("input", "", 3)


def test_a_loss_that_is_no_number_is_told_apart(tmp_path):
    model = seeded(Reader)
    # ln of a negative number: NaN in the loss, and in every gradient before it.
    (event,) = events(model, lambda m: (m(tokens()) * 0 - 1).log().sum(), tmp_path)
    assert (event.what, event.name) == ("loss", "")
    assert "every state before it is" in event.describe()


def test_a_loss_that_was_not_told_is_an_incoming_gradient(tmp_path):
    model = seeded(Reader)
    weights = torch.ones(B, T, 5)
    weights[:, 3] = math.inf

    def run(model):
        return (model(tokens()) * weights).sum()

    (event,) = events(model, run, tmp_path, loss=False)
    assert (event.what, event.name) == ("incoming gradient", "encoder.core")
    assert (event.time, event.lag) == (4, T - 4)


def test_a_weight_is_named_before_what_it_makes(tmp_path):
    model = seeded(Reader)
    with torch.no_grad():
        model.encoder.core.weight_hh_l0[0, 0] = math.nan
    (event,) = events(model, lambda m: m(tokens()).sum(), tmp_path)
    assert (event.what, event.name) == ("weight", "encoder.core.weight_hh_l0")


def test_what_is_only_seen_in_the_parameters_is_said_so(tmp_path):
    model = seeded(Reader)

    def run(model):
        bias = model.head.bias
        return model(tokens()).sum() + (bias - bias.detach()).sqrt().sum()

    (event,) = events(model, run, tmp_path)
    assert (event.what, event.parameters) == ("gradients", ("head.bias",))


def test_a_loop_over_a_cell_is_followed_from_the_second_such_step_on(tmp_path):
    class Steep(Looped):
        def __init__(self):
            super().__init__("RNNCell")
            with torch.no_grad():
                for parameter in self.cell.parameters():
                    parameter.zero_()
                self.cell.weight_hh.copy_(1e10 * torch.eye(N))

    def run(model):
        return model(torch.zeros(T, B, M))[-1].sum()

    first, second = events(Steep(), run, tmp_path, steps=2)
    assert first.what == "gradients"
    assert (second.what, second.name, second.time) == ("gradient", "cell", T - 4)


def test_where_nothing_can_be_read_the_parameters_are_still_named(
    tmp_path, monkeypatch
):
    def broken(*_):
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr("gradlab.studies.monitor_events.lost_going_forward", broken)
    (event,) = events(steep(1e10), at_rest, tmp_path)
    assert event.what == "gradients"
    assert "weight_hh_l0" in event.parameters


def test_after_some_they_are_counted_and_no_longer_looked_into(tmp_path):
    found = events(steep(1e10), at_rest, tmp_path, steps=20)
    assert len(found) == 16
    assert [event.step for event in found] == list(range(1, 17))


def test_a_finite_step_is_no_event(tmp_path):
    model = seeded(Reader)
    path = tmp_path / "run.jsonl"
    with GradientMonitor(model, log=path) as monitor:
        model(tokens()).sum().backward()
        monitor()
    assert not read_monitor(path).events
    assert not re.search("event", path.read_text())
