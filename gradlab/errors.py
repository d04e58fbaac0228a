"""Every exception of gradlab: each carries its numbers and says what to do next.

One of them is a warning, for functions whose result has no room for a caveat.
"""

import math
from typing import Any

__all__ = [
    "AssumptionError",
    "CheckpointError",
    "ConvergenceError",
    "CorpusError",
    "DivergenceError",
    "GradlabError",
    "InputError",
    "InputTypeError",
    "LostDigitsWarning",
    "MissingExtraError",
    "NonFiniteError",
    "RangeError",
    "ShapeError",
    "StoreError",
]


class GradlabError(Exception):
    """Base of every exception that gradlab raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # By default an exception is unpickled by calling its class with its message.
        # Ours take numbers instead, and one that cannot be unpickled breaks the pool
        # of worker processes that raised it.
        return _revived, (type(self), self.args, self.__dict__)


class InputError(GradlabError, ValueError):
    """An argument has the right type and a value that cannot be used."""


class InputTypeError(GradlabError, TypeError):
    """An argument is of a type that cannot be used; nothing was converted."""


class ShapeError(InputError):
    """An array has another shape than its name promises."""

    def __init__(self, name: str, expected: str, got: object) -> None:
        self.name, self.expected, self.got = name, expected, got
        super().__init__(f"`{name}` must have shape {expected}; got {got}.")


class NonFiniteError(InputError):
    """An array holds a NaN or an infinity; `index` is the first place."""

    def __init__(self, name: str, value: complex, index: tuple[int, ...]) -> None:
        self.name, self.value, self.index = name, value, index
        place = f" at index {index}" if index else ""
        super().__init__(f"`{name}` must be finite; got {value}{place}.")


class CorpusError(InputError):
    """A text cannot be used as a corpus; the message says which and why."""


class CheckpointError(InputError):
    """A file of weights cannot be used; the message says which, and why in one line."""


class DivergenceError(GradlabError, ArithmeticError):
    """A trajectory left the finite numbers; `step` is the first that did."""

    def __init__(self, step: int) -> None:
        self.step = step
        super().__init__(
            f"the hidden state stopped being finite at step {step}. "
            "Start nearer to the attractor, lower the gain, or run fewer steps."
        )


class RangeError(GradlabError, ArithmeticError):
    """A gradient left the range of float64; `step` is where, going back in time."""

    def __init__(self, step: int) -> None:
        self.step = step
        super().__init__(
            f"the cotangent overflows float64 at step {step}: the gradient explodes. "
            "`gradlab.gradients.profile` measures it in logarithms."
        )


class AssumptionError(GradlabError):
    """A theorem was asked about a run that breaks one of its hypotheses."""

    def __init__(self, label: str, needs: str, measured: object) -> None:
        self.label, self.needs, self.measured = label, needs, measured
        shown = f"{measured:.6g}" if isinstance(measured, float) else f"{measured}"
        super().__init__(f"{label} needs {needs}; measured {shown}.")


class ConvergenceError(GradlabError, ArithmeticError):
    """An iteration stopped short; the best value so far travels with the error."""

    def __init__(
        self, quantity: str, *, best: float, residual: float, steps: int
    ) -> None:
        self.quantity, self.best = quantity, best
        self.residual, self.steps = residual, steps
        super().__init__(
            f"{quantity} did not converge in {steps} steps: best {best:.6g}, "
            f"residual {residual:.2g}. Raise `max_steps` or loosen `rtol`."
        )


class LostDigitsWarning(GradlabError, UserWarning):
    """Logs may be off by `nats`, and the result has no room for a caveat."""

    def __init__(self, nats: float) -> None:
        self.nats = nats
        amount = f"{nats:.1g} nats" if math.isfinite(nats) else "any number of nats"
        super().__init__(
            f"rounding may have moved these logarithms by {amount}, the lowest most: "
            "float64 cannot tell rows of some factors apart. "
            "`gradlab.verified.enclosed_log_singular_values` multiplies them in balls."
        )


class StoreError(GradlabError, OSError):
    """A stored result is damaged, or is not what it was asked to be."""


class MissingExtraError(GradlabError, ImportError):
    """An optional library is not installed; the message is the instruction.

    `instead` is a sentence on how to go on without it.
    """

    def __init__(self, module: str, extra: str, instead: str = "") -> None:
        self.module, self.extra, self.instead = module, extra, instead
        install = f"{module} is needed here: pip install 'gradlab[{extra}]'."
        super().__init__(f"{install} {instead}".rstrip())


def _revived(
    kind: type[GradlabError], args: tuple[Any, ...], numbers: dict[str, Any]
) -> GradlabError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(numbers)
    return error
