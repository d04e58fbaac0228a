"""Laws of a random depth K, given by their survival P(K ≥ l) at lags l ≥ 0."""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_number
from gradlab.typing import Array

__all__ = ["Geometric", "PowerLaw"]


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
