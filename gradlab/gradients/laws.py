"""Laws of a random depth K, given by their survival P(K ≥ l) at lags l ≥ 0."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_number
from gradlab.typing import Array

__all__ = ["FromLast", "Geometric", "PowerLaw"]


@final
@dataclass(frozen=True)
class Geometric:
    """P(K ≥ l) = π^l, so that Σ_l P(K ≥ l) = 1/(1 − π) steps are reached in the mean.

    >>> Geometric(0.5)(np.arange(4))
    array([1.   , 0.5  , 0.25 , 0.125])
    """

    keep: float

    def __post_init__(self) -> None:
        """Check that π is a probability above 0."""
        keep = require_number("keep", self.keep, above=0.0, maximum=1.0)
        object.__setattr__(self, "keep", keep)

    def __call__(self, lags: Array) -> Array:
        """Return P(K ≥ l) at the given lags."""
        return np.power(self.keep, lags, dtype=np.float64)


@final
@dataclass(frozen=True)
class PowerLaw:
    """P(K ≥ l) = (1 + l/scale)^(−exponent): long memory at little cost.

    >>> PowerLaw(1.0, 2.0)(np.arange(3))
    array([1.        , 0.25      , 0.11111111])
    """

    scale: float
    exponent: float

    def __post_init__(self) -> None:
        """Check that both are positive."""
        for name in ("scale", "exponent"):
            value = require_number(name, getattr(self, name), above=0.0)
            object.__setattr__(self, name, value)

    def __call__(self, lags: Array) -> Array:
        """Return P(K ≥ l) at the given lags."""
        return np.power(1 + np.asarray(lags) / self.scale, -self.exponent)


@final
@dataclass(frozen=True)
class FromLast:
    """A schedule π_1 … π_T with which the last loss has a given survival.

    π_{T−l+1} = P(K ≥ l)/P(K ≥ l − 1), so that ξ_T ⋯ ξ_{T−l+1} is not 0 with probability
    P(K ≥ l): long memory for a random truncation.

    >>> FromLast(PowerLaw(1.0, 2.0))(3)  # 9/16, 4/9, 1/4
    array([0.5625    , 0.44444444, 0.25      ])
    """

    law: Callable[[Array], Array]

    def __call__(self, T: int) -> Array:
        """Return π_1 … π_T."""
        survival = self.law(np.arange(T + 1))
        return (survival[1:] / survival[:-1])[::-1]
