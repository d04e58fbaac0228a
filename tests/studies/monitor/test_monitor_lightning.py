"""The callback does what a trainer of Lightning asks for, in the order it asks."""

import sys
import types

import pytest

from gradlab.adapters.lightning_callback import callback_base, scaler_of
from gradlab.studies import monitor_callback, read_monitor
from tests.adapters.models import Reader, nn, seeded, tokens, torch


class Trainer:
    """The moments of Lightning's fit, one optimiser step every `accumulate` batches."""

    def __init__(self, callback, *, scaler=None, accumulate=1, rank=0):
        self.callback, self.accumulate = callback, accumulate
        self.precision_plugin = types.SimpleNamespace(scaler=scaler)
        self.is_global_zero = rank == 0
        self.global_step = 0

    def fit(self, model, batches, *, fails=False):
        call = self.callback
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scaler = self.precision_plugin.scaler
        call.on_fit_start(self, model)
        try:
            for k, batch in enumerate(batches, 1):
                loss = model(batch).square().mean() / self.accumulate
                loss = loss if scaler is None else scaler.scale(loss)
                call.on_before_backward(self, model, loss)
                loss.backward()
                if fails:
                    message = "out of luck"
                    raise RuntimeError(message)
                if k % self.accumulate == 0:
                    self._step(model, optimizer, scaler)
        except RuntimeError as error:
            call.on_exception(self, model, error)
            raise
        call.on_fit_end(self, model)

    def _step(self, model, optimizer, scaler):
        if scaler is not None:
            scaler.unscale_(optimizer)
        self.callback.on_before_optimizer_step(self, model, optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
        if scaler is None:
            optimizer.step()
        else:
            scaler.step(optimizer)
            scaler.update()
        optimizer.zero_grad()
        self.global_step += 1


@pytest.mark.parametrize("scale", [None, 1024.0])
def test_a_fit_is_logged_before_clipping_and_without_the_scale(scale, tmp_path):
    scaler = None if scale is None else torch.amp.GradScaler("cpu", init_scale=scale)
    callback = monitor_callback(2, log=tmp_path / "run.jsonl", clip=1e-3)
    model = seeded(Reader)
    Trainer(callback, scaler=scaler).fit(model, [tokens()] * 5)
    found = read_monitor(tmp_path / "run.jsonl")
    assert found.step.tolist() == [0, 2, 4]
    assert (found.norm > 2e-3).all()
    assert (found.loss > 0.01).all()
    assert (found.loss < 1.0).all()
    assert not model.encoder.core._forward_hooks


def test_accumulated_batches_are_one_step(tmp_path):
    callback = monitor_callback(1, log=tmp_path / "run.jsonl")
    Trainer(callback, accumulate=3).fit(seeded(Reader), [tokens()] * 6)
    assert read_monitor(tmp_path / "run.jsonl").step.tolist() == [0, 1]


def test_a_resumed_fit_goes_on_counting(tmp_path):
    callback = monitor_callback(1, log=tmp_path / "run.jsonl")
    trainer = Trainer(callback)
    for _ in range(2):
        trainer.fit(seeded(Reader), [tokens()] * 2)
    assert read_monitor(tmp_path / "run.jsonl").step.tolist() == [0, 1, 2, 3]


def test_a_fit_that_fails_lets_go_of_the_module(tmp_path):
    callback = monitor_callback(log=tmp_path / "run.jsonl")
    model = seeded(Reader)
    with pytest.raises(RuntimeError, match="out of luck"):
        Trainer(callback).fit(model, [tokens()], fails=True)
    assert not model.encoder.core._forward_hooks


def test_only_the_first_process_watches(tmp_path):
    callback = monitor_callback(log=tmp_path / "run.jsonl")
    Trainer(callback, rank=1).fit(seeded(Reader), [tokens()])
    assert callback.monitor is None
    assert not (tmp_path / "run.jsonl").exists()


@pytest.mark.parametrize("home", ["lightning.pytorch", "pytorch_lightning"])
def test_the_base_class_is_lightnings_where_it_is_installed(home, monkeypatch):
    class Callback:
        pass

    root = types.ModuleType(home.partition(".")[0])
    root.__spec__ = types.SimpleNamespace(name=root.__name__)
    module = root if root.__name__ == home else types.ModuleType(home)
    module.Callback = Callback
    monkeypatch.setitem(sys.modules, root.__name__, root)
    monkeypatch.setitem(sys.modules, home, module)
    assert callback_base() is Callback
    assert isinstance(monitor_callback(), Callback)


def test_the_scaler_of_a_trainer_is_found_where_it_may_be():
    scaler = object()
    plugin = types.SimpleNamespace(scaler=scaler)
    assert scaler_of(types.SimpleNamespace(precision_plugin=plugin)) is scaler
    strategy = types.SimpleNamespace(precision_plugin=plugin)
    assert scaler_of(types.SimpleNamespace(strategy=strategy)) is scaler
    assert scaler_of(types.SimpleNamespace(strategy=None)) is None
