"""Calls of a recurrent module as arrays (T, B, ·), whatever form they came in.

Packed sequences are unpacked, batches that come first are turned, calls step by step
are joined into one sequence where each begins with the state the last one ended with.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from gradlab._checks import require_finite
from gradlab._extras import require
from gradlab.adapters.torch_hooks import Call
from gradlab.typing import Array

__all__ = ["Sequences", "joined", "sequences_of"]


@final
@dataclass(frozen=True, eq=False)
class Sequences:
    """One call of a module, or several that follow on each other.

    Attributes
    ----------
    name : str
        Of the module.
    module : torch.nn.Module
    inputs, output : (T, B, ·) array
        Of the module as a whole, padded behind.
    state : tuple of (L, B, n) array
        (h_0,) or (h_0, c_0) of its L layers and directions; empty if none was given.
    final : tuple of (L, B, n) array
        The same at the end.
    output_gradient : (T, B, ·) array or None
        ∂L/∂output; None where there is no loss.
    final_gradients : tuple
        ∂L/∂(final state) of every call, parts as in `final`; empty without a loss.
    ends : tuple of int
        The step after which each call ended.
    lengths : (B,) array of int or None
    dropout : tuple of (T, B, ·) array
        What every layer but the last wrote is multiplied by, 0 or 1/(1 − p), on its way
        to the next; empty where nothing is dropped.
    """

    name: str
    module: Any
    inputs: Array
    output: Array
    state: tuple[Array, ...]
    final: tuple[Array, ...]
    output_gradient: Array | None
    final_gradients: tuple[tuple[Array, ...], ...]
    ends: tuple[int, ...]
    lengths: Array | None
    dropout: tuple[Array, ...] = ()

    def some(self, limit: int) -> Self:
        """Return the same of so many sequences at most, evenly picked.

        Raises
        ------
        NonFiniteError
            If a number of those that are left out is NaN or infinite.
        """
        B = self.inputs.shape[1]
        if limit >= B:
            return self
        at = np.linspace(0, B - 1, limit).round().astype(int)
        require_finite("inputs", self.inputs)
        require_finite("states", self.output)
        seen, lengths = self.output_gradient, self.lengths
        return dataclasses.replace(
            self,
            inputs=self.inputs[:, at],
            output=self.output[:, at],
            state=_at(self.state, at),
            final=_at(self.final, at),
            output_gradient=None if seen is None else seen[:, at],
            final_gradients=tuple(_at(parts, at) for parts in self.final_gradients),
            lengths=None if lengths is None else lengths[at],
            dropout=_at(self.dropout, at),
        )


def sequences_of(call: Call, gradient: Callable[[Any], Array | None]) -> Sequences:
    """Return a call as arrays; `gradient` tells ∂L of a tensor, None without a loss."""
    form = _Form.of(call)
    inputs, lengths = form.sequence(call.inputs, _widened)
    output, _ = form.sequence(call.output, _widened)
    seen = form.sequence(call.output, gradient)[0]
    ended = [gradient(part) for part in call.final]
    if form.is_cell and seen is not None:
        ended[0] = np.zeros_like(ended[0])  # its h is its output, and counted there
    return Sequences(
        name=call.name,
        module=call.module,
        inputs=inputs,
        output=output,
        state=tuple(form.state(_widened(part)) for part in call.state),
        final=tuple(form.state(_widened(part)) for part in call.final),
        output_gradient=seen,
        final_gradients=(tuple(form.state(g) for g in ended if g is not None),),
        ends=(len(inputs),),
        lengths=lengths,
    )


def joined(calls: Sequence[Sequences]) -> list[Sequences]:
    """Return the calls with those that follow on each other made one, in order."""
    found: list[Sequences] = []
    latest: dict[str, int] = {}
    for call in calls:
        place = latest.get(call.name)
        if place is not None and _follows(call, found[place]):
            found[place] = _then(found[place], call)
        else:
            latest[call.name] = len(found)
            found.append(call)
    return found


@final
@dataclass(frozen=True)
class _Form:
    """How a module lays out its arrays."""

    is_cell: bool
    batch_first: bool
    unbatched: bool

    @classmethod
    def of(cls, call: Call) -> "_Form":
        module, inputs = call.module, call.inputs
        is_cell = not hasattr(module, "num_layers")
        packed = _is_packed(inputs)
        axes = 1 if is_cell else 2
        return cls(
            is_cell=is_cell,
            batch_first=getattr(module, "batch_first", False) and not packed,
            unbatched=not packed and inputs.dim() == axes,
        )

    def sequence(
        self, tensor: Any, read: Callable[[Any], Array | None]
    ) -> tuple[Any, Array | None]:
        """Return inputs or outputs as (T, B, ·), with lengths where they were packed.

        `read` makes an array of a tensor, of the same shape; None stays None.
        """
        if _is_packed(tensor):
            return _padded(tensor, read)
        values = read(tensor)
        if values is None:
            return None, None
        if self.unbatched:
            values = values[..., None, :]
        if self.is_cell:
            return values[None], None
        turned = self.batch_first and not self.unbatched
        return (np.swapaxes(values, 0, 1) if turned else values), None

    def state(self, values: Array) -> Array:
        """Return a state as (L, B, n)."""
        if self.unbatched:
            values = values[..., None, :]
        return values[None] if self.is_cell else values


def _padded(packed: Any, read: Callable[[Any], Array | None]) -> tuple[Any, Any]:
    torch = require("torch", extra="torch")
    values = read(packed.data)
    if values is None:
        return None, None
    again = packed._replace(data=torch.from_numpy(np.ascontiguousarray(values)))
    padded, lengths = torch.nn.utils.rnn.pad_packed_sequence(again)
    return padded.numpy(), lengths.numpy()


def _at(parts: Sequence[Array], sequences: Array) -> tuple[Array, ...]:
    return tuple(part[:, sequences] for part in parts)


def _is_packed(tensor: Any) -> bool:
    torch = require("torch", extra="torch")
    return isinstance(tensor, torch.nn.utils.rnn.PackedSequence)


def _widened(tensor: Any) -> Array:
    torch = require("torch", extra="torch")
    return tensor.detach().to(device="cpu", dtype=torch.float64).numpy()


def _follows(call: Sequences, before: Sequences) -> bool:
    """Whether a call began with the very state that another one ended with."""
    if getattr(call.module, "bidirectional", False) or len(call.state) == 0:
        return False
    same = all(
        a.shape == b.shape and (a == b).all()
        for a, b in zip(call.state, before.final, strict=True)
    )
    return same and call.lengths is None and before.lengths is None


def _then(before: Sequences, call: Sequences) -> Sequences:
    gradient = None
    if before.output_gradient is not None and call.output_gradient is not None:
        gradient = np.concatenate([before.output_gradient, call.output_gradient])
    return Sequences(
        name=before.name,
        module=before.module,
        inputs=np.concatenate([before.inputs, call.inputs]),
        output=np.concatenate([before.output, call.output]),
        state=before.state,
        final=call.final,
        output_gradient=gradient,
        final_gradients=before.final_gradients + call.final_gradients,
        ends=(*before.ends, before.ends[-1] + call.ends[-1]),
        lengths=None,
    )
