"""A recording is what torch computed: states, gradients, padding, loops, precisions."""

import numpy as np
import pytest

from gradlab.adapters import record
from gradlab.errors import InputError, NonFiniteError
from tests.adapters.models import B, Looped, M, N, Reader, T, nn, seeded, tokens, torch

KINDS = {
    "RNN": ("RNN", {}),
    "LSTM": ("LSTM", {}),
    "LSTM projected": ("LSTM", {"proj_size": 3}),
    "GRU": ("GRU", {}),
}
TORCH_NAMES = {"W_hh": "weight_hh_l0", "W_hx": "weight_ih_l0", "W_hr": "weight_hr_l0"}


def real_steps(layer):
    steps = np.arange(len(layer.trajectory))[:, None]
    return steps >= layer.order.starts[None, :]


def assert_consistent(layer, *, atol):
    """Every recorded state is a step from the one before, to the model's rounding."""
    trajectory = layer.trajectory
    stepped = trajectory.cell.step(trajectory.states[:-1], trajectory.inputs)
    gap = np.abs(stepped - trajectory.states[1:])[real_steps(layer)]
    assert gap.max() < atol


# Ulps of numbers near one, through at most ten products: of each precision.
ROUNDING = {
    "float64": 1e-14,
    "float32": 3e-6,
    "bfloat16": 0.1,
    "float16": 1e-2,
}


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("name", KINDS)
def test_states_are_the_model_s_own(name, dtype):
    kind, options = KINDS[name]
    shown = options.get("proj_size", N)
    options = options | {"num_layers": 2, "bidirectional": True}
    module = seeded(lambda: getattr(nn, kind)(M, N, **options))
    module = module.to(getattr(torch, dtype))
    x = torch.randn(T, B, M).to(getattr(torch, dtype))
    found = record(module, x)
    output, ended = module(x)
    names = ["layer0", "layer0.reverse", "layer1", "layer1.reverse"]
    assert [layer.name for layer in found.layers] == names
    assert {layer.dtype for layer in found.layers} == {dtype}
    assert [layer.reads for layer in found.layers] == [(), (), (0, 1), (0, 1)]
    for layer in found.layers:
        assert layer.sources is None
        assert_consistent(layer, atol=ROUNDING[dtype])
    top = np.split(output.detach().double().numpy(), 2, axis=-1)
    for layer, part in zip(found.layers[2:], top, strict=True):
        seen = layer.order.back(np.array(layer.trajectory.hidden))
        np.testing.assert_array_equal(seen, part)
    if kind == "LSTM":
        for layer, c in zip(found.layers, ended[1].detach().double(), strict=True):
            gap = layer.trajectory.states[-1, :, shown:] - c.numpy()
            assert np.abs(gap).max() < ROUNDING[dtype]


def test_packed_sequences_are_aligned_at_their_ends():
    module = seeded(lambda: nn.LSTM(M, N, bidirectional=True, dtype=torch.float64))
    lengths = torch.tensor([4, 6, 1])
    x = torch.randn(T, B, M, dtype=torch.float64)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    found = record(module, packed, loss=lambda out: out[0].data.sum())
    for layer in found.layers:
        np.testing.assert_array_equal(layer.order.starts, T - lengths.numpy())
        assert_consistent(layer, atol=1e-14)
        real = real_steps(layer)
        assert (layer.sources[..., :N][real] == 1).all()
        assert not layer.sources[~real].any()
        np.testing.assert_array_equal(layer.trajectory.states[0], 0)


def autograd_of(model, inputs, loss):
    model.zero_grad()
    loss(model(inputs)).backward()
    grads = {name: p.grad.numpy() for name, p in model.named_parameters()}
    model.zero_grad(set_to_none=True)
    return grads


