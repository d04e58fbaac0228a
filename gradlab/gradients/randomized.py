"""Random truncation: ξ_t = 1/π_t with probability π_t and else 0, so that E ξ_t = 1."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import (
    describe_rng,
    require_array,
    require_length,
    require_memory,
    require_number,
    require_rng,
)
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients._counts import as_losses, live_steps, longest_run
from gradlab.gradients._draws import nested_weights, stretches
from gradlab.gradients.base import (
    AbstractEstimator,
    Gradient,
    gradient_from_cotangents,
    require_objective,
)
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Seed

__all__ = ["RandomTruncation"]

_REMEDY = "0 < keep <= 1 (a chain that is never kept cannot be weighted up)"


@final
@dataclass(frozen=True, eq=False)
class RandomTruncation(AbstractEstimator):
    """z_t = ∂f_t/∂θ + ξ_t J_t z_{t−1} in place of ∂h_t/∂θ; unbiased for any 0 < π ≤ 1.

    Backwards that is λ_t = δ_t + ξ_{t+1} λ_{t+1} J_{t+1}: at ξ = 0 the chain is cut,
    and what is kept is weighted up.  All losses of a draw share ξ_1 … ξ_T; ξ_1 stands
    before h_0 and matters to its gradient alone.

    Parameters
    ----------
    keep : float, (T,) array_like, or callable
        π_t, the probability that the chain is *kept* at step t; a callable gets T and
        returns π_1 … π_T.
    nested : bool
        True is the algorithm above, in which z_t is built on z_{t−1}.  False is the
        textbook's formula read to the letter, z_t = ∂f_t/∂θ + ξ_t J_t ∂h_{t−1}/∂θ with
        the exact derivative of h_{t−1}: all lags of a loss but 0 stay or fall together.
    shared : bool
        Whether the sequences of a batch share one ξ, or draw their own.

    Raises
    ------
    InputError, InputTypeError
        If a probability is not in 0 < π ≤ 1.

    Examples
    --------
    >>> estimator = RandomTruncation(0.5)
    >>> estimator.draw(6, rng=3)  # ξ_1 … ξ_6
    array([2., 2., 0., 0., 2., 2.])
    >>> estimator.segments(6, rng=3)
    array([2, 1, 3])
    >>> estimator.expected_reach(3)  # (1 + (1 + 1/2) + (1 + 1/2 + 1/4)) / 3
    1.4166666666666667
    """

    keep: ArrayLike | Callable[[int], ArrayLike]
    nested: bool = True
    shared: bool = True

    exact: ClassVar[bool] = False
    unbiased: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the probabilities that are already there, and keep a copy."""
        for name in ("nested", "shared"):
            if not isinstance(getattr(self, name), bool):
                message = (
                    f"`{name}` must be True or False; got {getattr(self, name)!r}."
                )
                raise InputTypeError(message)
        if callable(self.keep):
            return
        if np.ndim(self.keep) == 0:
            keep = require_number("keep", self.keep, above=0.0, maximum=1.0)
            object.__setattr__(self, "keep", keep)
        else:
            object.__setattr__(self, "keep", _probabilities(self.keep))

    @property
    def source(self) -> Reference:  # type: ignore[override]
        """The nested form is Tallec and Ollivier's, the other the textbook's."""
        return Reference("tallec2017unbiasing" if self.nested else "zhang2023dive")

    def probabilities(self, T: int) -> Array:
        """Return π_1 … π_T (T,).

        Raises
        ------
        ShapeError
            If `keep` is an array of another length.
        """
        steps = require_length("T", T)
        if callable(self.keep):
            return _probabilities(self.keep(steps), steps)
        if isinstance(self.keep, np.ndarray):
            return require_array("keep", self.keep, "(T,)", sizes={"T": steps})
        return np.full(steps, self.keep, dtype=np.float64)

    def draw(self, T: int, *, rng: Seed, sequences: int | None = None) -> Array:
        """Return one draw of ξ_1 … ξ_T (T,), or (T, B) for so many sequences."""
        keep = self.probabilities(T)
        if sequences is not None:
            keep = np.repeat(keep[:, None], sequences, axis=1)
        return (require_rng(rng).random(keep.shape) < keep) / keep

    def gradient(
        self, objective: AbstractObjective, *, rng: Seed | None = None
    ) -> Gradient:
        """Return one draw of the estimate, at the cost of one sweep.

        Raises
        ------
        InputTypeError
            If `rng` is missing.
        RangeError
            If a cotangent overflows float64, which 1/π makes easier.
        """
        objective = require_objective(objective)
        generator = require_rng(rng)
        seed = describe_rng(rng)
        trajectory = objective.trajectory
        alone = not self.shared and trajectory.batch
        count = trajectory.batch[0] if alone else None
        xi = self.draw(len(trajectory), rng=generator, sequences=count)
        return gradient_from_cotangents(
            objective, self._states(objective, xi), seed=seed
        )

    def weights(self, xi: object) -> Array:
        """Return (T, T): what a draw (T,) weights ℓ_t with at step i, row t − 1.

        Nested it is ξ_{i+1} ⋯ ξ_t, otherwise ξ_t; 1 at lag 0 in either case.
        """
        passed = require_array("xi", xi, "(T,)")
        if self.nested:
            return nested_weights(passed)
        T = len(passed)
        require_memory("T", T, 3 * T * T)
        return np.tril(np.repeat(passed[:, None], T, axis=1), -1) + np.eye(T)

    def segments(self, T: int, *, rng: Seed) -> Array:
        """Return the lengths of the stretches without a cut in one draw."""
        return stretches(self.draw(T, rng=rng))

    def expected_steps(self, T: int, losses: object = None) -> float:
        """Return the mean number of steps back of its sweep.

        With a loss at every step that is T: a sweep that is cut begins anew.  Unlike
        `expected_reach` it is not about how far back one loss is heard.
        """
        seen, keep = as_losses(T, losses), self.probabilities(T)
        if self.nested:
            return live_steps(seen, keep)
        # Without nesting step i is reached by every later loss that is kept.
        missed = np.cumprod(np.where(seen, 1 - keep, 1.0)[::-1])[::-1]
        later = np.append(missed[1:], 1.0)
        return float(np.where(seen, 1.0, 1 - later).sum())

    def expected_reach(self, T: int, losses: object = None) -> float:
        """Return how many steps a loss reaches back, its own included, in the mean.

        Σ_{i ≤ t} P(ℓ_t reaches step i), averaged over the steps t with a loss.
        """
        seen, keep = as_losses(T, losses), self.probabilities(T)
        reach = np.empty(len(seen))
        length = 0.0
        for t, kept in enumerate(keep):
            length = 1.0 + (kept * length if self.nested else kept * t)
            reach[t] = length
        return float(reach[seen].mean()) if seen.any() else 0.0

    def held_steps(self, T: int) -> float:
        """Return the mean of the longest stretch without a cut; T where not nested."""
        keep = self.probabilities(T)
        return longest_run(keep) if self.nested else float(len(keep))

    def _states(self, objective: AbstractObjective, xi: Array) -> Array:
        chain, deltas = objective.trajectory.chain, objective.cotangents
        if self.nested:
            return chain.backpropagate(deltas, xi=xi)
        # λ_i = δ_i + Σ_{t > i} ξ_t u_{t,i}: one plain sweep of the sources ξ_t δ_t.
        by_step = xi.reshape(*xi.shape, *[1] * (deltas.ndim - xi.ndim))
        states = chain.backpropagate(by_step * deltas)
        states[1:] += (1 - by_step) * deltas
        return states


def _probabilities(keep: object, T: int | None = None) -> Array:
    sizes = None if T is None else {"T": T}
    array = np.array(require_array("keep", keep, "(T,)", sizes=sizes))
    outside = np.flatnonzero((array <= 0) | (array > 1))
    if len(outside):
        got = f"{array[outside[0]]} at index {outside[0]}"
        message = f"`keep` must be probabilities {_REMEDY}; got {got}."
        raise InputError(message)
    array.setflags(write=False)
    return array
