"""Segments: the sequence is cut every few steps, and no gradient crosses a cut."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_length, require_memory
from gradlab.errors import InputError
from gradlab.gradients._counts import as_losses, live_steps
from gradlab.gradients.base import (
    AbstractEstimator,
    Gradient,
    gradient_from_cotangents,
    require_objective,
)
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = ["Segmented"]


@final
@dataclass(frozen=True)
class Segmented(AbstractEstimator):
    """λ_t = δ_t + ξ_{t+1} λ_{t+1} J_{t+1}, ξ = 0 at the boundaries and 1 elsewhere.

    What ``detach()`` does in a training loop: the state goes on, the gradient does not.
    The first boundary is after step `offset`, or after step `length` where that is 0,
    and every `length` steps from there on.

    Parameters
    ----------
    length : int
        Steps of a segment; a length of T or more, without offset, is `Full` exactly.
    offset : int
        Steps of a shorter first segment, 0 … length − 1.

    Raises
    ------
    InputError, InputTypeError
        If they are not such integers.

    Examples
    --------
    >>> Segmented(2).segments(5), Segmented(2, offset=1).segments(5)
    (array([2, 2, 1]), array([1, 2, 2]))
    """

    length: int
    offset: int = 0

    exact: ClassVar[bool] = False
    unbiased: ClassVar[bool] = False
    source: ClassVar[Reference] = Reference("zhang2023dive")

    def __post_init__(self) -> None:
        """Check that the first segment is no longer than the others."""
        length = require_count("length", self.length)
        offset = require_count("offset", self.offset, minimum=0)
        if offset >= length:
            message = f"`offset` must be less than `length` = {length}; got {offset}."
            raise InputError(message)
        object.__setattr__(self, "length", length)
        object.__setattr__(self, "offset", offset)

    def gradient(
        self,
        objective: AbstractObjective,
        *,
        rng: Seed | None = None,
    ) -> Gradient:
        """Return Σ_t λ_t ∂f_t/∂θ with λ cut at the boundaries; no randomness in it.

        Raises
        ------
        RangeError
            If a cotangent overflows float64.
        """
        objective = require_objective(objective)
        xi = self._passed(len(objective.trajectory))
        chain = objective.trajectory.chain
        states = chain.backpropagate(objective.cotangents, xi=xi)
        return gradient_from_cotangents(objective, states)

    def segments(self, T: int) -> Array:
        """Return the lengths of the segments that T steps are cut into."""
        xi = self._passed(require_length("T", T))
        return np.diff(np.concatenate([[0], np.flatnonzero(xi == 0), [T]]))

    def lags(self, T: int) -> Array:
        """Return (T, T): 1 where ℓ_t reaches step i, in row t − 1 and column i − 1.

        Raises
        ------
        InputError, InputTypeError
            If `T` is not an integer of at least 1.
        """
        steps = require_count("T", T)
        require_memory("T", steps, 2 * steps * steps)
        lengths = self.segments(steps)
        segment = np.repeat(np.arange(len(lengths)), lengths)
        return np.tril(segment[:, None] == segment[None, :]).astype(np.float64)

    def expected_steps(self, T: int, losses: object = None) -> float:
        """Return the steps back of its sweeps: T where every step has a loss."""
        seen = as_losses(T, losses)
        return live_steps(seen, self._passed(len(seen)))

    def held_steps(self, T: int) -> float:
        """Return the longest segment: its states have to be held."""
        return float(self.segments(T).max())

    def _passed(self, T: int) -> Array:
        """Return ξ_1 … ξ_T; ξ_1 = 1, since h_0 is at no boundary."""
        xi = np.ones(T)
        xi[self.offset or self.length :: self.length] = 0.0
        return xi
