"""A torch model on a batch, as numbers: what its layers did and what its loss says."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradlab._extras import require
from gradlab.adapters.recording import RecordedLayer, Recording
from gradlab.adapters.torch_calls import joined, sequences_of
from gradlab.adapters.torch_hooks import (
    Call,
    calls_of,
    data_of,
    recurrent_modules,
    refuse_random,
    untouched,
    unwrapped,
)
from gradlab.adapters.torch_layers import layers_of
from gradlab.errors import InputError, InputTypeError
from gradlab.typing import Array

__all__ = ["record"]

# Of the gradients of a half-precision model; taken off again in float64.
_SCALE = 2.0**12


def record(
    model: Any,
    inputs: Any,
    targets: Any = None,
    *,
    loss: Callable[..., Any] | None = None,
    forward: Callable[[Any, Any], Any] | None = None,
    sequences: int | None = None,
) -> Recording:
    """Return what every recurrent layer of a torch model does on a batch.

    The model runs once, in its own precision and on its own device, and is afterwards
    as it was: weights, gradients, hooks, modes, buffers and random states.

    Parameters
    ----------
    model : torch.nn.Module
        A recurrent module, or one that holds some at any depth.
    inputs : Tensor, PackedSequence, tuple, list or dict
        What the model is called with; a tuple or list are several arguments, a dict
        keyword arguments.
    targets : optional
        Passed on to the loss.
    loss : callable, optional
        ``loss(output, targets)``, or ``loss(output)`` without targets; returns a
        scalar tensor.
    forward : callable, optional
        ``forward(model, inputs)`` in place of calling the model.
    sequences : int, optional
        How many sequences of the batch to keep, evenly picked; all unless told.  The
        model runs, and its loss is taken, on all of them.

    Returns
    -------
    Recording
        States and inputs in float64, as widened from the model's own.  c_t of an LSTM,
        which torch keeps to itself, is recovered from its gates at the recorded h_t,
        and so are the layers below the top of a module, by a run of the same weights.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    InputTypeError
        If `model` is no torch module, or `loss` no function.
    InputError
        If no recurrent module is found or called; if one draws random numbers (call
        ``model.eval()``), projects, or is scripted; if the loss is no finite scalar or
        does not depend on any of them.
    NonFiniteError
        If a weight, input or state is NaN or infinite; it names it.

    Notes
    -----
    Where a module is called again with the state that it returned, the calls are one
    sequence.  What its later inputs owe to its earlier outputs (input feeding) is then
    in the sources of the earlier steps, up to the next call.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.LSTM(3, 4))
    >>> x = torch.zeros(7, 5, 2)
    >>> found = record(model, x, loss=lambda output: output[0][-1].sum())
    >>> [layer.name for layer in found.layers]
    ['1']
    >>> found.layers[0].sources[:, 0, 0]  # ∂L/∂h_t: the last step alone
    array([0., 0., 0., 0., 0., 0., 1.])
    """
    torch = require("torch", extra="torch")
    if not isinstance(model, torch.nn.Module):
        message = f"`model` must be a torch module; got a {type(model).__name__}."
        raise InputTypeError(message)
    for name, given in (("loss", loss), ("forward", forward)):
        if given is not None and not callable(given):
            message = f"`{name}` must be a function; got {given!r}."
            raise InputTypeError(message)
    whole = unwrapped(model)
    recurrent_modules(whole)
    refuse_random(whole)
    with untouched(whole):
        call = _caller(whole, _usable(inputs), forward)
        calls, output = calls_of(whole, call, detached=loss is not None)
        if not calls:
            message = "`model` did not call any of its recurrent modules."
            raise InputError(message)
        value, gradient = _differentiated(loss, output, _usable(targets), calls)
        found = joined([sequences_of(one, gradient) for one in calls])
        layers: list[RecordedLayer] = []
        for one in found:
            kept = one if sequences is None else one.some(sequences)
            layers += layers_of(kept, len(layers))
    layers = _told_apart(layers)
    return Recording(
        model=type(whole).__name__,
        layers=tuple(layers),
        loss=value,
        device=str(next(iter(whole.parameters())).device),
    )


def _told_apart(layers: Sequence[RecordedLayer]) -> list[RecordedLayer]:
    """Return the layers with " (2)" … behind names that were there before."""
    times: dict[str, int] = {}
    found = []
    for layer in layers:
        count = times[layer.name] = times.get(layer.name, 0) + 1
        again = f" ({count})" if count > 1 else ""
        found.append(
            dataclasses.replace(
                layer, name=layer.name + again, module=layer.module + again
            )
        )
    return found


def _caller(
    model: Any, inputs: Any, forward: Callable[[Any, Any], Any] | None
) -> Callable[[], Any]:
    torch = require("torch", extra="torch")
    if forward is not None:
        return lambda: forward(model, inputs)
    if isinstance(inputs, Mapping):
        return lambda: model(**inputs)
    packed = isinstance(inputs, torch.nn.utils.rnn.PackedSequence)
    if isinstance(inputs, Sequence) and not packed and not isinstance(inputs, str):
        return lambda: model(*inputs)
    return lambda: model(inputs)


def _usable(inputs: Any) -> Any:
    """Return inputs that gradients may flow past, also those of inference mode."""
    torch = require("torch", extra="torch")
    if isinstance(inputs, torch.Tensor):
        return inputs.clone() if inputs.is_inference() else inputs
    if isinstance(inputs, Mapping):
        return {name: _usable(value) for name, value in inputs.items()}
    if type(inputs) in (tuple, list):
        return type(inputs)(_usable(value) for value in inputs)
    return inputs


def _differentiated(
    loss: Callable[..., Any] | None, output: Any, targets: Any, calls: Sequence[Call]
) -> tuple[float, Callable[[Any], Array | None]]:
    """Return the loss and what tells its gradient by a tensor of the calls."""
    torch = require("torch", extra="torch")
    if loss is None:
        return math.nan, lambda _: None
    value = loss(output) if targets is None else loss(output, targets)
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        got = tuple(value.shape) if isinstance(value, torch.Tensor) else repr(value)
        message = f"`loss` must return a scalar tensor; got {got}."
        raise InputError(message)
    number = float(value.detach())
    if not math.isfinite(number):
        message = f"`loss` must be finite; got {number}."
        raise InputError(message)
    tensors = [t for call in calls for t in (data_of(call.output), *call.final)]
    found: tuple[Any, ...] = ()
    halves = any(t.dtype == torch.float16 for t in tensors)
    scale = _SCALE if halves else 1.0
    if value.requires_grad:
        # A weight in place of the factor would have torch import SymPy.
        scaled = value * scale if halves else value
        found = torch.autograd.grad(scaled, tensors, allow_unused=True)
    if not found or all(part is None for part in found):
        message = "`loss` must depend on what a recurrent module returns; it does not."
        raise InputError(message)
    by_tensor = {id(t): g for t, g in zip(tensors, found, strict=True)}

    def gradient(tensor: Any) -> Array:
        part = by_tensor.get(id(tensor))
        if part is None:
            return np.zeros(tuple(tensor.shape))
        return part.detach().to(device="cpu", dtype=torch.float64).numpy() / scale

    return number, gradient
