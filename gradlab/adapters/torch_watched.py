"""A watched pass as layers in float64: some sequences, and ∂L as torch brought it.

What dropout drew between the layers of a module is drawn again, from the state that the
generator had then; the generator itself is left where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab._extras import require
from gradlab.adapters.recording import RecordedLayer
from gradlab.adapters.torch_calls import Sequences
from gradlab.adapters.torch_hooks import data_of, untouched
from gradlab.adapters.torch_layers import layers_of
from gradlab.adapters.torch_watch import SeenCall
from gradlab.cells import LSTM
from gradlab.cells.activations import Tanh
from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["WatchedModule", "watched_module"]

_TANH = Tanh()


@final
@dataclass(frozen=True, eq=False)
class WatchedModule:
    """The layers of one recurrent module in the last pass, some sequences of it.

    Attributes
    ----------
    layers : tuple of RecordedLayer
        `reads` are places in this tuple.  Where a call ended, `sources` hold all of
        ∂L/∂(state), what comes through later calls included.
    ends : tuple of int
        The step after which each call ended: every one of a cell.
    dtype : str
        The precision of what the module returned, which gradients have, too.
    caveats : tuple of str
    """

    layers: tuple[RecordedLayer, ...]
    ends: tuple[int, ...]
    dtype: str
    caveats: tuple[str, ...] = ()


def watched_module(
    name: str,
    module: Any,
    calls: Sequence[SeenCall],
    *,
    sequences: int | None,
    scale: float = 1.0,
) -> WatchedModule:
    """Return the layers of a module in float64.

    Parameters
    ----------
    name : str
        Of the module in its model.
    module : torch.nn.Module
    calls : sequence of SeenCall
        Its last sequence, from `Watch.sequences`.
    sequences : int or None
        How many sequences of the batch to look at, evenly picked; all unless told.
    scale : float
        What the loss was multiplied by before it was taken back.

    Raises
    ------
    NonFiniteError
        If a weight, input or state is NaN or infinite.
    InputError
        If no gradient came back, or inputs or outputs were overwritten since.
    """
    torch = require("torch", extra="torch")
    _require_whole(name, calls)
    device = data_of(calls[0].output).device.type
    with untouched(module), torch.autocast(device, enabled=False):
        form = _Form.of(module, calls[0], sequences)
        found = form.sequences(name, module, calls, scale)
        layers = layers_of(found, 0)
    if form.is_cell and isinstance(layers[0].trajectory.cell, LSTM):
        _leave_out_own_output(layers[0])
    return WatchedModule(
        layers=tuple(layers),
        ends=found.ends,
        dtype=str(data_of(calls[-1].output).dtype).removeprefix("torch."),
        caveats=_caveats(name, module, found),
    )


def _require_whole(name: str, calls: Sequence[SeenCall]) -> None:
    what = f"`{name}`" if name else "the model"
    if not any(call.is_reached for call in calls):
        message = f"{what} was called, and no gradient came back to it."
        raise InputError(message)
    if any(call.is_overwritten for call in calls):
        message = f"what {what} read or returned was overwritten in place."
        raise InputError(message)


def _leave_out_own_output(layer: RecordedLayer) -> None:
    """Take from ∂L/∂c_t of an LSTM cell what comes through the h_t that is made of it.

    As a state, (h, c) are two; autograd's gradient of the tensor c is through both.
    """
    trajectory, sources = layer.trajectory, layer.sources
    if sources is None:
        return
    n = trajectory.cell.hidden
    c = trajectory.states[1:, ..., n:]
    gates = trajectory.cell.gate_values(trajectory.states[:-1], trajectory.inputs)
    sources[..., n:] -= sources[..., :n] * gates["o"] * _TANH.slope(c)


def _caveats(name: str, module: Any, found: Sequences) -> tuple[str, ...]:
    between = getattr(module, "num_layers", 1) > 1 and module.dropout > 0
    if between and module.training and not found.dropout:
        what = f"`{name}`" if name else "the model"
        return (
            f"{what} drops units between its layers where it cannot be followed: "
            "what is said of its layers above the first is without dropout.",
        )
    return ()


@final
@dataclass(frozen=True, eq=False)
class _Form:
    """How a module lays out its tensors, and which sequences of them are wanted."""

    is_cell: bool
    is_packed: bool
    batch_first: bool
    unbatched: bool
    picked: Array

    @classmethod
    def of(cls, module: Any, call: SeenCall, sequences: int | None) -> "_Form":
        is_cell = not hasattr(module, "num_layers")
        is_packed = data_of(call.inputs) is not call.inputs
        unbatched = not is_packed and call.inputs.dim() == (1 if is_cell else 2)
        batch_first = getattr(module, "batch_first", False)
        axis = 0 if is_cell or batch_first else 1
        if is_packed:
            size = int(call.inputs.batch_sizes[0])
        else:
            size = 1 if unbatched else call.inputs.shape[axis]
        count = size if sequences is None else min(sequences, size)
        picked = np.linspace(0, size - 1, count).round().astype(np.int64)
        return cls(is_cell, is_packed, batch_first, unbatched, picked)

    def sequences(
        self, name: str, module: Any, calls: Sequence[SeenCall], scale: float
    ) -> Sequences:
        """Return the calls, one after the other, as arrays."""
        inputs, lengths = self._over_time([call.inputs for call in calls])
        output, _ = self._over_time([call.output for call in calls])
        gradient = self._gradient(calls) / scale
        ends = np.cumsum([self._steps(call.inputs, inputs) for call in calls])
        return Sequences(
            name=name,
            module=module,
            inputs=inputs,
            output=output,
            state=tuple(self._state(part) for part in calls[0].state),
            final=tuple(self._state(part) for part in calls[-1].final),
            output_gradient=gradient,
            final_gradients=tuple(self._ended(call, scale) for call in calls),
            ends=tuple(ends.tolist()),
            lengths=lengths,
            dropout=self._dropout(module, calls[0]),
        )

    def _steps(self, inputs: Any, array: Array) -> int:
        if self.is_cell:
            return 1
        if self.is_packed:
            return len(array)
        return int(inputs.shape[int(self.batch_first and not self.unbatched)])

    def _over_time(self, tensors: Sequence[Any]) -> tuple[Array, Array | None]:
        """Return inputs or outputs of calls as (T, b, ·), and lengths if packed."""
        torch = require("torch", extra="torch")
        if self.is_packed:
            padded, lengths = torch.nn.utils.rnn.pad_packed_sequence(tensors[0])
            return self._array(padded), lengths.numpy()[self.picked]
        parts = [tensor.detach() for tensor in tensors]
        if self.is_cell:
            whole = torch.stack(parts)
        elif len(parts) > 1:
            whole = torch.cat(parts, dim=int(self.batch_first and not self.unbatched))
        else:
            (whole,) = parts
        return self._array(self._turned(whole)), None

    def _turned(self, tensor: Any) -> Any:
        """Return a tensor with time first and a batch second."""
        if self.unbatched:
            return tensor[:, None]
        turned = self.batch_first and not self.is_cell
        return tensor.transpose(0, 1) if turned else tensor

    def _gradient(self, calls: Sequence[SeenCall]) -> Array:
        """Return ∂L/∂output (T, b, ·), zeros where none came."""
        torch = require("torch", extra="torch")
        found = []
        for call in calls:
            gradient = call.gradients[0]
            if gradient is None:
                gradient = torch.zeros_like(data_of(call.output))
            found.append(self._like(call.output, gradient))
        return self._over_time(found)[0]

    def _like(self, output: Any, values: Any) -> Any:
        """Return values of an output's steps in the form of that output."""
        return output._replace(data=values) if self.is_packed else values

    def _ended(self, call: SeenCall, scale: float) -> tuple[Array, ...]:
        """Return ∂L/∂(final state), parts (L, b, n); h of a cell is its output."""
        torch = require("torch", extra="torch")
        parts = []
        for place, part in enumerate(call.final):
            gradient = call.gradients[1 + place]
            absent = gradient is None or (self.is_cell and place == 0)
            value = torch.zeros_like(part) if absent else gradient
            parts.append(self._state(value) / scale)
        return tuple(parts)

    def _state(self, tensor: Any) -> Array:
        """Return a state (L, b, n)."""
        tensor = tensor.detach()
        if self.unbatched:
            tensor = tensor[..., None, :]
        return self._array(tensor[None] if self.is_cell else tensor)

    def _array(self, tensor: Any) -> Array:
        """Return the wanted sequences of a tensor (·, B, ·), in float64."""
        torch = require("torch", extra="torch")
        index = torch.from_numpy(self.picked).to(tensor.device)
        some = tensor.detach().index_select(1, index)
        return some.to(device="cpu", dtype=torch.float64).numpy()

    def _dropout(self, module: Any, call: SeenCall) -> tuple[Array, ...]:
        """Return what dropout drew after every layer but the last."""
        if call.random is None:
            return ()
        torch = require("torch", extra="torch")
        data = data_of(call.output)
        ones = torch.ones_like(
            data if self.is_packed else self._turned(data),
            memory_format=torch.contiguous_format,
            requires_grad=False,
        )
        found = []
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(call.random)
            for _ in range(module.num_layers - 1):
                drawn = torch.nn.functional.dropout(ones, module.dropout, training=True)
                found.append(
                    self._over_time([self._like(call.output, drawn)])[0]
                    if self.is_packed
                    else self._array(drawn)
                )
        return tuple(found)
