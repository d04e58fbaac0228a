"""What hooks keep of a training pass is what the pass did: its gradients add up again.

∂L/∂W = Σ_t (∂L/∂h_t)ᵀ ∂h_t/∂W, with ∂L/∂h_t followed back by gradlab from what came to
the outputs, is torch's own ``.grad``: states, inputs, dropout and order of time are all
in it.
"""

import copy
import io

import numpy as np
import pytest

from gradlab.adapters.torch_watch import Watch
from gradlab.adapters.torch_watched import watched_module
from gradlab.errors import InputError
from gradlab.studies.monitor_flow import flow_of
from tests.adapters.models import B, Looped, M, N, Reader, T, nn, seeded, tokens, torch

rnn = torch.nn.utils.rnn
KINDS = ("RNN", "LSTM", "GRU")


def watched(model, run, *, scale=1.0):
    """Return the module of a model after one pass, as its own gradients."""
    watch = Watch(model)
    watch.start()
    try:
        (scale * run(model)).backward()
        ((name, calls),) = watch.sequences().items()
        module = watch.modules[name]
        return module, watched_module(name, module, calls, sequences=None, scale=scale)
    finally:
        watch.stop()


def assert_gradients_add_up(module, found, *, rtol=1e-12):
    """Compare with ``.grad``; the tolerance is that of sums over some 20 products."""
    for place, flow in enumerate(flow_of(found)):
        trajectory = flow.layer.trajectory
        rows = np.ldexp(flow.every.mantissa, flow.every.exponent[..., None])[1:]
        real = np.arange(len(rows))[:, None] >= flow.layer.order.starts
        rows = np.where(real[..., None], rows, 0.0)
        outers = trajectory.cell.parameter_cotangents(
            trajectory.states[:-1], trajectory.inputs, rows
        )
        suffix = suffix_of(module, place)
        for ours, theirs in (("W_hh", "weight_hh"), ("W_hx", "weight_ih")):
            expected = getattr(module, theirs + suffix).grad.double().numpy()
            atol = rtol * np.abs(expected).max()
            np.testing.assert_allclose(outers[ours].total(2), expected, rtol, atol)


def suffix_of(module, place):
    if not hasattr(module, "num_layers"):
        return ""
    layer, reverse = divmod(place, 2) if module.bidirectional else (place, 0)
    return f"_l{layer}" + "_reverse" * reverse


def every_output(module, x):
    return module(x)[0].square().sum()


def last_states(module, x):
    output, state = module(x)
    h = state[0] if isinstance(state, tuple) else state
    return (h**3).sum() + output.flatten()[0]


def carried_state(module, x):
    output, state = module(x)
    parts = state if isinstance(state, tuple) else (state,)
    return output.sum() + sum((k * part).sum() for k, part in enumerate(parts, 2))


