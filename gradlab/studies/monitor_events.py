"""A step whose gradients are not finite: where it began, and how far back from the end.

What torch leaves to see is looked at first.  Where every number of it is finite and the
weights' gradients are not, ∂L/∂h_t is followed in logarithms to the first t at which an
entry is beyond the largest number of the model's precision.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.adapters.torch_lost import (
    Lost,
    lost_going_back,
    lost_going_forward,
    steps_of,
)
from gradlab.adapters.torch_watch import Watch
from gradlab.adapters.torch_watched import watched_module
from gradlab.dynamics import ScaledRows
from gradlab.studies.diagnosis.precision import FORMATS
from gradlab.studies.monitor_flow import flow_of
from gradlab.typing import Vector

__all__ = ["NonFiniteStep", "non_finite_step"]

_SHOWN = 8  # names of parameters that are listed
_NUMBERS = 2**25  # of states that are looked at once: 256 MiB


@final
@dataclass(frozen=True)
class NonFiniteStep:
    """Where a training step stopped being finite.

    Attributes
    ----------
    step : int
        Of training.
    what : str
        "weight", "input", "state", "loss", "incoming gradient" (from outside a module),
        "gradient" (on its way through one) or "gradients" (of parameters, and no more
        was to be seen).
    name : str
        The weight, module or layer; empty where none is known.
    time, steps : int
        t of h_t and T; 0 where it is not a matter of time.
    parameters : tuple of str
        Some whose gradients are not finite.
    scale : float
        What the loss was multiplied by; a scale that is too large is found this way by
        design, and the step is then left out.

    Examples
    --------
    >>> print(NonFiniteStep(7, "gradient", "lstm", time=6, steps=10).describe())
    step 7: the gradient of `lstm` overflows at t = 6 of 10, 4 steps back from the end
    """

    step: int
    what: str
    name: str = ""
    time: int = 0
    steps: int = 0
    parameters: tuple[str, ...] = ()
    scale: float = 1.0

    @property
    def lag(self) -> int:
        """T − t: how far back from the end it is."""
        return self.steps - self.time

    def describe(self) -> str:
        """Say it in one sentence."""
        place = f" of `{self.name}`" if self.name else ""
        when = f" at t = {self.time:,} of {self.steps:,}" if self.time else ""
        match self.what:
            case "weight":
                found = f"the weight `{self.name}` is not finite"
            case "loss":
                found = "the loss is not finite; every state before it is"
            case "incoming gradient":
                found = f"the gradient that comes to the output{place} is not{when}"
            case "gradient":
                found = (
                    f"the gradient{place} overflows{when}, {self.lag:,} steps back "
                    "from the end"
                )
            case "gradients":
                listed = ", ".join(self.parameters) or "some parameters"
                found = f"the gradients of {listed} are not finite"
            case _:
                found = f"the {self.what}{place} is not finite{when}"
        scaled = f" (the loss was scaled by {self.scale:g})" if self.scale != 1 else ""
        return f"step {self.step:,}: {found}{scaled}"


def non_finite_step(
    watch: Watch,
    step: int,
    *,
    loss: float | None,
    parameters: Sequence[str],
    scale: float,
) -> NonFiniteStep:
    """Return where a step began not to be finite, as far as it can be seen."""
    names = tuple(parameters[:_SHOWN])
    try:
        lost = _lost(watch, loss)
    except Exception:  # what cannot be read tells nothing, and is no end of training
        lost = Lost("gradients", "")
    return NonFiniteStep(
        step, lost.what, lost.name, lost.time, lost.steps, names, scale
    )


def _lost(watch: Watch, loss: float | None) -> Lost:
    found = lost_going_forward(watch)
    if found is not None:
        return found
    if loss is not None and not math.isfinite(loss):
        return Lost("loss", "")
    return _going_back(watch)


def _going_back(watch: Watch) -> Lost:
    """Return where the gradients stopped being finite, from the last module down."""
    for name, calls in reversed(watch.sequences().items()):
        module = watch.modules[name]
        if len(calls) > 1 and not watch.thorough:  # most of their gradients were let go
            continue
        found = lost_going_back(name, module, calls)
        if found:
            through = not hasattr(module, "num_layers")
            what = "gradient" if through else "incoming gradient"
            return Lost(what, found.name, found.time, found.steps)
        found = _overflow(watch, name)
        if found:
            return found
    return Lost("gradients", "")


def _overflow(watch: Watch, name: str) -> Lost | None:
    """Return the latest h_t of a module's layers whose gradient has no number."""
    calls = watch.sequences()[name]
    if not any(call.is_reached for call in calls):
        return None
    module = watch.modules[name]
    each = 2 * module.hidden_size * steps_of(module, calls)
    some = max(_NUMBERS // each, 1)  # of the batch, evenly picked: memory is bounded
    watched = watched_module(name, module, calls, sequences=some)
    largest = FORMATS[watched.dtype].log_largest
    for flow in reversed(flow_of(watched)):
        above = np.flatnonzero(_log_largest(flow.every)[1:] > largest)
        if len(above):
            steps = len(flow.layer.trajectory)
            return Lost("gradient", flow.layer.name, int(above[-1]) + 1, steps)
    return None


def _log_largest(rows: ScaledRows) -> Vector:
    """Return ln of the largest entry at every time, over units and sequences."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.abs(rows.mantissa).max(axis=-1))
    return (logs + rows.exponent * math.log(2)).max(axis=1)
