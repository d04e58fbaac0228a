"""Models from files are torch's own: outputs, losses and gradients to 1e-12."""

import dataclasses
import math

import numpy as np
import pytest

from gradlab.adapters import from_checkpoint, from_torch
from gradlab.adapters import record as record_torch
from gradlab.cells import GRU, ProjectedLSTM
from gradlab.errors import CheckpointError, InputError, ShapeError
from tests.checkpoints.files import safetensors_of

torch = pytest.importorskip("torch")
nn = torch.nn

T, B, M, N, Q = 12, 3, 4, 5, 7
SAFETENSORS = {
    torch.float64: ("F64", "<f8"),
    torch.float32: ("F32", "<f4"),
    torch.float16: ("F16", "<f2"),
    torch.bfloat16: ("BF16", "<u2"),
}


class Reader(nn.Module):
    """Symbols in, an outlook on the next one out."""

    def __init__(self, kind, **options):
        super().__init__()
        self.embedding = nn.Embedding(Q, M)
        self.core = getattr(nn, kind)(M, N, **options)
        shown = options.get("proj_size", N)
        self.head = nn.Linear(shown * (1 + options.get("bidirectional", False)), Q)

    def forward(self, symbols):
        return self.head(self.core(self.embedding(symbols))[0])


def safetensors_bytes(state):
    """A state dict in the format of safetensors, written down anew."""
    arrays, dtypes = {}, {}
    for name, tensor in state.items():
        dtypes[name], stored = SAFETENSORS[tensor.dtype]
        bits = tensor.detach().contiguous().view(torch.uint8).numpy()
        arrays[name] = bits.view(stored).reshape(tensor.shape)
    return safetensors_of(arrays, dtypes)


@pytest.fixture
def written(tmp_path):
    def write(state):
        path = tmp_path / "model.safetensors"
        path.write_bytes(safetensors_bytes(state))
        return path

    return write


def seeded(make, *arguments, **options):
    torch.manual_seed(0)
    return make(*arguments, **options)


KINDS = {
    "RNN": ("RNN", {"nonlinearity": "tanh"}),
    "RNN relu": ("RNN", {"nonlinearity": "relu"}),
    "LSTM": ("LSTM", {}),
    "LSTM projected": ("LSTM", {"proj_size": 2}),
    "GRU": ("GRU", {}),
}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("name", KINDS)
def test_outputs_are_torch_s(name, layers, both, bias, written):
    kind, options = KINDS[name]
    shape = {"num_layers": layers, "bidirectional": both, "bias": bias}
    model = seeded(Reader, kind, **options, **shape).double()
    activation = options.get("nonlinearity")
    found = from_checkpoint(written(model.state_dict()), activation=activation)
    symbols = torch.randint(Q, (T, B))
    with torch.no_grad():
        expected = model(symbols).numpy()
        written_by_core = model.core(model.embedding(symbols))[0].numpy()
    x = model.embedding(symbols).detach().numpy()
    # Sums of a dozen products of order one in another order, through T steps.
    np.testing.assert_allclose(found.outputs(symbols.numpy()), expected, atol=1e-12)
    np.testing.assert_allclose(found.stack.outputs(x), written_by_core, atol=1e-12)
    assert found.caveats == ()
    assert (found.kind, found.dtype, found.symbols) == (kind, "float64", Q)


def test_a_projected_module_alone_is_what_from_torch_has(written):
    module = seeded(nn.LSTM, M, N, proj_size=2)
    found = from_checkpoint(written(module.state_dict()))
    (layer,), cell = found.stack.layers, from_torch(module)
    assert isinstance(layer.cell, ProjectedLSTM)
    assert (layer.cell.units, layer.cell.hidden) == (N, 2)
    for key, value in cell.params.items():
        np.testing.assert_array_equal(layer.cell.params[key], value)
    assert repr(found) == "LoadedModel(LSTM 4 → 5 → 2 projected, float32)"


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_module_or_a_cell_alone_is_what_from_torch_has(kind, written):
    for name in (kind, f"{kind}Cell"):
        module = seeded(getattr(nn, name), M, N)
        found = from_checkpoint(written(module.state_dict()))
        (layer,), cell = found.stack.layers, from_torch(module)
        assert type(layer.cell) is type(cell)
        for key, value in cell.params.items():
            np.testing.assert_array_equal(layer.cell.params[key], value)
        assert (found.name, found.embedding, found.W_qh) == ("", None, None)