RUNS = {
    "every output": every_output,
    "last states": last_states,
    "c as well": carried_state,
    "no batch": lambda module, x: every_output(module, x[:, 0]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("both", [False, True])
def test_gradients_of_sequences_add_up(kind, run, layers, both):
    options = {
        "num_layers": layers,
        "bidirectional": both,
        "dropout": 0.4 * (layers > 1),
    }
    module = seeded(lambda: getattr(nn, kind)(M, N, **options).double())
    x = torch.randn(T, B, M, dtype=torch.float64)
    assert_gradients_add_up(*watched(module, lambda m: RUNS[run](m, x)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", [False, True])
def test_gradients_of_packed_sequences_add_up(kind, first):
    options = {"num_layers": 2, "bidirectional": True, "dropout": 0.4}
    module = seeded(
        lambda: getattr(nn, kind)(M, N, batch_first=first, **options).double()
    )
    x = torch.randn(*((B, T) if first else (T, B)), M, dtype=torch.float64)
    lengths = torch.tensor([T - 2, T, 1])

    def run(module):
        packed = rnn.pack_padded_sequence(
            x, lengths, batch_first=first, enforce_sorted=False
        )
        return module(packed)[0].data.square().sum()

    assert_gradients_add_up(*watched(module, run))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_cells_called_step_by_step_add_up(kind):
    module = seeded(lambda: getattr(nn, f"{kind}Cell")(M, N).double())
    x = torch.randn(T, B, M, dtype=torch.float64)

    def run(module):
        state, total = None, 0.0
        for t, row in enumerate(x):
            state = module(row, state)
            parts = state if isinstance(state, tuple) else (state,)
            # A loss on h at some steps, on c at one, on both at the last.
            total = total + (t % 2) * parts[0].square().sum()
            total = total + (parts[-1].sum() if t in (2, T - 1) else 0.0)
        return total

    found = watched(module, run)
    assert found[1].ends == tuple(range(1, T + 1))
    assert_gradients_add_up(*found)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_a_sequence_in_pieces_add_up(kind):
    module = seeded(lambda: getattr(nn, kind)(M, N, num_layers=2).double())
    x = torch.randn(T, B, M, dtype=torch.float64)

    def run(module):
        state, total = None, 0.0
        for piece in (x[:1], x[1:4], x[4:]):
            output, state = module(piece, state)
            h = state[0] if isinstance(state, tuple) else state
            total = total + output.square().sum() + (h**3).sum()
        return total

    found = watched(module, run)
    assert found[1].ends == (1, 4, T)
    assert_gradients_add_up(*found)


def test_a_scaled_loss_is_scaled_back():
    module = seeded(lambda: nn.GRU(M, N).double())
    x = torch.randn(T, B, M, dtype=torch.float64)
    _, plain = watched(module, lambda m: every_output(m, x))
    module.zero_grad()
    _, scaled = watched(module, lambda m: every_output(m, x), scale=2.0**16)
    np.testing.assert_array_equal(plain.layers[0].sources, scaled.layers[0].sources)


def test_models_are_read_in_training_mode_with_their_own_dropout():
    model = seeded(Reader, kind="LSTM", num_layers=2, dropout=0.5).double()
    model.encoder.core.dropout = 0.5
    module, found = watched(model, lambda m: m(tokens()).square().sum())
    assert not found.caveats
    drawn = found.layers[1].dropout
    assert set(np.unique(drawn)) == {0.0, 2.0}
    assert_gradients_add_up(module, found)


def test_some_sequences_are_those_of_all():
    module = seeded(lambda: nn.LSTM(M, N, num_layers=2, dropout=0.3))
    x = torch.randn(T, 9, M)
    watch = Watch(module)
    watch.start()
    every_output(module, x).backward()
    (calls,) = watch.sequences().values()
    whole, some = (
        watched_module("", module, calls, sequences=k).layers[1] for k in (None, 3)
    )
    watch.stop()
    picked = [0, 4, 8]
    np.testing.assert_array_equal(some.dropout, whole.dropout[:, picked])
    np.testing.assert_array_equal(some.sources, whole.sources[:, picked])
    # The layer below is run again on fewer sequences: float32, other blocks of a GEMM.
    np.testing.assert_allclose(
        some.trajectory.states, whole.trajectory.states[:, picked], atol=1e-6
    )


def test_looks_without_gradients_are_not_kept_and_later_ones_do_not_hide_the_step():
    model = seeded(Reader)
    watch = Watch(model)
    watch.start()
    with torch.no_grad():
        model(tokens())
    assert not watch.sequences()
    model(tokens()).sum().backward()
    (before,) = watch.sequences().values()
    model(tokens())  # a look at the accuracy, say
    (after,) = watch.sequences().values()
    assert after is before
    model(tokens()).sum().backward()
    (newest,) = watch.sequences().values()
    assert newest is not before
    watch.clear()
    assert not watch.sequences()
    watch.stop()


def test_several_losses_taken_back_one_by_one_are_summed():
    module = seeded(lambda: nn.RNN(M, N).double())
    x = torch.randn(T, B, M, dtype=torch.float64)

    def run(module):
        output = module(x)[0]
        output[2].sum().backward(retain_graph=True)
        return output[-1].square().sum()

    assert_gradients_add_up(*watched(module, run))


def test_only_the_first_of_single_steps_is_followed_back_unless_asked():
    model = seeded(Looped)
    watch = Watch(model)
    watch.thorough = False
    watch.start()
    model(torch.randn(T, B, M)).sum().backward()
    (calls,) = watch.sequences().values()
    assert [call.is_reached for call in calls] == [True] + [False] * (T - 1)
    watch.stop()


def test_what_was_overwritten_and_what_no_gradient_reached_is_said():
    module = seeded(lambda: nn.GRU(M, N))
    watch = Watch(module)
    watch.start()
    module(torch.randn(T, B, M))
    (calls,) = watch.sequences().values()
    with pytest.raises(InputError, match="no gradient came back to it"):
        watched_module("core", module, calls, sequences=None)
    x = torch.randn(T, B, M)
    module(x)[0].sum().backward()
    x.zero_()
    (calls,) = watch.sequences().values()
    with pytest.raises(InputError, match="`core` read or returned was overwritten"):
        watched_module("core", module, calls, sequences=None)
    watch.stop()


def test_copies_of_a_watched_model_are_not_watched():
    model = seeded(Reader, num_layers=2)
    model.encoder.core.dropout = 0.5
    watch = Watch(model)
    watch.start()
    on_disk = io.BytesIO()
    torch.save(model, on_disk)
    on_disk.seek(0)
    for other in (copy.deepcopy(model), torch.load(on_disk, weights_only=False)):
        other(tokens()).sum().backward()
    assert not watch.sequences()
    watch.stop()
    assert not model.encoder.core._forward_hooks
    assert not model.encoder.core._forward_pre_hooks


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_models_train_as_before_and_are_seen_as_far_as_they_can_be(backend):
    torch._dynamo.reset()
    for make, seen in ((Reader, True), (Looped, False)):
        model = seeded(make)
        inputs = tokens() if make is Reader else torch.randn(T, B, M)
        compiled = torch.compile(model, backend=backend)
        watch = Watch(compiled)
        assert watch.model is model
        watch.start()
        compiled(inputs).sum().backward()
        assert bool(watch.sequences()) is seen
        gradients = [p.grad.clone() for p in model.parameters()]
        watch.stop()
        model.zero_grad()
        model(inputs).sum().backward()
        for before, p in zip(gradients, model.parameters(), strict=True):
            torch.testing.assert_close(p.grad, before)


def test_two_modules_stand_in_the_order_of_their_calls():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.second, self.first = nn.GRU(N, N), nn.RNN(M, N)

        def forward(self, x):
            return self.second(self.first(x)[0])[0]

    model = seeded(Two)
    watch = Watch(model)
    watch.start()
    for _ in range(2):
        model(torch.randn(T, B, M)).sum().backward()
    assert list(watch.sequences()) == ["first", "second"]
    watch.stop()


@pytest.mark.filterwarnings("ignore")
def test_a_model_in_several_processes_is_seen_within_its_wrapper():
    if not torch.distributed.is_available():
        pytest.skip("torch was built without torch.distributed")
    torch.distributed.init_process_group(
        "gloo", store=torch.distributed.HashStore(), rank=0, world_size=1
    )
    try:
        model = nn.parallel.DistributedDataParallel(seeded(Reader))
        watch = Watch(model)
        watch.start()
        model(tokens()).sum().backward()
        (call,) = watch.sequences()["encoder.core"]
        assert call.is_reached
        watch.stop()
    finally:
        torch.distributed.destroy_process_group()
