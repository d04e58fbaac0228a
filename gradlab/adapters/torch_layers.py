"""The layers of a recorded module: those within are run again, with the same weights.

An LSTM's c_t is no output.  With h_{t−1} and x_t known its gates are one product over
all times, and c_t = f c_{t−1} + i g is elementwise.
"""

from typing import Any

import numpy as np

from gradlab._extras import require
from gradlab.adapters.alignment import Alignment
from gradlab.adapters.recording import RecordedLayer
from gradlab.adapters.stack import StackLayer
from gradlab.adapters.torch_calls import Sequences
from gradlab.adapters.torch_cell import kind_of, layer_names, stack_of
from gradlab.cells.lstm_base import AbstractLSTM
from gradlab.dynamics import Trajectory
from gradlab.typing import Array

__all__ = ["layers_of"]


def layers_of(sequences: Sequences, first: int) -> list[RecordedLayer]:
    """Return the layers of a module, numbered in the recording from `first` on."""
    stack = stack_of(sequences.module, sequences.name)
    levels, names = stack.rows(), layer_names(sequences.module, sequences.name)
    found: list[RecordedLayer] = []
    inputs, reads = sequences.inputs, tuple[int, ...]()
    dropped: Array | None = None
    for depth, level in enumerate(levels):
        top = depth == len(levels) - 1
        output = sequences.output if top else _output(sequences, inputs, depth)
        width = output.shape[-1] // len(level)
        for place, layer in enumerate(level):
            part = slice(place * width, (place + 1) * width)
            order = Alignment.of(inputs.shape, sequences.lengths, layer.direction)
            x, hidden = order.own(inputs), order.own(output[..., part])
            at = len(found)
            states = _states(sequences, layer, at, x, hidden, order)
            found.append(
                RecordedLayer(
                    name=names[at],
                    module=sequences.name,
                    trajectory=Trajectory(layer.cell, states, x),
                    sources=_sources(
                        sequences, layer, at, part if top else None, order
                    ),
                    order=order,
                    reads=reads,
                    dtype=_dtype(sequences.module),
                    dropout=None if dropped is None else order.own(dropped),
                )
            )
        reads = tuple(range(first + len(found) - len(level), first + len(found)))
        dropped = sequences.dropout[depth] if sequences.dropout and not top else None
        inputs = output if dropped is None else output * dropped
    return found


def _states(
    sequences: Sequences,
    layer: StackLayer,
    at: int,
    x: Array,
    hidden: Array,
    order: Alignment,
) -> Array:
    """Return the states (T + 1, B, n) of a layer, at rest until its sequences begin."""
    begun = [part[at] for part in sequences.state]
    h0 = begun[0] if begun else np.zeros(hidden.shape[1:])
    waiting = np.arange(len(x))[:, None] < order.starts[None, :]
    h = np.concatenate([h0[None], np.where(waiting[..., None], h0, hidden)])
    if not isinstance(layer.cell, AbstractLSTM):
        return h
    units = layer.cell.sizes[0] - layer.cell.hidden
    c0 = begun[1] if begun else np.zeros((hidden.shape[1], units))
    c = layer.cell.carried(h[:-1], x, c0, waiting=waiting)
    return np.concatenate([h, c], axis=-1)


def _sources(
    sequences: Sequences,
    layer: StackLayer,
    at: int,
    part: slice | None,
    order: Alignment,
) -> Array | None:
    """Return ∂L/∂(state_t) from outside: of the output (`part` of it), and of ends."""
    seen = sequences.output_gradient
    if seen is None:
        return None
    n = layer.cell.hidden
    sources = np.zeros((*seen.shape[:2], layer.cell.sizes[0]))
    if part is not None:
        sources[..., :n] = order.own(seen[..., part])
    for end, parts in zip(sequences.ends, sequences.final_gradients, strict=True):
        for place, gradient in zip((slice(n), slice(n, None)), parts, strict=False):
            sources[end - 1, :, place] += gradient[at]
    return sources


def _output(sequences: Sequences, inputs: Array, depth: int) -> Array:
    """Return what layer `depth` of a module writes, as a module of one layer does."""
    torch = require("torch", extra="torch")
    alone = _one_layer(sequences.module, inputs.shape[-1], depth)
    weight = next(alone.parameters())
    where = {"device": weight.device, "dtype": weight.dtype}
    directions = 2 if alone.bidirectional else 1
    own = slice(depth * directions, (depth + 1) * directions)
    begun = tuple(torch.tensor(part[own], **where) for part in sequences.state)
    state = begun if len(begun) > 1 else (begun[0] if begun else None)
    x: Any = torch.tensor(inputs, **where)
    rnn = torch.nn.utils.rnn
    if sequences.lengths is not None:
        lengths = torch.tensor(sequences.lengths)
        x = rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    with torch.no_grad():
        output, _ = alone(x, state)
    if sequences.lengths is not None:
        output, _ = rnn.pad_packed_sequence(output, total_length=len(inputs))
    return output.to(device="cpu", dtype=torch.float64).numpy()


def _one_layer(module: Any, width: int, depth: int) -> Any:
    """Return a module of one layer with the weights of layer `depth`."""
    torch = require("torch", extra="torch")
    kind = kind_of(module)
    weight = getattr(module, f"weight_hh_l{depth}")
    options: dict[str, Any] = {}
    if kind == "RNN":
        options["nonlinearity"] = module.nonlinearity
    if kind == "LSTM":
        options["proj_size"] = module.proj_size
    alone = getattr(torch.nn, kind)(
        width,
        module.hidden_size,
        bias=module.bias,
        bidirectional=module.bidirectional,
        device=weight.device,
        dtype=weight.dtype,
        **options,
    )
    with torch.no_grad():
        for name, parameter in alone.named_parameters():
            parameter.copy_(getattr(module, name.replace("_l0", f"_l{depth}")))
    return alone.eval()


def _dtype(module: Any) -> str:
    return str(next(module.parameters()).dtype).removeprefix("torch.")