@pytest.mark.parametrize("name", KINDS)
def test_full_gradients_from_a_recording_are_autograd_s(name):
    """Sources, states and chain together give ∂L/∂W to rounding."""
    kind, options = KINDS[name]
    model = seeded(lambda: getattr(nn, kind)(M, N, dtype=torch.float64, **options))
    x = torch.randn(T, B, M, dtype=torch.float64)
    losses = {
        "all outputs": lambda out: out[0].square().sum(),
        "last state": lambda out: (out[1][0] if kind == "LSTM" else out[1]).sum(),
        "cell state": lambda out: (out[1][1] if kind == "LSTM" else out[1]).exp().sum(),
    }
    for loss in losses.values():
        (layer,) = record(model, x, loss=loss).layers
        expected = autograd_of(model, x, loss)
        trajectory = layer.trajectory
        u = trajectory.chain.backpropagate(layer.sources)[1:]
        outers = trajectory.cell.parameter_cotangents(
            trajectory.states[:-1], trajectory.inputs, u
        )
        for ours, theirs in TORCH_NAMES.items():
            if ours not in outers:
                continue
            total, truth = outers[ours].total(2), expected[theirs]
            gap = np.linalg.norm(total - truth) / np.linalg.norm(truth)
            assert gap < 1e-13


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_a_loop_over_a_cell_is_one_sequence(kind):
    model = seeded(Looped, kind=kind).double()
    x = torch.randn(T, B, M, dtype=torch.float64)
    loss = lambda out: out.square().sum() / 2  # noqa: E731
    (layer,) = record(model, x, loss=loss).layers
    assert layer.name == "cell"
    assert len(layer.trajectory) == T
    assert_consistent(layer, atol=1e-14)
    # Each output is seen by its own square and by nothing later.
    np.testing.assert_allclose(
        layer.sources[..., :N], layer.trajectory.hidden, rtol=1e-14
    )
    expected = autograd_of(model, x, loss)["cell.weight_hh"]
    trajectory = layer.trajectory
    u = trajectory.chain.backpropagate(layer.sources)[1:]
    total = trajectory.cell.parameter_cotangents(
        trajectory.states[:-1], trajectory.inputs, u
    )["W_hh"].total(2)
    assert np.linalg.norm(total - expected) < 1e-13 * np.linalg.norm(expected)


def test_calls_with_the_state_carried_on_are_one_sequence():
    module = seeded(lambda: nn.GRU(M, N, num_layers=2, dtype=torch.float64))
    x = torch.randn(T, B, M, dtype=torch.float64)

    def in_pieces(model, inputs):
        first, state = model(inputs[:2])
        second, state = model(inputs[2:], state)
        return torch.cat([first, second])

    pieces = record(module, x, loss=lambda out: out.sum(), forward=in_pieces)
    whole = record(module, x, loss=lambda out: out[0].sum())
    assert len(pieces.layers) == len(whole.layers) == 2
    for one, other in zip(pieces.layers, whole.layers, strict=True):
        for a, b in (
            (one.trajectory.states, other.trajectory.states),
            (one.sources, other.sources),
        ):
            np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-15)


def test_calls_that_begin_anew_are_sequences_of_their_own():
    module = seeded(lambda: nn.GRU(M, N))
    twice = lambda model, x: (model(x), model(x))  # noqa: E731
    found = record(module, torch.randn(T, B, M), forward=twice)
    assert [layer.name for layer in found.layers] == ["gru", "gru (2)"]


FORMS = {
    "positional": lambda x: (x,),
    "named": lambda x: {"input": x},
    "inference": lambda x: x,
}


@pytest.mark.parametrize("form", FORMS)
def test_inputs_come_in_many_forms(form):
    module = seeded(lambda: nn.GRU(M, N))
    x = torch.randn(T, B, M)
    plain = record(module, x, loss=lambda out: out[0].sum())
    inside = torch.inference_mode() if form == "inference" else torch.no_grad()
    with inside:
        given = FORMS[form](x.clone() if form == "inference" else x)
        found = record(module, given, loss=lambda out: out[0].sum())
    np.testing.assert_array_equal(found.layers[0].sources, plain.layers[0].sources)


