"""The total variance of a nested random truncation as a function of π, with slope."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from gradlab._checks import require_memory
from gradlab.gradients._suffixes import suffix_gradients
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = ["KeepVariance"]


@final
@dataclass(frozen=True, eq=False)
class KeepVariance:
    """V(w) = Σ_t a_t [ρ_{t,t} + Σ_{j > t} a_j κ_{t,j} ρ_{t,j}], w = 1/π, a = w − 1.

    Here ρ_{t,j} = ‖R_{j,t}‖² and κ_{t,j} = Π_{t < s < j} w_s.  The ρ know nothing of π:
    once they are there, V and its slope cost O(T²), whatever n is.

    Attributes
    ----------
    squares : (T, T) array
        ρ_{t,j} in row t − 1 and column j − 1; 0 for j < t.
    """

    squares: Array

    @classmethod
    def of(cls, objective: AbstractObjective) -> Self:
        """Compute the ρ of an objective; a batch shares its ξ."""
        T = len(objective.trajectory)
        require_memory("T", T, 4 * T * T)  # and pairs, their weights, both ends
        squares = np.zeros((T, T))
        for t, j, R in suffix_gradients(objective):
            squares[t - 1, j - 1 : j - 1 + len(R)] = np.einsum("jp,jp->j", R, R)
        return cls(squares)

    def __call__(self, keep: Array) -> tuple[float, Array]:
        """Return V and ∂V/∂π (T,); inf and zeros where V leaves float64."""
        with np.errstate(over="ignore", invalid="ignore"):
            total, slope = self._value(keep)
        if np.isfinite(total) and np.isfinite(slope).all():
            return total, slope
        return np.inf, np.zeros(len(keep))

    def _value(self, keep: Array) -> tuple[float, Array]:
        w, excess = 1 / keep, 1 / keep - 1
        logs = np.cumsum(np.log(w))
        pairs = np.triu(self.squares, 1)
        # ln κ_{t,j} = Σ_{s ≤ j−1} ln w − Σ_{s ≤ t} ln w
        pairs *= np.exp(np.triu((logs - np.log(w))[None, :] - logs[:, None], 1))
        own = np.diag(self.squares)
        later, earlier = pairs @ excess, excess @ pairs
        total = float(excess @ (own + later))
        # A pair (t, j) has w_s in its κ for all t < s < j: counted at both its ends.
        both = excess[:, None] * pairs * excess[None, :]
        opened = np.append(0.0, np.cumsum(both.sum(axis=1))[:-1])
        across = np.maximum(opened - np.cumsum(both.sum(axis=0)), 0.0)
        slope = own + later + earlier + across / w
        return total, -slope / keep**2
