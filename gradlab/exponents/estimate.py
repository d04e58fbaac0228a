"""A number that follows from exponents, f(λ_1, …, λ_k), with the error of their blocks.

Each block b has a linearised value Σ_i (∂f/∂λ_i) rate_bi of its own, so the scatter of
these holds all covariances between the exponents.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Result
from gradlab._words import describe_measured
from gradlab.exponents._statistics import (
    degrees_of_freedom,
    quantiles,
    standard_errors,
    widenings,
)
from gradlab.references import Reference
from gradlab.typing import Array, Vector

__all__ = ["Estimate", "estimated"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Result):
    """A number with its standard error, to first order in the errors of exponents.

    Attributes
    ----------
    value, stderr : float
        The number, and its standard error by batch means: NaN from a single block.
    degrees : float
        Degrees of freedom of the error.
    widening : float
        Factor by which correlation between blocks widens the error; 1 if there is none.

    Examples
    --------
    >>> dimension = Estimate(value=1.258, stderr=0.001, degrees=31.0, widening=1.0)
    >>> [round(end, 4) for end in dimension.interval(0.95)]
    [1.256, 1.26]
    >>> print(dimension)
    1.2580 ± 0.0010
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("kaplan1979chaotic"),
        Reference("eckmann1985ergodic"),
    )

    value: float
    stderr: float
    degrees: float
    widening: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the ends of the confidence interval, widened for correlation."""
        (t,) = quantiles(level, np.array([self.degrees]))
        reach = float(t) * self.widening * self.stderr
        return self.value - reach, self.value + reach

    def describe(self) -> str:
        """Say the number with two digits of its error, widened."""
        return describe_measured(self.value, self.widening * self.stderr)

    __str__ = describe


def estimated(
    value: float, gradient: Vector, rates: Array, lengths: Vector
) -> Estimate:
    """Return f(λ) with the error that Σ_i (∂f/∂λ_i) λ_i has by block rates (B, k)."""
    used = gradient != 0
    series = (rates[:, used] * gradient[used]).sum(axis=1, keepdims=True)
    return Estimate(
        value=value,
        stderr=float(standard_errors(series * lengths[:, None], lengths)[0]),
        degrees=float(degrees_of_freedom(series)[0]),
        widening=float(widenings(series)[0]),
    )