def test_a_single_sequence_without_a_batch_axis():
    module = seeded(lambda: nn.LSTM(M, N, batch_first=True))
    (layer,) = record(module, torch.randn(T, M), loss=lambda out: out[0].sum()).layers
    assert layer.trajectory.states.shape == (T + 1, 1, 2 * N)
    assert_consistent(layer, atol=ROUNDING["float32"])


def test_tokens_targets_and_names():
    model = seeded(Reader)
    loss = lambda out, y: nn.functional.cross_entropy(out.flatten(0, 1), y.flatten())  # noqa: E731
    found = record(model, tokens(), tokens(), loss=loss)
    assert found.model == "Reader"
    assert [layer.name for layer in found.layers] == ["encoder.core"]
    expected = loss(model(tokens()), tokens())
    assert found.loss == pytest.approx(float(expected.detach()), rel=1e-6)
    assert found.layer("encoder.core") is found.layers[0]
    with pytest.raises(InputError, match=r"must be one of encoder\.core; got 'x'"):
        found.layer("x")


@pytest.mark.parametrize("bidirectional", [False, True])
def test_some_sequences_are_those_of_all(bidirectional):
    module = seeded(lambda: nn.LSTM(M, N, 2, bidirectional=bidirectional))
    x = torch.randn(T, 9, M)
    lengths = torch.tensor([T, 3, 2, 4, T, 1, 2, 3, 4])
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    whole, some = (
        record(module, packed, loss=lambda out: out[0].data.sum(), sequences=k)
        for k in (None, 3)
    )
    picked = [0, 4, 8]
    assert some.loss == whole.loss
    for one, every in zip(some.layers, whole.layers, strict=True):
        np.testing.assert_array_equal(one.order.lengths, lengths[picked])
        np.testing.assert_array_equal(one.order.lengths, every.order.lengths[picked])
        if every.sources is not None:
            np.testing.assert_array_equal(one.sources, every.sources[:, picked])
        # Lower layers are run again on fewer sequences: other blocks of float32.
        np.testing.assert_allclose(
            one.trajectory.states, every.trajectory.states[:, picked], atol=1e-6
        )


def test_what_is_left_out_is_looked_at_all_the_same():
    x = torch.randn(T, 9, M)
    x[3, 2, 1] = torch.nan
    with pytest.raises(NonFiniteError, match=r"`inputs` .*\(3, 2, 1\)"):
        record(seeded(lambda: nn.GRU(M, N)), x, sequences=3)


def test_a_frozen_model_is_differentiated_all_the_same():
    model = seeded(Reader)
    plain = record(model, tokens(), loss=lambda out: out.sum())
    model.requires_grad_(False)
    frozen = record(model, tokens(), loss=lambda out: out.sum())
    np.testing.assert_array_equal(frozen.layers[0].sources, plain.layers[0].sources)
    assert not any(p.requires_grad for p in model.parameters())


def test_half_precision_gradients_are_scaled_past_underflow():
    module = seeded(lambda: nn.GRU(M, N)).half()
    x = torch.randn(T, B, M).half()
    tiny = lambda out: out[0].float().sum() * 2.0**-30  # noqa: E731
    (layer,) = record(module, x, loss=tiny).layers
    np.testing.assert_array_equal(layer.sources, 2.0**-30)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wrappers_are_looked_into():
    model = seeded(Reader)
    compiled = torch.compile(model)
    plain = record(model, tokens(), loss=lambda out: out.sum())
    for wrapped in (compiled, nn.DataParallel(model)):
        found = record(wrapped, tokens(), loss=lambda out: out.sum())
        assert [layer.name for layer in found.layers] == ["encoder.core"]
        np.testing.assert_array_equal(found.layers[0].sources, plain.layers[0].sources)


def test_autocast_is_the_caller_s():
    module = seeded(lambda: nn.GRU(M, N))
    x = torch.randn(T, B, M)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (layer,) = record(module, x, loss=lambda out: out[0].float().sum()).layers
    (plain,) = record(module, x, loss=lambda out: out[0].sum()).layers
    gap = np.abs(layer.trajectory.states - plain.trajectory.states).max()
    assert 0 < gap < ROUNDING["bfloat16"]
