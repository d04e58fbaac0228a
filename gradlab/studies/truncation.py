"""Estimators of one gradient side by side: bias, deviation, error, angle and cost."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Origin, Result
from gradlab.errors import InputError
from gradlab.gradients import (
    AbstractEstimator,
    Full,
    Moments,
    moments,
)
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["Comparison", "compare_truncations"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Comparison(Result):
    """One row per estimator, all of the same gradient; nothing in it is sampled.

    Attributes
    ----------
    names : tuple of str
        The rows.
    gradient_norm : float
        ‖g‖₂ over all parameters.
    bias, std : (E,) array
        ‖E ĝ − g‖ and √(Σ Var ĝ).
    cosine : (E,) array
        Between E ĝ and g.
    expected_steps, held_steps : (E,) array
        Mean number of steps back of all sweeps, and of states held at once.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("zhang2023dive"),)

    names: tuple[str, ...]
    gradient_norm: float
    bias: Array
    std: Array
    cosine: Array
    expected_steps: Array
    held_steps: Array

    @property
    def error(self) -> Array:
        """√(E ‖ĝ − g‖²) = √(bias² + std²) (E,)."""
        return np.hypot(self.bias, self.std)

    @property
    def relative_error(self) -> Array:
        """The error over ‖g‖ (E,): 1 is what no gradient at all would have."""
        return self.error / (self.gradient_norm or math.nan)

    def best(self, *, held_steps: float = math.inf, steps: float = math.inf) -> str:
        """Return the name with least error among those that cost no more than this.

        Raises
        ------
        InputError
            If none is as cheap.
        """
        cheap = (self.held_steps <= held_steps) & (self.expected_steps <= steps)
        if not cheap.any():
            message = f"no estimator holds at most {held_steps:g} steps in {steps:g}."
            raise InputError(message)
        return self.names[int(np.argmin(np.where(cheap, self.error, math.inf)))]

    def columns(self) -> dict[str, Array]:
        """Return the names and numbers, one row per estimator."""
        return {
            "estimator": np.array(self.names),
            "bias": self.bias,
            "std": self.std,
            "error": self.error,
            "cosine": self.cosine,
            "expected_steps": self.expected_steps,
            "held_steps": self.held_steps,
        }


def compare_truncations(
    objective: AbstractObjective,
    estimators: Mapping[str, AbstractEstimator] | Iterable[AbstractEstimator],
) -> Comparison:
    """Return exact bias, variance and cost of several estimators of one gradient.

    Parameters
    ----------
    objective : AbstractObjective
        Of one sequence or a batch.
    estimators : mapping or iterable
        By the names for the table; without names each is called what it prints as.

    Raises
    ------
    InputError
        If there is no estimator.
    InputTypeError, RangeError
        As `gradlab.gradients.moments` does.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import Full, Truncated
    >>> from gradlab.objectives import SquaredError
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0]] * 4)
    >>> loss = SquaredError(trajectory, np.zeros((4, 1)), [[1.0]])
    >>> rows = {"full": Full(), "one": Truncated(1), "three": Truncated(3)}
    >>> compare_truncations(loss, rows).best(held_steps=3)
    'three'
    """
    if not isinstance(estimators, Mapping):
        estimators = {repr(one): one for one in estimators}
    if not estimators:
        message = "`estimators` must hold at least one; got none."
        raise InputError(message)
    rows: list[Moments] = [moments(one, objective) for one in estimators.values()]
    return Comparison(
        names=tuple(estimators),
        gradient_norm=Full().gradient(objective).norm,
        bias=np.array([row.bias_norm for row in rows]),
        std=np.array([math.sqrt(row.total_variance) for row in rows]),
        cosine=np.array([row.cosine for row in rows]),
        expected_steps=np.array([row.expected_steps for row in rows]),
        held_steps=np.array([row.held_steps for row in rows]),
        origin=Origin(parameters={"T": len(objective.trajectory)}),
    )
