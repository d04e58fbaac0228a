"""Where a pass first held a NaN or an infinity: forward in time, then back again.

In the order in which a step computes: weights, inputs and states of every module as
they were called, then gradients that come to a module from outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from gradlab._extras import require
from gradlab.adapters.torch_hooks import data_of
from gradlab.adapters.torch_watch import SeenCall, Watch

__all__ = ["Lost", "lost_going_back", "lost_going_forward", "steps_of"]


@final
@dataclass(frozen=True)
class Lost:
    """The first place that is not finite.

    Attributes
    ----------
    what : str
        "weight", "input", "state" or "gradient".
    name : str
        Of the weight, or of the module or layer.
    time : int
        t of h_t, 1 … T, also for what goes into h_t or comes back to it; 0 for a
        weight, and for the state that a pass begins with.
    steps : int
        T.
    """

    what: str
    name: str
    time: int = 0
    steps: int = 0


def lost_going_forward(watch: Watch) -> Lost | None:
    """Return the first weight, input or state that is not finite, None if all are."""
    for name, calls in watch.sequences().items():
        module = watch.modules[name]
        for own, parameter in module.named_parameters():
            if not _is_finite(parameter):
                return Lost("weight", f"{name}.{own}" if name else own)
        found = _lost_state(name, module, calls)
        if found:
            return found
    return None


def lost_going_back(name: str, module: Any, calls: Sequence[SeenCall]) -> Lost | None:
    """Return the latest h_t of a module at which a gradient from torch is not finite.

    Of a cell that is all of ∂L/∂h_t; of other modules it is what comes to their output
    from outside, and what they make of it on their own way back is not seen here.
    """
    torch = require("torch", extra="torch")
    steps, latest = 0, 0
    for call in calls:
        gradient = call.gradients[0]
        at = steps
        steps += _length(module, call)
        if gradient is None or _is_finite(gradient):
            continue
        packed = data_of(call.output) is not call.output
        whole = call.output._replace(data=gradient) if packed else gradient
        bad = ~torch.isfinite(_by_time(module, whole)).flatten(1).all(dim=1)
        latest = at + int(bad.nonzero()[-1]) + 1
    return Lost("gradient", name, latest, steps) if latest else None


def steps_of(module: Any, calls: Sequence[SeenCall]) -> int:
    """Return T, the steps of a sequence of calls."""
    return sum(_length(module, call) for call in calls)


def _lost_state(name: str, module: Any, calls: Sequence[SeenCall]) -> Lost | None:
    steps = steps_of(module, calls)
    if not all(_is_finite(part) for part in calls[0].state):
        return Lost("state", name, 0, steps)
    at = 0
    for call in calls:
        bad = [
            Lost(what, name, at + _first(_by_time(module, tensor)) + 1, steps)
            for what, tensor in _seen(module, call)
            if not _is_finite(data_of(tensor))
        ]
        if bad:
            return min(bad, key=lambda lost: lost.time)  # an input before its state
        at += _length(module, call)
    return None


def _seen(module: Any, call: SeenCall) -> list[tuple[str, Any]]:
    """Return inputs, then outputs; of a cell c, too, which others do not return."""
    carried = () if hasattr(module, "num_layers") else call.final[1:]
    states = [("state", tensor) for tensor in (call.output, *carried)]
    return [("input", call.inputs), *states]


def _length(module: Any, call: SeenCall) -> int:
    if not hasattr(module, "num_layers"):
        return 1
    if data_of(call.inputs) is not call.inputs:
        return len(call.inputs.batch_sizes)
    turned = module.batch_first and call.inputs.dim() == 3
    return int(call.inputs.shape[int(turned)])


def _by_time(module: Any, tensor: Any) -> Any:
    """Return a tensor with time as its first axis."""
    torch = require("torch", extra="torch")
    if data_of(tensor) is not tensor:
        return torch.nn.utils.rnn.pad_packed_sequence(tensor)[0]
    if not hasattr(module, "num_layers"):
        return tensor[None]
    turned = module.batch_first and tensor.dim() == 3
    return tensor.transpose(0, 1) if turned else tensor


def _first(rows: Any) -> int:
    torch = require("torch", extra="torch")
    bad = ~torch.isfinite(rows).reshape(len(rows), -1).all(dim=1)
    return int(bad.nonzero()[0])


def _is_finite(tensor: Any) -> bool:
    torch = require("torch", extra="torch")
    return bool(torch.isfinite(tensor.detach()).all())
