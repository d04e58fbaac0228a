"""Renewal truncation: ξ_t = S_a/S_{a+1} with probability S_{a+1}/S_a, and else 0.

Here a is how often the chain was kept since the last cut, and S_l = P(K ≥ l).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import describe_rng, require_length, require_rng
from gradlab.errors import InputTypeError
from gradlab.gradients._counts import as_losses
from gradlab.gradients._draws import nested_weights, stretches
from gradlab.gradients._renewals import (
    live_renewal_steps,
    longest_stretch,
    renewals,
    stretch_chances,
)
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

__all__ = ["RenewalTruncation"]


@final
@dataclass(frozen=True, eq=False)
class RenewalTruncation(AbstractEstimator):
    """λ_t = δ_t + ξ_{t+1} λ_{t+1} J_{t+1}, where P(ξ = 0) depends on the last cut.

    The cuts make a renewal process: stretches without a cut have independent lengths
    K + 1 of one law, and the first starts at step 1.  The chain that was kept a times
    since the last cut is cut with probability c_{a+1} = 1 − S_{a+1}/S_a,
    S_l = P(K ≥ l), and else weighted up by S_a/S_{a+1}.  Unbiased for every law; all
    losses of a draw share its ξ.  With the law `Waring` that is ARTBP, with `Geometric`
    it is `RandomTruncation` of a constant π.

    Parameters
    ----------
    law : (L,) array_like, or callable
        S_0 = 1, S_1, … for lags 0 … T − 1 at least.  A callable, such as `Waring` or
        `PowerLaw`, gets an array of lags.
    shared : bool
        Whether the sequences of a batch share one ξ, or draw their own.

    Raises
    ------
    InputError
        If the survival does not start at 1, ever rises, or is 0 (or underflows) at a
        lag that the losses have: then no weight could make up for it.

    Notes
    -----
    Anticipated reweighted truncated backpropagation [tallec2017unbiasing]; ξ_1 = 1, so
    that h_0 comes with step 1.

    Examples
    --------
    >>> estimator = RenewalTruncation([1.0, 0.5, 0.375])
    >>> estimator.hazards(3)  # of a cut, 1 and 2 steps after the last
    array([0.5 , 0.25])
    >>> estimator.draw(3, rng=3), estimator.segments(3, rng=3)
    (array([1., 2., 0.]), array([2, 1]))
    >>> estimator.expected_reach(3)  # (1 + 3/2 + (3 · 3/8 + 2 · 1/4 + 3/8)) / 3
    1.5
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

    def survival(self, T: int) -> Array:
        """Return S_l = P(K ≥ l) for l = 0 … T − 1 (T,)."""
        steps = require_length("T", T)
        law = self.law
        found = as_survival(law(np.arange(steps))) if callable(law) else np.asarray(law)
        return require_reach(found, steps, steps)

    def hazards(self, T: int) -> Array:
        """Return c_d for d = 1 … T − 1: the chance of a cut d steps after the last."""
        survival = self.survival(T)
        return -np.diff(survival) / survival[:-1]

    def ages(self, T: int) -> Array:
        """Return P(the chain was kept a times before step T) for a = 0 … T − 1 (T,).

        r_{T−a} S_a, where a stretch starts at step s with probability r_s.
        """
        survival = self.survival(T)
        return renewals(survival)[::-1] * survival

    def draw(self, T: int, *, rng: Seed, sequences: int | None = None) -> Array:
        """Return one draw of ξ_1 … ξ_T (T,), or (T, B) for so many sequences."""
        survival = self.survival(T)
        keep = survival[1:] / survival[:-1]
        count = () if sequences is None else (sequences,)
        level = require_rng(rng).random((T, *count))
        xi, age = np.ones((T, *count)), np.zeros(count, dtype=np.int64)
        for t in range(1, T):
            kept = level[t] < keep[age]
            xi[t] = kept / keep[age]
            age = np.where(kept, age + 1, 0)
        return xi

    def gradient(
        self, objective: AbstractObjective, *, rng: Seed | None = None
    ) -> Gradient:
        """Return one draw of the estimate, at the cost of one sweep.

        Raises
        ------
        InputTypeError
            If `rng` is missing.
        RangeError
            If a cotangent overflows float64, which weights above 1 make easier.
        """
        objective = require_objective(objective)
        generator = require_rng(rng)
        seed = describe_rng(rng)
        trajectory = objective.trajectory
        alone = not self.shared and trajectory.batch
        count = trajectory.batch[0] if alone else None
        xi = self.draw(len(trajectory), rng=generator, sequences=count)
        states = trajectory.chain.backpropagate(objective.cotangents, xi=xi)
        return gradient_from_cotangents(objective, states, seed=seed)

    def weights(self, xi: object) -> Array:
        """Return (T, T): what a draw (T,) weights ℓ_t with at step i, row t − 1.

        It is ξ_{i+1} ⋯ ξ_t, which in a stretch from step s on is S_{i−s}/S_{t−s}.
        """
        return nested_weights(xi)

    def segments(self, T: int, *, rng: Seed) -> Array:
        """Return the lengths of the stretches without a cut in one draw."""
        return stretches(self.draw(T, rng=rng))

    def expected_steps(self, T: int, losses: object = None) -> float:
        """Return the mean number of steps back of its sweep; T if all have a loss."""
        return live_renewal_steps(as_losses(T, losses), self.survival(T))

    def expected_reach(self, T: int, losses: object = None) -> float:
        """Return how many steps a loss reaches back, its own included, in the mean.

        Σ_{s ≤ t} r_s S_{t−s} (t − s + 1), averaged over the steps t with a loss, where
        a stretch starts at step s with probability r_s.
        """
        seen, chances = as_losses(T, losses), stretch_chances(self.survival(T))
        t = np.arange(len(seen))
        reach = (chances * (t[:, None] - t[None, :] + 1)).sum(axis=1)
        return float(reach[seen].mean()) if seen.any() else 0.0

    def held_steps(self, T: int) -> float:
        """Return the mean of the longest stretch without a cut."""
        return longest_stretch(self.survival(T))
