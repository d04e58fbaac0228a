"""Laws of a random depth K, given by their survival P(K ≥ l) at lags l ≥ 0."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_number
from gradlab.typing import Array

__all__ = ["FromLast", "Geometric", "PowerLaw", "Waring"]


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
class Waring:
    """P(K ≥ l) = Π_{d=1}^l (1 − c_d), c_d = (α − 1)/((α − 2) l_0 + d): ARTBP's law.

    c_d is the chance of a cut d steps after the last [tallec2017unbiasing].  It falls
    with d, so that P(K ≥ l) falls like l^(1 − α) and weights grow like l^(α − 1) where
    a constant c has both exponential.  K has a Waring distribution, and stretches of
    K + 1 steps the mean length l_0, exactly.

    Parameters
    ----------
    length : float
        l_0 > 1.
    exponent : float
        α > 2; lengths have moments below α − 1.

    Examples
    --------
    >>> Waring(2.0, 3.0)(np.arange(4))  # 2 / ((l + 1)(l + 2)), of sum 2
    array([1.        , 0.33333333, 0.16666667, 0.1       ])
    """

    length: float
    exponent: float

    def __post_init__(self) -> None:
        """Check that there is a mean, and that c_1 < 1."""
        for name, least in (("length", 1.0), ("exponent", 2.0)):
            value = require_number(name, getattr(self, name), above=least)
            object.__setattr__(self, name, value)

    def __call__(self, lags: Array) -> Array:
        """Return P(K ≥ l) at the given lags."""
        at = np.asarray(lags, dtype=np.int64)
        # 1 − c_d = x/(x + α − 1) with x = (α − 2)(l_0 − 1) + d − 1: nothing cancels.
        x = (self.exponent - 2) * (self.length - 1) + np.arange(at.max(initial=0))
        found = np.cumprod(np.append(1.0, x / (x + self.exponent - 1)))
        return found[at]


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
