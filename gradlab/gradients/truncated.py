"""Truncated backpropagation: a loss reaches back a fixed number of steps, no more."""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_memory
from gradlab.errors import InputError
from gradlab.gradients._counts import as_losses
from gradlab.gradients._lags import block_rows, require_range, steps_with_loss
from gradlab.gradients.base import (
    AbstractEstimator,
    Gradient,
    gradient_from_cotangents,
    require_objective,
)
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = ["Truncated"]


@final
@dataclass(frozen=True)
class Truncated(AbstractEstimator):
    """λ_i = Σ_{t = i}^{i + k − 1} δ_t J_t ⋯ J_{i+1}: lags 0 … k − 1 of every loss.

    With a stride k1 the losses are taken in blocks of k1 steps, (j − 1) k1 < t ≤ j k1,
    and every loss of a block reaches back to the step ``window`` before the block's
    end e: to the steps e − window + 1 … t.  That is BPTT(h; h'), h = window and
    h' = stride, also called TBPTT(k1, k2); `lags` shows who reaches whom.

    Parameters
    ----------
    window : int
        Steps, the loss's own included; a window above T is `Full`, bit for bit.
    stride : int
        Losses that share a sweep, at most `window`.  T / stride sweeps of `window`
        steps are done side by side: one batched product with Jacobians per lag.

    Raises
    ------
    InputError, InputTypeError
        If they are not integers with 1 ≤ stride ≤ window.

    Examples
    --------
    >>> Truncated(2).lags(4).astype(int)  # row t, column i: does loss t reach step i?
    array([[1, 0, 0, 0],
           [1, 1, 0, 0],
           [0, 1, 1, 0],
           [0, 0, 1, 1]])
    >>> Truncated(3, stride=2).lags(4).astype(int)  # back to 3 before the ends 2 and 4
    array([[1, 0, 0, 0],
           [1, 1, 0, 0],
           [0, 1, 1, 0],
           [0, 1, 1, 1]])
    """

    window: int
    stride: int = 1

    exact: ClassVar[bool] = False
    unbiased: ClassVar[bool] = False
    source: ClassVar[Reference] = Reference("williams1990efficient")

    def __post_init__(self) -> None:
        """Check that losses reach at least their own step."""
        window = require_count("window", self.window)
        stride = require_count("stride", self.stride)
        if stride > window:
            message = (
                f"`stride` must be at most `window` = {window}, or some losses "
                f"reach no step; got {stride}."
            )
            raise InputError(message)
        object.__setattr__(self, "window", window)
        object.__setattr__(self, "stride", stride)

    def gradient(
        self,
        objective: AbstractObjective,
        *,
        rng: Seed | None = None,
    ) -> Gradient:
        """Return Σ_i λ_i ∂f_i/∂θ with the truncated λ; no randomness in it.

        Raises
        ------
        RangeError
            If a cotangent overflows float64.
        """
        objective = require_objective(objective)
        steps = len(objective.trajectory)
        if self.window > steps:
            states = objective.trajectory.chain.backpropagate(objective.cotangents)
            return gradient_from_cotangents(objective, states)
        ends, firsts = self._blocks(steps_with_loss(objective))
        states = np.zeros(objective.trajectory.states.shape)
        if len(ends):
            sweep = block_rows(objective, ends, firsts)
            for _, (at, rows) in zip(range(self.window), sweep, strict=False):
                states[at] += rows
        return gradient_from_cotangents(objective, require_range(states))

    def lags(self, T: int) -> Array:
        """Return (T, T): 1 where ℓ_t reaches step i, in row t − 1 and column i − 1.

        Raises
        ------
        InputError, InputTypeError
            If `T` is not an integer of at least 1.
        """
        steps = require_count("T", T)
        require_memory("T", steps, 2 * steps * steps)
        t = np.arange(1, steps + 1)
        reach = self._ends(t, T) - self.window
        seen = (t[None, :] <= t[:, None]) & (t[None, :] > reach[:, None])
        return seen.astype(np.float64)

    def expected_steps(self, T: int, losses: object = None) -> float:
        """Return the steps back of all sweeps together: about window · T / stride.

        `losses` (T,) says which steps have a loss; all of them unless told.
        """
        seen = as_losses(T, losses)
        ends, firsts = self._blocks(seen)
        times = np.where(seen, np.arange(1, len(seen) + 1), 0)
        last = [
            times[first - 1 : end].max()
            for first, end in zip(firsts, ends, strict=True)
        ]
        return float((last - np.maximum(ends - self.window, 0)).clip(0).sum())

    def held_steps(self, T: int) -> float:
        """Return how many states have to be held for a sweep: `window`, at most T."""
        return float(min(self.window, require_count("T", T)))

    def _ends(self, t: Array, T: int) -> Array:
        """Return the end of the block that step t is in."""
        return np.minimum(-(-t // self.stride) * self.stride, T)

    def _blocks(self, losses: Array) -> tuple[Array, Array]:
        """Return where the blocks with a loss end, and their first steps."""
        T = len(losses)
        ends = np.minimum(np.arange(1, math.ceil(T / self.stride) + 1) * self.stride, T)
        firsts = np.concatenate([[1], ends[:-1] + 1])
        used = np.logical_or.reduceat(losses, firsts - 1)
        return ends[used], firsts[used]
