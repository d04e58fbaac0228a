"""Hooks that keep the last pass of every recurrent module: what went in, out, and back.

They read what a training run does itself.  Nothing is computed, copied or drawn, and a
gradient is the one that autograd brings to an output on its own way back.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

from gradlab._extras import require
from gradlab.adapters.torch_hooks import recurrent_modules, unwrapped

__all__ = ["SeenCall", "Watch"]


@final
@dataclass(eq=False, slots=True)
class SeenCall:
    """One call of a recurrent module, by reference.

    Attributes
    ----------
    inputs, output : Tensor or PackedSequence
        The output of a cell is the h that it returned.
    state, final : tuple of Tensor
        (h,) or (h, c) before and after; `state` is empty where none was given.
    versions : tuple of int
        torch's count of writes to inputs and output at the time of the call.
    random : Tensor or None
        The generator's state at the start, where dropout drew between layers on a CPU.
    gradients : list
        ∂L by the output and by the parts of `final`; None where nothing came.
    """

    inputs: Any
    output: Any
    state: tuple[Any, ...]
    final: tuple[Any, ...]
    versions: tuple[int, ...]
    random: Any
    gradients: list[Any] = field(default_factory=lambda: [None, None, None])

    @property
    def is_reached(self) -> bool:
        """Whether any gradient came back to it."""
        return any(gradient is not None for gradient in self.gradients)

    @property
    def is_overwritten(self) -> bool:
        """Whether inputs or output were written to since, in place."""
        return self.versions != _versions(self.inputs, self.output)


@final
class Watch:
    """The recurrent modules of a model under hooks, between `start` and `stop`.

    Of every module the last sequence is kept: one call, or several of which each
    begins with the very tensors that the one before returned.  If gradients have come
    to a sequence and not to a later one, it is the earlier that counts.

    Parameters
    ----------
    model : torch.nn.Module

    Attributes
    ----------
    model : torch.nn.Module
        The module inside what torch.compile or a parallel wrapper made.
    modules : dict
        Its recurrent modules by name.
    thorough : bool
        Whether gradients are kept of every call of a sequence, or of its first alone;
        a hook costs little beside a sequence, and something beside a single step.

    Raises
    ------
    InputError
        If there is no recurrent module, or one projects or is scripted.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.LSTM(2, 3)
    >>> watch = Watch(model)
    >>> watch.start()
    >>> model(torch.zeros(5, 1, 2))[0][-1].sum().backward()
    >>> (call,) = watch.sequences()[""]
    >>> call.gradients[0][:, 0, 0].tolist()  # ∂L/∂h_t from outside: the last step alone
    [0.0, 0.0, 0.0, 0.0, 1.0]
    >>> watch.stop()
    """

    def __init__(self, model: Any) -> None:
        self.model = unwrapped(model)
        self.modules: Mapping[str, Any] = recurrent_modules(self.model)
        self.thorough = True
        self._latest: dict[str, list[SeenCall]] = {}
        self._reached: dict[str, list[SeenCall]] = {}
        self._random: dict[str, Any] = {}
        self._handles: list[Any] = []

    def start(self) -> None:
        """Put the hooks on."""
        for name, module in self.modules.items():
            if getattr(module, "num_layers", 1) > 1 and module.dropout > 0:
                before = module.register_forward_pre_hook(_Before(self._random, name))
                self._handles.append(before)
            keep = _After(functools.partial(self._keep, name), module)
            after = module.register_forward_hook(keep, with_kwargs=True)
            self._handles.append(after)

    def stop(self) -> None:
        """Take the hooks off and let go of what was kept."""
        while self._handles:
            self._handles.pop().remove()
        self.clear()

    def clear(self) -> None:
        """Let go of what was kept; the hooks stay."""
        for kept in (self._latest, self._reached, self._random):
            kept.clear()

    def sequences(self) -> dict[str, list[SeenCall]]:
        """Return the last sequence of every module that was called, in that order."""
        return {
            name: calls if _is_reached(calls) else self._reached.get(name, calls)
            for name, calls in self._latest.items()
        }

    def _keep(self, name: str, kind: "_Kind", args: Any, kwargs: Any, out: Any) -> None:
        random = self._random.pop(name, None)
        written = out[0] if kind.whole or isinstance(out, tuple) else out
        if not _flat(written).requires_grad:  # a look without gradients
            return
        call = _call(kind, args, kwargs, out, random)
        before = self._latest.get(name)
        follows = before is not None and _follows(kind, call, before[-1])
        if before is not None and follows:
            before.append(call)
        else:
            if before is not None and _is_reached(before):
                self._reached[name] = before
            self._latest.pop(name, None)  # the order is that of the last calls
            self._latest[name] = [call]
        if self.thorough or not follows:
            _follow_back(call)


class _Kind(NamedTuple):
    """What is asked of a module once, and not at every step of a loop."""

    whole: bool
    both: bool


def _call(kind: _Kind, args: Any, kwargs: Any, output: Any, random: Any) -> SeenCall:
    ended = output[1] if kind.whole else output
    final = ended if isinstance(ended, tuple) else (ended,)
    inputs = args[0] if args else kwargs["input"]
    state = args[1] if len(args) > 1 else kwargs.get("hx")
    begun = () if state is None else state if isinstance(state, tuple) else (state,)
    first = output[0] if kind.whole else final[0]
    return SeenCall(inputs, first, begun, final, _versions(inputs, first), random)


def _versions(*tensors: Any) -> tuple[int, ...]:
    return tuple(_flat(tensor)._version for tensor in tensors)


def _flat(tensor: Any) -> Any:
    """Return the data of a packed sequence, a tuple, or the tensor itself.

    A hook runs at every step of a loop; asking torch what a tensor is costs more.
    """
    return tensor[0] if isinstance(tensor, tuple) else tensor


def _follows(kind: _Kind, call: SeenCall, before: SeenCall) -> bool:
    """Whether a call began with what another one returned, gradients and all."""
    if kind.both or isinstance(call.inputs, tuple):
        return False
    return len(call.state) == len(before.final) and all(
        new.requires_grad and (new is old or _is_same_memory(new, old))
        for new, old in zip(call.state, before.final, strict=True)
    )


def _is_same_memory(a: Any, b: Any) -> bool:
    return a.data_ptr() == b.data_ptr() and a.shape == b.shape


def _is_reached(calls: list[SeenCall]) -> bool:
    return any(call.is_reached for call in calls)


def _follow_back(call: SeenCall) -> None:
    """Have autograd leave the gradients of what a call returned.

    The hooks hold the list of gradients and not the call, or tensor and hook would
    keep each other alive.
    """
    tensors = [_flat(call.output), *call.final]
    for place, tensor in enumerate(tensors):
        again = place and tensor is tensors[0]
        if tensor.requires_grad and not again:
            tensor.register_hook(functools.partial(_put, call.gradients, place))


def _put(gradients: list[Any], place: int, gradient: Any) -> None:
    """Add a gradient to what came before it: several losses may be taken back."""
    seen, new = gradients[place], gradient.detach()
    gradients[place] = new if seen is None else seen + new


@final
class _After:
    """A forward hook; a copy of the module, on disk or in memory, has an idle one.

    torch.compile leaves whole sequences to torch's own modules, and a hook out of what
    it traces.  Single steps are compiled into what is around them, where there are no
    tensors to keep: those are let go.
    """

    def __init__(self, keep: Any, module: Any) -> None:
        compiler = require("torch", extra="torch").compiler
        whole = hasattr(module, "num_layers")
        self._kind = _Kind(whole, whole and module.bidirectional)
        self._keep = compiler.disable(keep) if whole else keep
        self._is_traced = compiler.is_compiling

    def __call__(self, _: Any, args: Any, kwargs: Any, output: Any) -> None:
        if self._kind.whole or not self._is_traced():
            self._keep(self._kind, args, kwargs, output)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Idle, ()


@final
class _Before:
    """A hook that keeps the generator's state before dropout draws between layers."""

    def __init__(self, states: dict[str, Any], name: str) -> None:
        self._states, self._name = states, name

    def __call__(self, module: Any, _: Any) -> None:
        torch = require("torch", extra="torch")
        if module.training and module.weight_hh_l0.device.type == "cpu":
            self._states[self._name] = torch.get_rng_state()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Idle, ()


@final
class _Idle:
    """What a copy of a watched module has for a hook."""

    def __call__(self, *_: Any) -> None:
        """Keep nothing."""
