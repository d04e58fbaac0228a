"""A recipe is all that training depends on besides the text, the model and the seed."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab._checks import require_count, require_number
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import AbstractEstimator
from gradlab.studies.optimisers import AbstractOptimiser

__all__ = ["Recipe", "described"]


@final
@dataclass(frozen=True, eq=False)
class Recipe:
    """How a character model is trained.

    Parameters
    ----------
    estimator : AbstractEstimator
        Where gradients come from: any of `gradlab.gradients`, within a segment.
    optimiser : AbstractOptimiser
        `SGD` or `Adam`.
    updates : int
        Steps of the optimiser.
    batch : int
        B sequences side by side.
    length : int
        T symbols a sequence and update.
    clip : float, optional
        θ of clipping by norm; none unless told.
    carry : bool
        Whether a segment starts from the state where the one before ended (which is
        then a constant: gradients stop there), or from 0 at a random place.
    held_out : float
        Share of the text, at its end, that is never trained on.
    evaluate_every : int
        Updates between looks at the held-out text.
    save_every : int
        Updates between saves, where there is a place to save to.

    Examples
    --------
    >>> from gradlab.gradients import Full
    >>> from gradlab.studies.optimisers import Adam
    >>> Recipe(Full(), Adam(), updates=100, batch=8, length=16).characters
    12800
    """

    estimator: AbstractEstimator
    optimiser: AbstractOptimiser
    updates: int
    batch: int = 32
    length: int = 32
    clip: float | None = None
    carry: bool = True
    held_out: float = 0.1
    evaluate_every: int = 100
    save_every: int = 100

    def __post_init__(self) -> None:
        """Check every number."""
        kinds = {"estimator": AbstractEstimator, "optimiser": AbstractOptimiser}
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                got = getattr(self, name)
                wanted = kind.__name__.removeprefix("Abstract").lower()
                message = f"`{name}` must be an {wanted}; got {got!r}."
                raise InputTypeError(message)
        for name in ("updates", "batch", "length", "evaluate_every", "save_every"):
            object.__setattr__(self, name, require_count(name, getattr(self, name)))
        if self.clip is not None:
            require_number("clip", self.clip, above=0.0)
        if not isinstance(self.carry, bool):
            message = f"`carry` must be True or False; got {self.carry!r}."
            raise InputTypeError(message)
        if require_number("held_out", self.held_out, above=0.0) >= 1.0:
            message = f"`held_out` must be below 1; got {self.held_out}."
            raise InputError(message)

    @property
    def characters(self) -> int:
        """Symbols seen in all updates: updates · B · T."""
        return self.updates * self.batch * self.length

    @property
    def steps_back(self) -> float:
        """Steps of backpropagation per update, expected over draws, all B sequences."""
        return self.batch * float(self.estimator.expected_steps(self.length))

    def with_steps_back(self, total: float) -> "Recipe":
        """Return the recipe with as many updates as so many steps back allow.

        Raises
        ------
        InputError
            If they do not pay for one update.

        Examples
        --------
        >>> from gradlab.gradients import Full, Truncated
        >>> from gradlab.studies.optimisers import Adam
        >>> dear = Recipe(Truncated(4), Adam(), updates=1, batch=8, length=16)
        >>> cheap = Recipe(Full(), Adam(), updates=1, batch=8, length=16)
        >>> dear.with_steps_back(46400).updates, cheap.with_steps_back(46400).updates
        (100, 362)
        """
        updates = int(require_number("total", total, above=0.0) / self.steps_back)
        if not updates:
            message = (
                f"`total` must pay for one update of {self.steps_back:g} steps back; "
                f"got {total:g}."
            )
            raise InputError(message)
        return dataclasses.replace(self, updates=updates)


def described(thing: Any) -> Any:
    """Return an object in JSON's types: what it is, and every number it was made of.

    Examples
    --------
    >>> from gradlab.gradients import Truncated
    >>> described(Truncated(8))
    {'kind': 'Truncated', 'window': 8, 'stride': 1}
    """
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        fields = {f.name: getattr(thing, f.name) for f in dataclasses.fields(thing)}
        return {"kind": type(thing).__name__, **described(fields)}
    if isinstance(thing, Mapping):
        return {str(key): described(value) for key, value in thing.items()}
    if isinstance(thing, np.ndarray | np.generic):
        return described(thing.tolist())
    if isinstance(thing, list | tuple):
        return [described(entry) for entry in thing]
    if thing is None or isinstance(thing, str | int | float):
        return thing
    name = getattr(thing, "__qualname__", type(thing).__qualname__)
    return f"{getattr(thing, '__module__', '')}.{name}"
