"""One run of a torch model under hooks: every call of its recurrent modules is kept.

Afterwards the model is as it was: hooks, gradients, modes and random states.
"""

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab._extras import require
from gradlab.adapters.torch_cell import kind_of
from gradlab.errors import InputError

__all__ = [
    "Call",
    "calls_of",
    "data_of",
    "recurrent_modules",
    "refuse_random",
    "untouched",
    "unwrapped",
]


@final
@dataclass(frozen=True, eq=False)
class Call:
    """One call of a recurrent module: what went in and what came out.

    Attributes
    ----------
    name : str
        Of the module in the model.
    module : torch.nn.Module
    inputs, output : Tensor or PackedSequence
    state : tuple of Tensor
        What it began with; empty if nothing was given.
    final : tuple of Tensor
        The state it ended with: (h,) or (h, c).
    """

    name: str
    module: Any
    inputs: Any
    state: tuple[Any, ...]
    output: Any
    final: tuple[Any, ...]


def unwrapped(model: Any) -> Any:
    """Return the module inside torch.compile's or that of a parallel wrapper."""
    torch = require("torch", extra="torch")
    parallel = torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel
    while True:
        inner = getattr(model, "_orig_mod", None)
        if inner is None and isinstance(model, parallel):
            inner = model.module
        if inner is None:
            return model
        model = inner


def recurrent_modules(model: Any) -> dict[str, Any]:
    """Return every recurrent module within a model by its name; "" is the model.

    Raises
    ------
    InputError
        If there is none, or if one of them is scripted.
    """
    torch = require("torch", extra="torch")
    named = dict(model.named_modules())
    found = {name: module for name, module in named.items() if kind_of(module)}
    scripted = [n for n, m in named.items() if isinstance(m, torch.jit.ScriptModule)]
    if scripted and not found:
        message = "`model` must be a plain module: a scripted one hides its layers."
        raise InputError(message)
    if not found:
        kinds = ", ".join(sorted({type(module).__name__ for module in named.values()}))
        message = (
            "`model` must hold a torch.nn.RNN, LSTM, GRU or one of their cells; got "
            f"{kinds}. Pass a recurrence of your own as a step function."
        )
        raise InputError(message)
    return found


def refuse_random(model: Any) -> None:
    """Raise if a module is in training mode that draws, or that keeps statistics."""
    torch = require("torch", extra="torch")
    kinds = [torch.nn.modules.dropout._DropoutNd, torch.nn.modules.batchnorm._NormBase]
    for name, module in model.named_modules():
        active = isinstance(module, tuple(kinds)) and getattr(module, "p", 1.0) > 0
        between = getattr(module, "num_layers", 1) > 1
        active |= bool(kind_of(module)) and between and bool(module.dropout)
        if module.training and active:
            shown = f"`{name}`, a {type(module).__name__}," if name else "it"
            message = (
                f"`model` must not draw random numbers: {shown} is in training mode. "
                "Call model.eval() first."
            )
            raise InputError(message)


def calls_of(
    model: Any, run: Callable[[], Any], *, detached: bool
) -> tuple[list[Call], Any]:
    """Return the calls of a model's recurrent modules while `run` runs, and its result.

    Where `detached`, a state that is put into a call is cut off from what made it, so
    that gradients of outputs are what enters from outside, and outputs can be
    differentiated by even where no parameter can.
    """
    calls: list[Call] = []
    handles = []
    try:
        for name, module in recurrent_modules(model).items():
            if detached:
                before = module.register_forward_pre_hook(_cut, with_kwargs=True)
                handles.append(before)
            after = module.register_forward_hook(
                _keeper(name, calls, detached=detached), with_kwargs=True
            )
            handles.append(after)
        return calls, run()
    finally:
        for handle in handles:
            handle.remove()


@contextlib.contextmanager
def untouched(model: Any) -> Iterator[None]:
    """Give random states back as they were, and let gradients flow in between."""
    torch = require("torch", extra="torch")
    devices = {p.device for p in model.parameters() if p.device.type == "cuda"}
    python, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    # cuDNN differentiates recurrent modules in training mode only.
    plain = torch.backends.cudnn.flags(enabled=not devices)
    with (
        torch.random.fork_rng(devices=[d.index for d in devices]),
        torch.inference_mode(False),
        torch.enable_grad(),
        plain,
    ):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy_state)  # noqa: NPY002


def _cut(
    _module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Detach the state that goes into a call; its values stay."""
    state = _state_of(args, kwargs)
    if state is None:
        return args, dict(kwargs)
    cut = (
        tuple(part.detach() for part in state)
        if isinstance(state, tuple)
        else state.detach()
    )
    if len(args) > 1:
        return (args[0], cut, *args[2:]), dict(kwargs)
    return args, {**kwargs, "hx": cut}


def _keeper(name: str, calls: list[Call], *, detached: bool) -> Callable[..., Any]:
    """Return a hook that keeps a call, and lets its outputs be differentiated by."""

    def keep(
        module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any
    ) -> Any:
        whole = isinstance(output, tuple) and hasattr(module, "num_layers")
        written, ended = output if whole else (None, output)
        several = isinstance(ended, tuple)
        final = ended if several else (ended,)
        if detached:
            final = tuple(_alias(part) for part in final)
            written = _alias(written)
        inputs = args[0] if args else kwargs["input"]
        state = _state_of(args, kwargs)
        begun = () if state is None else state if isinstance(state, tuple) else (state,)
        first = final[0] if written is None else written
        calls.append(Call(name, module, inputs, begun, first, final))
        ended = final if several else final[0]
        return (written, ended) if whole else ended

    return keep


def data_of(tensor: Any) -> Any:
    """Return the tensor of a packed sequence, or the tensor itself."""
    torch = require("torch", extra="torch")
    packed = isinstance(tensor, torch.nn.utils.rnn.PackedSequence)
    return tensor.data if packed else tensor


def _alias(tensor: Any) -> Any:
    """Return the same values as a tensor of its own, to be differentiated by.

    What a cell returns may be made of one another, as an LSTM's h is of its c: the
    gradient of an alias is that of its own uses alone.
    """
    if tensor is None:
        return None
    data = data_of(tensor)
    own = data.view_as(data)
    if not own.requires_grad:
        own.requires_grad_()
    return own if data is tensor else tensor._replace(data=own)


def _state_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    return args[1] if len(args) > 1 else kwargs.get("hx")