@pytest.mark.parametrize("dtype", SAFETENSORS)
def test_every_precision_is_widened_exactly_and_named(dtype, written):
    module = seeded(nn.GRU, M, N).to(dtype)
    found = from_checkpoint(written(module.state_dict()))
    weights = module.weight_hh_l0.detach().double().numpy()
    np.testing.assert_array_equal(found.stack.layers[0].cell.W_hh, weights)
    assert found.dtype == str(dtype).removeprefix("torch.")


def test_what_torch_saves_is_the_same_model(tmp_path, written):
    model = seeded(Reader, "LSTM", num_layers=2, bidirectional=True)
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.zeros((2, 1), dtype=torch.long)).sum().backward()
    optimiser.step()
    path = tmp_path / "step_3.ckpt"
    state = {f"module.{name}": value for name, value in model.state_dict().items()}
    torch.save({"state_dict": state, "optimizer": optimiser.state_dict()}, path)
    found, again = from_checkpoint(path), from_checkpoint(written(state))
    symbols = np.arange(T * B).reshape(T, B) % Q
    np.testing.assert_array_equal(found.outputs(symbols), again.outputs(symbols))
    with torch.no_grad():
        expected = model.double()(torch.tensor(symbols)).numpy()
    np.testing.assert_allclose(found.outputs(symbols), expected, atol=1e-12)
    assert repr(found) == (
        "LoadedModel(LSTM 4 → 5, 2 layers, two directions, reads 7 symbols, "
        "7 outputs, float32)"
    )


def test_arrays_of_numpy_are_the_same_model(tmp_path):
    model = seeded(Reader, "GRU")
    path = tmp_path / "model.npz"
    np.savez_compressed(path, **{n: v.numpy() for n, v in model.state_dict().items()})
    symbols = np.arange(T * B).reshape(T, B) % Q
    with torch.no_grad():
        expected = model.double()(torch.tensor(symbols)).numpy()
    found = from_checkpoint(path).outputs(symbols)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def mean_loss(which):
    def loss(output, targets):
        picked = slice(None) if which == "every" else slice(-1, None)
        return nn.functional.cross_entropy(
            output[picked].reshape(-1, Q), targets[picked].reshape(-1)
        )

    return loss


@pytest.mark.parametrize("which", ["last", "every"])
@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize("name", ["RNN", "LSTM", "LSTM projected", "GRU"])
def test_a_recording_is_that_of_the_torch_model(name, both, which, written):
    kind, options = KINDS[name]
    shape = {"num_layers": 2, "bidirectional": both}
    model = seeded(Reader, kind, **options, **shape).double()
    symbols, targets = torch.randint(Q, (T, B)), torch.randint(Q, (T, B))
    theirs = record_torch(model, symbols, targets, loss=mean_loss(which))
    found = from_checkpoint(written(model.state_dict()), activation=None)
    ours = found.record(symbols.numpy(), targets.numpy(), loss=which)
    assert ours.loss == pytest.approx(theirs.loss, rel=1e-12)
    assert len(ours.layers) == len(theirs.layers) == 2 * (1 + both)
    for a, b in zip(ours.layers, theirs.layers, strict=True):
        assert (a.name, a.module, a.reads, a.dtype) == (
            b.name,
            b.module,
            b.reads,
            b.dtype,
        )
        assert a.order.direction == b.order.direction
        np.testing.assert_allclose(a.trajectory.states, b.trajectory.states, atol=1e-12)
        np.testing.assert_allclose(a.sources, b.sources, rtol=1e-10, atol=1e-15)


