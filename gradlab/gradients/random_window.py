"""A random window: lags 0 … K, K drawn once, lag l weighted by 1/P(K ≥ l)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from gradlab._checks import (
    describe_rng,
    require_array,
    require_length,
    require_rng,
)
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients._counts import as_losses
from gradlab.gradients._lags import lag_rows, require_range
from gradlab.gradients._survivals import as_survival, require_reach
from gradlab.gradients.base import (
    AbstractEstimator,
    Gradient,
    gradient_from_cotangents,
    require_objective,
)
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Seed

__all__ = ["RandomWindow"]


@final
@dataclass(frozen=True, eq=False)
class RandomWindow(AbstractEstimator):
    """λ_i = Σ_{t ≤ i + K} δ_t J_t ⋯ J_{i+1} / P(K ≥ t − i), one K for all losses.

    Parameters
    ----------
    law : (L,) array_like, or callable
        The survival P(K ≥ 0) = 1, P(K ≥ 1), …; L ≥ T is needed for lags 0 … T − 1.  A
        callable, such as `Geometric`, gets an array of lags.
    shared : bool
        Whether the sequences of a batch share one K, or draw their own.

    Raises
    ------
    InputError
        If the survival does not start at 1, ever rises, or is 0 (or underflows) at a
        lag that the losses have: then no weight could make up for it.

    Examples
    --------
    >>> estimator = RandomWindow([1.0, 0.5, 0.25])
    >>> estimator.weights(1, 3)  # K = 1: lags 0 and 1, the latter twice
    array([[1., 0., 0.],
           [2., 1., 0.],
           [0., 2., 1.]])
    >>> float(RandomWindow.from_pmf([0.5, 0.25, 0.25]).survival(3)[2])
    0.25
    """

    law: ArrayLike | Callable[[Array], ArrayLike]
    shared: bool = True

    exact: ClassVar[bool] = False
    unbiased: ClassVar[bool] = True
    source: ClassVar[Reference] = Reference("tallec2017unbiasing")

    def __post_init__(self) -> None:
        """Check a law that is given by its values, and keep a copy."""
        if not isinstance(self.shared, bool):
            message = f"`shared` must be True or False; got {self.shared!r}."
            raise InputTypeError(message)
        if not callable(self.law):
            object.__setattr__(self, "law", as_survival(self.law))

    @classmethod
    def from_pmf(cls, probabilities: ArrayLike) -> Self:
        """Return the window with P(K = 0), P(K = 1), … given; they sum to 1."""
        p = require_array("probabilities", probabilities, "(L,)")
        # L roundings of sums up to 1 are at most L · eps/2 each: 4 L eps is generous.
        if not len(p) or p.min() < 0 or abs(p.sum() - 1) > 4 * len(p) * 2.0**-52:
            total = float(p.sum())
            got = f"got a sum of {total}."
            message = f"`probabilities` must be >= 0 and sum to 1; {got}"
            raise InputError(message)
        survival = np.minimum(np.cumsum(p[::-1])[::-1], 1.0)
        survival[0] = 1.0
        return cls(survival)

    def survival(self, T: int) -> Array:
        """Return P(K ≥ l) for l = 0 … T (T + 1,).

        A law of T values stops at lag T − 1; h_0 then comes with step 1 for free.
        """
        steps = require_length("T", T)
        if callable(self.law):
            found = as_survival(self.law(np.arange(steps + 1)))
        else:
            found = np.asarray(self.law)
            if len(found) == steps:
                found = np.append(found, found[-1])
        return require_reach(found, steps + 1, steps)

    def draw(self, T: int, *, rng: Seed, sequences: int | None = None) -> Array:
        """Return one draw of the depth K ≤ T: (), or (B,) for so many sequences."""
        size = None if sequences is None else (sequences,)
        level = np.asarray(require_rng(rng).random(size))
        return np.asarray((self.survival(T)[1:] > level[..., None]).sum(axis=-1))

    def gradient(
        self, objective: AbstractObjective, *, rng: Seed | None = None
    ) -> Gradient:
        """Return one draw of the estimate: K + 1 lags of all losses, side by side.

        Raises
        ------
        InputTypeError
            If `rng` is missing.
        RangeError
            If a cotangent overflows float64.
        """
        objective = require_objective(objective)
        generator = require_rng(rng)
        seed = describe_rng(rng)
        steps, batch = len(objective.trajectory), objective.trajectory.batch
        count = batch[0] if batch and not self.shared else None
        survival = self.survival(steps)
        depth = self.draw(steps, rng=generator, sequences=count)
        states = np.zeros(objective.trajectory.states.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            for lag, (at, rows) in enumerate(lag_rows(objective)):
                reached = np.where(lag <= depth, 1 / survival[lag], 0.0)
                states[at] += reached[..., None] * rows
                if lag >= depth.max():
                    break
        return gradient_from_cotangents(objective, require_range(states), seed=seed)

    def weights(self, depth: int | Array, T: int) -> Array:
        """Return (T, T): what K = `depth` weights ℓ_t with at step i, row t − 1."""
        survival = self.survival(T)[:T]
        by_lag = np.where(np.arange(T) <= depth, 1 / survival, 0.0)
        lag = np.arange(T)[:, None] - np.arange(T)[None, :]
        return np.where(lag >= 0, by_lag[np.abs(lag)], 0.0)

    def expected_steps(self, T: int, losses: object = None) -> float:
        """Return Σ_t Σ_{l < t} P(K ≥ l): every loss is carried back by itself."""
        seen = as_losses(T, losses)
        reach = np.cumsum(self.survival(T)[:-1])
        return float(reach[seen].sum())

    def held_steps(self, T: int) -> float:
        """Return the mean of K + 1, at most T."""
        return float(self.survival(T)[:-1].sum())
