"""A watched training run is the same run, bit for bit, and is told what it was."""

import json
import math
import random
import re

import numpy as np
import pytest

import gradlab
from gradlab.adapters import record
from gradlab.errors import InputError, InputTypeError, StoreError
from gradlab.gradients import gradient_horizon
from gradlab.studies import GradientMonitor, diagnose, read_monitor
from tests.adapters.models import B, Looped, M, N, Reader, T, nn, seeded, tokens, torch
from tests.adapters.test_torch_untouched import assert_same, snapshot


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def trained(model, steps=20, *, monitor=None, clip=1.0, batch=None, scaler=None):
    """Train on random tokens and return the weights at the end."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    torch.manual_seed(1)
    inputs = tokens() if batch is None else batch
    for _ in range(steps):
        optimizer.zero_grad()
        loss = model(inputs).square().mean()
        loss.backward()
        if monitor is not None:
            monitor(optimizer, loss=loss, scaler=scaler)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
    return [p.detach().clone() for p in model.parameters()]


MODELS = {
    "an LSTM with dropout": lambda: Reader(num_layers=2, dropout=0.5),
    "both directions": lambda: Reader(kind="GRU", bidirectional=True, dropout=0.3),
    "a loop over a cell": Looped,
}


def model_and_batch(name):
    model = seeded(MODELS[name])
    if name == "an LSTM with dropout":
        model.encoder.core.dropout = 0.5
    batch = torch.randn(T, B, M) if name == "a loop over a cell" else tokens()
    return model, batch


@pytest.mark.parametrize("name", MODELS)
def test_training_is_the_same_bit_for_bit(name, tmp_path):
    model, batch = model_and_batch(name)
    alone = trained(model, batch=batch)
    state = torch.get_rng_state()
    model, batch = model_and_batch(name)
    with GradientMonitor(model, every=3, log=tmp_path / "run.jsonl") as monitor:
        watched = trained(model, monitor=monitor, batch=batch)
    assert all(torch.equal(a, b) for a, b in zip(alone, watched, strict=True))
    assert torch.equal(state, torch.get_rng_state())


def test_a_call_leaves_gradients_modes_hooks_and_random_states_alone(tmp_path):
    model, batch = model_and_batch("an LSTM with dropout")
    model.head.eval()
    before_hooks = snapshot(model)["hooks"]
    with GradientMonitor(model, every=1, log=tmp_path / "run.jsonl") as monitor:
        model(batch).sum().backward()
        before = snapshot(model)
        random_before = random.getstate()
        monitor()
        assert_same(before, snapshot(model))
        assert random.getstate() == random_before
    assert snapshot(model)["hooks"] == before_hooks
    assert torch.is_grad_enabled()


def test_hooks_are_taken_off_when_training_fails(tmp_path):
    model = seeded(Reader)
    before = snapshot(model)["hooks"]
    path = tmp_path / "run.jsonl"
    message = "out of luck"
    with pytest.raises(RuntimeError, match=message), GradientMonitor(model, log=path):
        raise RuntimeError(message)
    assert snapshot(model)["hooks"] == before
    assert records(path)[-1] == {"kind": "end", "step": 0}


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_sample_says_what_a_diagnosis_of_the_same_batch_says(kind, tmp_path):
    model = seeded(lambda: getattr(nn, kind)(M, 8, num_layers=2).double())
    x = torch.randn(60, 4, M, dtype=torch.float64)
    path = tmp_path / "run.jsonl"
    with GradientMonitor(model, log=path, lags=range(60)) as monitor:
        model(x)[0].square().sum().backward()
        monitor()
    found = read_monitor(path)
    model.zero_grad()
    expected = diagnose(model, x, loss=lambda out: out[0].square().sum())
    assert found.layers == tuple(layer.name for layer in expected.layers)
    for i, layer in enumerate(expected.layers):
        assert found.horizon[0, i] == pytest.approx(layer.horizon, rel=1e-9)
        assert found.exponent[0, i] == pytest.approx(layer.exponent, rel=1e-9)
        # The log has four places, and the lower median of four is their second.
        np.testing.assert_allclose(found.left[0, i], layer.profile[:, 1], atol=6e-5)
        signal = layer.signal[1:, 1][::-1]
        np.testing.assert_allclose(found.signal[0, i], signal, atol=6e-5)


def test_the_horizon_of_a_known_recurrence_is_known(tmp_path):
    model = nn.RNN(1, 2, nonlinearity="relu", bias=False).double()
    with torch.no_grad():
        model.weight_hh_l0.copy_(0.5 * torch.eye(2))
        model.weight_ih_l0.fill_(1.0)
    with GradientMonitor(model, log=tmp_path / "run.jsonl") as monitor:
        model(torch.ones(40, 2, 1, dtype=torch.float64))[0][-1].sum().backward()
        monitor()
    found = monitor.read()
    # Every unit is on: a gradient halves at each step, and ln 1000 / ln 2 steps remain.
    assert found.horizon[0, 0] == pytest.approx(math.log(1000) / math.log(2), rel=1e-12)
    assert found.exponent[0, 0] == pytest.approx(-math.log(2), rel=1e-12)
    lags = found.lags[found.lags < 40]
    left = found.left[0, 0, : len(lags)]
    np.testing.assert_allclose(left, -math.log(2) * lags, atol=6e-5)  # four places
    # Two entries of 1 at the last step.
    assert found.signal[0, 0, 0] == pytest.approx(math.log(2) / 2, abs=6e-5)


def test_norms_are_those_before_clipping_by_parameter_and_in_all(tmp_path):
    model = seeded(Reader)
    path = tmp_path / "run.jsonl"
    seen, named = [], []
    with GradientMonitor(model, every=4, log=path, clip=0.05) as monitor:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(9):
            optimizer.zero_grad()
            loss = model(tokens()).square().mean()
            loss.backward()
            monitor(optimizer, loss=loss.item())
            seen.append(float(nn.utils.clip_grad_norm_(model.parameters(), math.inf)))
            named.append(float(model.encoder.core.weight_hh_l0.grad.norm()))
            nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
            optimizer.step()
    found = read_monitor(path)
    assert found.step.tolist() == [0, 4, 8]
    # Two float32 norms of the same numbers, summed in another order.
    np.testing.assert_allclose(found.norm, seen[::4], rtol=1e-5)
    rows = found.parameter_norms["encoder.core.weight_hh_l0"]
    np.testing.assert_allclose(rows, named[::4], rtol=1e-5)
    assert set(found.parameter_norms) == {
        f"encoder.core.{name}_l0"
        for name in ("weight_hh", "weight_ih", "bias_hh", "bias_ih")
    }
    np.testing.assert_allclose(found.largest[1], max(seen[1:5]), rtol=1e-5)
    np.testing.assert_allclose(found.median[1], sorted(seen[1:5])[1], rtol=1e-5)
    assert found.clipped[1] == np.mean(np.array(seen[1:5]) > 0.05)
    overall = records(path)[-2]["all"]
    assert overall["steps"] == 9
    assert overall["q50"] == pytest.approx(sorted(seen)[4], rel=0.0101)  # a bin is 2 %
    assert found.rate.tolist() == [0.1] * 3


def test_half_precision_with_a_scaler_is_told_without_its_scale(tmp_path):
    paths, logs = [tmp_path / f"{k}.jsonl" for k in range(3)], []
    for k, path in enumerate(paths):
        model = seeded(Reader)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scaler = torch.amp.GradScaler("cpu", init_scale=256.0, enabled=k > 0)
        with (
            GradientMonitor(model, log=path) as monitor,
            torch.autocast("cpu", dtype=torch.bfloat16, enabled=True),
        ):
            loss = model(tokens()).float().square().mean()
            scaler.scale(loss).backward()
            if k == 2:
                scaler.unscale_(optimizer)
            monitor(optimizer, loss=loss, scaler=scaler)
        logs.append(read_monitor(path))
    plain = logs[0]
    for scaled in logs[1:]:
        # A power of two is exact in every format, so nothing but it differs.
        np.testing.assert_allclose(scaled.norm, plain.norm, rtol=1e-6)
        np.testing.assert_allclose(scaled.signal, plain.signal, atol=1e-4)
        assert scaled.horizon == plain.horizon
        for name, norms in plain.parameter_norms.items():
            np.testing.assert_allclose(scaled.parameter_norms[name], norms, rtol=1e-6)


def test_accumulated_gradients_are_measured_whole_and_time_of_the_last_pass(tmp_path):
    model = seeded(Reader)
    path = tmp_path / "run.jsonl"
    with GradientMonitor(model, log=path) as monitor:
        for _ in range(3):
            (model(tokens()).square().mean() / 3).backward()
        monitor()
    found = read_monitor(path)
    total = nn.utils.clip_grad_norm_(model.parameters(), math.inf)
    assert found.norm[0] == pytest.approx(float(total), rel=1e-5)
    sources = record(model.eval(), tokens(), loss=lambda out: out.square().mean() / 3)
    newest = np.linalg.norm(sources.layers[0].sources[-1], axis=-1)
    # Sequences of the batch: 3, of which the lower median is the second.
    expected = np.log(np.sort(newest)[1])
    assert found.signal[0, 0, 0] == pytest.approx(expected, abs=1e-4)


def test_nothing_is_there_to_see_where_the_recurrence_was_not_called(tmp_path):
    class Idle(Reader):
        def forward(self, x):
            return self.head(torch.ones(3, N))

    model = seeded(Idle)
    with GradientMonitor(model, log=tmp_path / "run.jsonl") as monitor:
        model(None).sum().backward()
        monitor()
    found = monitor.read()
    assert found.layers == ()
    assert found.caveats[0].startswith("`encoder.core` was not called with gradients")


def test_what_cannot_be_measured_is_a_caveat_and_training_goes_on(tmp_path):
    model = seeded(lambda: nn.GRU(M, N))
    with GradientMonitor(model, log=tmp_path / "run.jsonl") as monitor:
        x = torch.randn(T, B, M)
        model(x)[0].sum().backward()
        x.zero_()
        monitor()
    (caveat,) = monitor.read().caveats
    assert "overwritten in place" in caveat


def test_evaluation_on_the_way_is_not_watched(tmp_path):
    model = seeded(Reader, dropout=0.5)
    logs = []
    for looks in (False, True):
        path = tmp_path / f"{looks}.jsonl"
        model.zero_grad()
        torch.manual_seed(0)
        with GradientMonitor(model, log=path) as monitor:
            model(tokens()).sum().backward()
            if looks:
                model.eval()
                for mode in (torch.no_grad, torch.inference_mode, torch.enable_grad):
                    with mode():
                        model(tokens())
                model.train()
            monitor()
        logs.append(read_monitor(path))
    np.testing.assert_array_equal(logs[0].signal, logs[1].signal)


def test_an_error_that_nobody_thought_of_is_a_caveat(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr("gradlab.studies.monitor_sample.watched_module", broken)
    model = seeded(Reader)
    with GradientMonitor(model, log=tmp_path / "run.jsonl") as monitor:
        model(tokens()).sum().backward()
        monitor()
    assert monitor.read().caveats == ("`encoder.core`: ZeroDivisionError: by chance",)


def test_tensorboard_gets_the_curves(tmp_path):
    rows = []

    class Writer:
        def add_scalar(self, *row):
            rows.append(row)

    model = seeded(Reader)
    path = tmp_path / "run.jsonl"
    with GradientMonitor(model, log=path, tensorboard=Writer(), clip=1.0) as monitor:
        trained(model, 1, monitor=monitor)
    tags = {tag for tag, _, step in rows if step == 0}
    assert {"gradlab/norm", "gradlab/norm_median", "gradlab/norm_clipped"} <= tags


def test_a_run_goes_on_in_its_log(tmp_path):
    path = tmp_path / "run.jsonl"
    for first in (0, 3):
        model = seeded(Reader)
        with GradientMonitor(model, every=2, log=path, first_step=first) as monitor:
            trained(model, 3, monitor=monitor)
        assert monitor.step == first + 3
    assert read_monitor(path).step.tolist() == [0, 2, 4]


def test_two_runs_do_not_write_to_one_log(tmp_path):
    path = tmp_path / "run.jsonl"
    other = GradientMonitor(seeded(Reader), log=path)
    with (
        GradientMonitor(seeded(Reader), log=path),
        pytest.raises(StoreError, match="written by another run: give every run"),
    ):
        other.start()
    with other:  # once the first has ended
        assert other.step == 0


def test_a_log_that_cannot_be_written_is_said_before_training(tmp_path):
    for place, why in (
        (tmp_path / "none" / "run.jsonl", "No such file"),
        (tmp_path, "directory"),
    ):
        with pytest.raises(
            StoreError, match=f"{re.escape(str(place))} cannot be.*{why}"
        ):
            GradientMonitor(seeded(Reader), log=place).start()


def test_a_full_disk_ends_the_log_and_not_the_training(tmp_path, monkeypatch):
    model = seeded(Reader)
    path = tmp_path / "run.jsonl"

    def full(*_):
        raise OSError(28, "No space left on device")

    with GradientMonitor(model, every=1, log=path) as monitor:
        trained(model, 1, monitor=monitor)
        monkeypatch.setattr("gradlab.studies.monitor_lines.os.write", full)
        with pytest.warns(
            RuntimeWarning, match="No space left on device. The log ends"
        ):
            trained(model, 3, monitor=monitor)
    assert len(read_monitor(path)) == 1


def test_a_disk_that_is_full_at_once_is_said_before_training(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "run.jsonl"
    monkeypatch.setattr("gradlab.studies.monitor_lines.os.write", full)
    with pytest.raises(StoreError, match="No space left on device"):
        GradientMonitor(seeded(Reader), log=path).start()
    monkeypatch.undo()
    with GradientMonitor(seeded(Reader), log=path):  # and the lock was given back
        assert path.exists()


WRONG = {
    "no module": (lambda p: GradientMonitor(3, log=p), "must be a torch module; got 3"),
    "every 0": (lambda p: GradientMonitor(Reader(), 0, log=p), "`every` must be"),
    "clip 0": (lambda p: GradientMonitor(Reader(), log=p, clip=0.0), "`clip` must be"),
    "no lags": (
        lambda p: GradientMonitor(Reader(), log=p, lags=[]),
        "`lags` must hold",
    ),
    "lags": (
        lambda p: GradientMonitor(Reader(), log=p, lags=3),
        "`lags` must be a list",
    ),
    "board": (lambda p: GradientMonitor(Reader(), log=p, tensorboard=3), "tensorboard"),
}


@pytest.mark.parametrize("name", WRONG)
def test_arguments_of_no_use_are_refused(name, tmp_path):
    make, message = WRONG[name]
    with pytest.raises((InputError, InputTypeError), match=message):
        make(tmp_path / "run.jsonl")
    assert not list(tmp_path.iterdir())


def test_a_monitor_that_was_not_started_says_so_and_a_loss_is_a_number(tmp_path):
    monitor = GradientMonitor(seeded(Reader), log=tmp_path / "run.jsonl")
    with pytest.raises(InputError, match=r"within `with monitor:`, or after start\(\)"):
        monitor()
    with monitor, pytest.raises(InputTypeError, match="`loss` must be a number"):
        monitor(loss="one")
    with pytest.raises(InputError, match="within"):
        monitor()
    assert gradlab.GradientMonitor is GradientMonitor


def test_memory_does_not_grow_with_the_steps(tmp_path):
    model = seeded(Reader)
    with GradientMonitor(model, every=5, log=tmp_path / "run.jsonl") as monitor:
        trained(model, 30, monitor=monitor)
        assert not monitor._watch.sequences()
        assert len(monitor._norms._recent) <= 5
        assert monitor._norms.overall()["steps"] == 30


def test_horizons_beyond_the_sequence_and_short_ones_are_told_apart(tmp_path):
    model = seeded(lambda: nn.LSTM(M, N))
    with GradientMonitor(model, log=tmp_path / "run.jsonl") as monitor:
        model(torch.randn(3, B, M))[0].sum().backward()
        monitor()
    (line,) = [r for r in records(tmp_path / "run.jsonl") if r["kind"] == "sample"]
    layer = line["layers"]["lstm"]
    assert (layer["horizon"], layer["exponent"], layer["steps"]) == ("inf", "nan", 3)
    assert gradient_horizon(layer["left"]) == math.inf