def test_without_targets_there_is_no_loss(written):
    found = from_checkpoint(written(seeded(nn.LSTM, M, N, 2).state_dict()))
    recording = found.record(np.zeros((T, B, M)))
    assert math.isnan(recording.loss)
    assert [layer.sources for layer in recording.layers] == [None, None]
    assert [layer.name for layer in recording.layers] == ["layer0", "layer1"]
    with pytest.raises(InputError, match="`loss` needs a readout in the file; there"):
        found.record(np.zeros((T, B, M)), np.zeros((T, B), int), loss="last")
    found = from_checkpoint(written(seeded(Reader, "LSTM").state_dict()))
    with pytest.raises(InputError, match="`loss` needs `targets`; there is none"):
        found.record(np.zeros((T, B), int), loss="every")


def test_some_sequences_are_those_of_all(written):
    found = from_checkpoint(written(seeded(Reader, "GRU").state_dict()))
    symbols = np.arange(T * 5).reshape(T, 5) % Q
    whole = found.record(symbols, symbols, loss="every")
    few = found.record(symbols, symbols, loss="every", sequences=3)
    (all_of, picked) = (recording.layers[0] for recording in (whole, few))
    assert few.loss == whole.loss
    np.testing.assert_array_equal(picked.sources, all_of.sources[:, ::2])
    np.testing.assert_array_equal(
        picked.trajectory.states, all_of.trajectory.states[:, ::2]
    )
    assert len(picked.order.lengths) == 3


def test_a_layer_may_be_another_cell(written):
    found = from_checkpoint(written(seeded(Reader, "GRU", num_layers=2).state_dict()))
    other = GRU.random(N, N, gain=1.0, rng=0)
    again = found.with_cells({"core.layer1": other})
    assert [layer.cell for layer in again.stack.layers] == [
        found.stack.layers[0].cell,
        other,
    ]
    with pytest.raises(InputError, match=r"layers of core\.layer0, core\.layer1; got"):
        found.with_cells({"core": other})


def test_a_projected_layer_may_be_another_cell(written):
    model = seeded(Reader, "LSTM", num_layers=2, proj_size=2)
    found = from_checkpoint(written(model.state_dict()))
    names = ("core.layer0", "core.layer1")
    cells = {
        name: ProjectedLSTM.random(N, m, projected=2, gain=1.0, rng=0)
        for name, m in zip(names, (M, 2), strict=True)
    }
    again = found.with_cells(cells)
    assert [layer.cell for layer in again.stack.layers] == list(cells.values())
    assert again.outputs(np.zeros((T, B), int)).shape == (T, B, Q)
    with pytest.raises(ShapeError, match="m = 5 inputs, what the layer below writes"):
        found.with_cells({names[0]: GRU.random(N, M, gain=1.0, rng=0)})
    with pytest.raises(ShapeError, match=r"`W_qh` must have shape \(q, n\) with n = 5"):
        found.with_cells({names[1]: GRU.random(N, 2, gain=1.0, rng=0)})


def test_symbols_without_an_embedding_are_unit_vectors(written):
    found = from_checkpoint(written(seeded(nn.RNN, M, N).state_dict()))
    symbols = np.arange(T * B).reshape(T, B) % M
    np.testing.assert_array_equal(found.inputs(symbols), np.eye(M)[symbols])


def test_a_model_whose_parts_do_not_fit_is_refused(written):
    found = from_checkpoint(
        written(seeded(Reader, "GRU", bidirectional=True).state_dict())
    )
    assert not found.W_qh.flags.writeable
    for part, wrong, shape in (
        ("W_qh", np.zeros((Q, N)), r"\(q, n\) with n = 10"),
        ("b_q", np.zeros(Q + 1), r"\(q,\) with q = 7"),
        ("embedding", np.zeros((Q, N)), r"\(symbols, m\) with m = 4"),
    ):
        with pytest.raises(ShapeError, match=f"`{part}` must have shape {shape}"):
            dataclasses.replace(found, **{part: wrong})


BATCHES = {
    "numbers": (np.zeros((T, B, M)), "must be symbols, integers of shape (T, B)"),
    "floats": (np.zeros((T, B)), "must be symbols, integers of shape (T, B)"),
    "one sequence": (np.zeros(T, int), "must be symbols, integers of shape (T, B)"),
    "a symbol too many": (np.full((T, B), Q), "must be classes in 0 … 6; got 7"),
    "a symbol below": (np.full((T, B), -1), "must be classes in 0 … 6; got -1"),
}


