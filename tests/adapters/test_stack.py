"""A stack of layers is torch's module: outputs, padding, directions, initial states."""

import itertools

import numpy as np
import pytest

from gradlab.adapters import Alignment, Stack, StackLayer, from_torch
from gradlab.cells import LSTM, RNN, Linear
from gradlab.errors import InputError, ShapeError

torch = pytest.importorskip("torch")

T, B, M, N = 7, 3, 3, 4
LENGTHS = np.array([5, 7, 2])
KINDS = {
    "RNN": {},
    "RNN relu": {"nonlinearity": "relu"},
    "LSTM": {},
    "GRU": {},
}
BATTERY = list(
    itertools.product(KINDS, (1, 2, 3), (False, True), (False, True), (False, True))
)


def module(kind, layers, both, bias, first):
    torch.manual_seed(0)
    options = {**KINDS[kind], "bidirectional": both, "bias": bias, "batch_first": first}
    made = getattr(torch.nn, kind.split()[0])
    return made(M, N, layers, dtype=torch.float64, **options)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "packed"])
@pytest.mark.parametrize("settings", BATTERY, ids=str)
def test_outputs_are_torch_s(settings, lengths, rng):
    kind, layers, both, bias, first = settings
    made = module(kind, layers, both, bias, first)
    stack = from_torch(made)
    if not isinstance(stack, Stack):
        stack = Stack([StackLayer(0, "forward", stack)])
    x = rng.normal(size=(T, B, M))
    h0 = rng.normal(size=(len(stack.layers), B, stack.layers[0].cell.sizes[0]))
    with torch.no_grad():
        output = torch_output(made, x, h0, lengths, first)
    ours = stack.outputs(x, h0, lengths)
    assert ours.shape == output.shape
    # Three layers of seven steps, each of sums of at most twelve products.
    np.testing.assert_allclose(ours, output, rtol=1e-12, atol=1e-13)


def torch_output(made, x, h0, lengths, first):
    rnn = torch.nn.utils.rnn
    parts = np.split(h0, h0.shape[-1] // N, axis=-1)
    state = tuple(torch.tensor(part) for part in parts)
    inputs = torch.tensor(np.swapaxes(x, 0, 1) if first else x)
    if lengths is not None:
        packing = {"batch_first": first, "enforce_sorted": False}
        inputs = rnn.pack_padded_sequence(inputs, torch.tensor(lengths), **packing)
    output, _ = made(inputs, state if len(state) > 1 else state[0])
    if lengths is not None:
        return rnn.pad_packed_sequence(output)[0].numpy()
    return output.transpose(0, 1).numpy() if first else output.numpy()


def test_runs_rest_until_their_sequences_begin(rng):
    stack = Stack(
        [
            StackLayer(0, "forward", RNN.random(N, M, gain=1.0, rng=rng)),
            StackLayer(0, "backward", LSTM.random(N, M, gain=1.0, rng=rng)),
        ]
    )
    x = rng.normal(size=(T, B, M))
    h0 = [rng.normal(size=(B, N)), rng.normal(size=(B, 2 * N))]
    forward, backward = stack.run(x, h0, LENGTHS)
    for b, length in enumerate(LENGTHS):
        alone = x[:length, b]
        for trajectory, rest, own in (
            (forward, h0[0], alone),
            (backward, h0[1], alone[::-1]),
        ):
            begun = T - length
            np.testing.assert_array_equal(
                trajectory.states[: begun + 1, b] - rest[b], 0
            )
            np.testing.assert_array_equal(trajectory.inputs[begun:, b], own)
            h = rest[b]
            for t, inputs in enumerate(own, begun + 1):
                h = trajectory.cell.step(h, inputs)
                # A product of a batch and one of a row round differently.
                np.testing.assert_allclose(trajectory.states[t, b], h, rtol=1e-13)


def test_own_order_and_back_are_inverse_where_a_sequence_is(rng):
    values = rng.normal(size=(T, B, 2))
    real = np.arange(T)[:, None] < LENGTHS
    for direction in ("forward", "backward"):
        order = Alignment.of(values.shape, LENGTHS, direction)
        np.testing.assert_array_equal(
            order.back(order.own(values)), np.where(real[..., None], values, 0)
        )


def test_layers_that_do_not_fit_are_refused():
    narrow, wide = Linear(np.eye(2), np.ones((2, 1))), Linear(np.eye(2), np.eye(2))
    Stack([StackLayer(0, "forward", narrow), StackLayer(1, "forward", wide)])
    with pytest.raises(ShapeError, match=r"`layer1` must have shape m = 2 inputs"):
        Stack([StackLayer(0, "forward", narrow), StackLayer(1, "forward", narrow)])
    for bad in ([1], [0, 0], [1, 0]):
        with pytest.raises(InputError, match="from the inputs up"):
            Stack([StackLayer(i, "forward", narrow) for i in bad])


@pytest.mark.parametrize("bad", [[1, 0, 2], [8, 1, 1], [1.5, 1, 1]])
def test_lengths_that_are_none_are_refused(bad):
    with pytest.raises(InputError, match=r"`lengths` must be integers in 1 … T = 7"):
        Alignment.of((T, B, M), bad, "forward")
    with pytest.raises(ShapeError, match="`lengths` must have shape"):
        Alignment.of((T, B, M), [1, 2], "forward")


def test_a_state_for_every_layer_is_needed(rng):
    stack = Stack([StackLayer(0, "forward", Linear(np.eye(2), np.ones((2, 1))))])
    with pytest.raises(InputError, match="`h0` must hold 1 states; got 2"):
        stack.run(np.zeros((3, 1, 1)), [np.zeros((1, 2))] * 2)
    with pytest.raises(ShapeError, match="`h0` must have shape"):
        stack.run(np.zeros((3, 1, 1)), [np.zeros((1, 3))])