@pytest.mark.parametrize("name", BATCHES)
def test_what_a_reader_cannot_read_is_refused(name, written):
    batch, cause = BATCHES[name]
    found = from_checkpoint(written(seeded(Reader, "RNN").state_dict()))
    with pytest.raises(InputError) as caught:
        found.outputs(batch)
    assert cause in str(caught.value)


def test_a_projection_to_more_than_the_units_is_refused_clearly(written):
    state = seeded(nn.LSTM, M, N, proj_size=2).state_dict()
    state["weight_hh_l0"] = torch.zeros((4 * N, N + 1))
    state["weight_hr_l0"] = torch.zeros((N + 1, N))
    expected = r"LSTM 4 → 5 → 6 projected, float32 \(torch\): its state is projected to"
    with pytest.raises(CheckpointError, match=expected):
        from_checkpoint(written(state))


def test_what_is_taken_for_granted_and_left_out_is_said(written):
    state = seeded(Reader, "RNN").state_dict() | {"norm.weight": torch.ones(N)}
    found = from_checkpoint(written(state))
    assert found.caveats == (
        "its nonlinearity is not in the file: tanh is taken",
        "not in the model as it is rebuilt here: `norm.weight`",
    )
    assert found.record(np.zeros((T, B), int)).caveats == found.caveats
    for name in "abcdefgh":
        state[name] = torch.ones(1)
    (caveat,) = from_checkpoint(written(state), activation="tanh").caveats
    assert caveat.endswith("`d`, `e` and 3 more")


def test_a_flag_that_does_not_fit_is_refused(written):
    path = written(seeded(Reader, "GRU").state_dict())
    with pytest.raises(InputError, match="`activation` is for an RNN; `core`: GRU"):
        from_checkpoint(path, activation="relu")
    path = written(seeded(Reader, "RNN").state_dict())
    with pytest.raises(InputError, match="`activation` must be one of"):
        from_checkpoint(path, activation="gelu")
    with pytest.raises(InputError, match=r"modules are 'core'\. Name one; got 'rnn'"):
        from_checkpoint(path, module="rnn")


def keras_lstm(W, U, b, x):
    """Keras's own documentation: z = x W + h U + b, in i, f, c, o; rows are states."""
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    h = c = np.zeros((x.shape[1], len(U)))
    for row in x:
        i, f, g, o = np.split(row @ W + h @ U + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


def keras_gru(W, U, b, x):
    """In z, r, h with reset_after: h~ = tanh(x W_h + b_h + r (h U_h + b'_h))."""
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    h = np.zeros((x.shape[1], len(U)))
    for row in x:
        zx, rx, hx = np.split(row @ W + b[0], 3, axis=1)
        zh, rh, hh = np.split(h @ U + b[1], 3, axis=1)
        z, r = sigmoid(zx + zh), sigmoid(rx + rh)
        h = z * h + (1 - z) * np.tanh(hx + r * hh)
    return h


@pytest.mark.parametrize(
    ("step", "gates", "bias"), [(keras_lstm, 4, (4 * N,)), (keras_gru, 3, (2, 3 * N))]
)
def test_weights_of_keras_are_its_model(step, gates, bias, tmp_path, rng):
    W, U = rng.normal(size=(M, gates * N)), rng.normal(size=(N, gates * N))
    b, x = rng.normal(size=bias), rng.normal(size=(T, B, M))
    V, c = rng.normal(size=(N, Q)), rng.normal(size=Q)
    path = tmp_path / "model.npz"
    names = {"rnn/kernel": W, "rnn/recurrent_kernel": U, "rnn/bias": b}
    np.savez(path, **names, **{"dense/kernel": V, "dense/bias": c})
    expected = step(W, U, b, x) @ V + c
    found = from_checkpoint(path)
    np.testing.assert_allclose(found.outputs(x)[-1], expected, atol=1e-12)
    assert found.caveats == (
        "its activations are not in its weights: Keras's own are taken",
    )
