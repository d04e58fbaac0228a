"""A Lyapunov spectrum λ_1 ≥ … ≥ λ_k with its errors, and what follows from it."""

import enum
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Result
from gradlab._words import describe_rate
from gradlab.exponents._statistics import (
    degrees_of_freedom,
    quantiles,
    widenings,
)
from gradlab.exponents.dimension import (
    entropy_with_gradient,
    kaplan_yorke_with_gradient,
)
from gradlab.exponents.estimate import Estimate, estimated
from gradlab.references import Reference
from gradlab.typing import Array, Vector

__all__ = ["ExponentIntervals", "LyapunovSpectrum", "LyapunovStop"]

_SHOWN = 10


class LyapunovStop(enum.Enum):
    """Why no further steps were counted."""

    WHOLE = "every step of the run is counted"
    REACHED = "the standard error is as small as was asked for"
    STEPS = "`max_steps` is reached; the error is larger than was asked for"
    INPUTS = "the inputs ended; the error is larger than was asked for"
    CYCLE = "the orbit repeats bit by bit, so more steps say nothing new"


@final
@dataclass(frozen=True, eq=False, repr=False)
class ExponentIntervals(Result):
    """Confidence intervals of exponents: λ_i ± t · widening_i · stderr_i.

    Attributes
    ----------
    lower, upper : (k,) array
        Nats per step.
    level : float
        The probability with which each holds its exponent, where blocks are long.
    degrees : (k,) array
        Degrees of freedom of Student's t: B − 1, fewer where blocks are correlated.
    widening : (k,) array
        √((1 + r)/(1 − r)) for a correlation r of successive blocks; 1 if there is none.
        Above 2 the blocks are too short for any honest error: run longer.
    """

    lower: Vector
    upper: Vector
    level: float
    degrees: Vector
    widening: Vector


@final
@dataclass(frozen=True, eq=False, repr=False)
class LyapunovSpectrum(Result):
    """Lyapunov exponents with their errors, in nats per step.

    Attributes
    ----------
    exponents : (k,) array
        λ_1 ≥ … ≥ λ_k; −inf for directions that a singular Jacobian annihilates.
    stderr : (k,) array
        Standard errors from the spread of the blocks, with B − 1 degrees of freedom;
        NaN from a single block, and 0 where the exponent is −inf, which more steps
        cannot change.
    block_exponents : (B, k) array
        The same rates over each block.
    block_steps : (B,) array of int
        Steps in each block; the last may be shorter.
    sum_rule : float
        Σ λ_i − mean ln|det J_t| over the counted steps, which is 0 but for rounding;
        NaN where k < n.
    size : int
        n.
    steps, burn_in : int
        Steps that were counted, and steps left out before them.
    caveats : tuple of str
        What a reader should know before believing the numbers; empty if nothing.
    stop : LyapunovStop
        Why no further steps were counted.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("benettin1980lyapunov"),
        Reference("eckmann1985ergodic"),
    )

    exponents: Vector
    stderr: Vector
    block_exponents: Array
    block_steps: Array
    sum_rule: float
    size: int
    steps: int
    burn_in: int
    caveats: tuple[str, ...]
    stop: LyapunovStop = LyapunovStop.WHOLE

    @property
    def top(self) -> float:
        """λ_1, in nats per step."""
        return float(self.exponents[0])

    @property
    def convergence(self) -> Array:
        """The exponents as they stood at the end of each block (B, k)."""
        done = np.cumsum(self.block_steps)
        return np.cumsum(self._sums(), axis=0) / done[:, None]

    @property
    def split_half(self) -> Vector:
        """Rate over the later half of the blocks minus that over the earlier (k,)."""
        cut = len(self.block_steps) // 2
        if cut == 0:
            return np.full(len(self.exponents), np.nan)
        sums, steps = self._sums(), self.block_steps
        with np.errstate(invalid="ignore"):  # −inf − (−inf): NaN
            late = sums[cut:].sum(axis=0) / steps[cut:].sum()
            return late - sums[:cut].sum(axis=0) / steps[:cut].sum()

    def interval(self, level: float = 0.95) -> ExponentIntervals:
        """Return confidence intervals by batch means, widened for correlated blocks.

        Raises
        ------
        InputError
            If `level` is not between 0 and 1.
        """
        rates = self.block_exponents
        degrees, widening = degrees_of_freedom(rates), widenings(rates)
        with np.errstate(invalid="ignore"):  # −inf ± 0
            reach = quantiles(level, degrees) * widening * self.stderr
        return ExponentIntervals(
            lower=self.exponents - reach,
            upper=self.exponents + reach,
            level=level,
            degrees=degrees,
            widening=widening,
            origin=self.origin,
        )

    @property
    def kaplan_yorke(self) -> Estimate:
        """The Kaplan–Yorke dimension, with the error that all exponents give it.

        Raises
        ------
        InputError
            If the k < n exponents add up to more than 0, and so do not tell.
        """
        value, gradient = kaplan_yorke_with_gradient(
            self.exponents, complete=self._complete
        )
        return estimated(value, gradient, self.block_exponents, self.block_steps)

    @property
    def entropy_rate(self) -> Estimate:
        """The sum of the positive exponents, in nats per step, with its error.

        The entropy rate is at most this (Ruelle's inequality), and equal to it where
        the stationary law is smooth along unstable directions (Pesin's formula).

        Raises
        ------
        InputError
            If all of the k < n exponents are positive, and so do not tell.
        """
        value, gradient = entropy_with_gradient(self.exponents, complete=self._complete)
        return estimated(value, gradient, self.block_exponents, self.block_steps)

    def columns(self) -> dict[str, Array]:
        """Return the table: index, exponent, standard error."""
        index = np.arange(1, len(self.exponents) + 1)
        return {"index": index, "exponent": self.exponents, "stderr": self.stderr}

    def describe(self) -> str:
        """Say the exponents in words, the first ten and the last, then the caveats."""
        k = len(self.exponents)
        shown = [*range(min(k, _SHOWN)), *([k - 1] if k > _SHOWN else [])]
        width = len(f"λ_{k}")
        lines = [
            f"{f'λ_{i + 1}':<{width}}  "
            f"{self.exponents[i]:+.6f} ± {self.stderr[i]:.1g}  "
            f"{describe_rate(float(self.exponents[i]))}"
            for i in shown
        ]
        head = f"{k} of {self.size} Lyapunov exponents in nats per step"
        head += f", {self.steps} steps after a burn-in of {self.burn_in}"
        if self._complete and self.top > 0:
            lines += [
                f"Kaplan–Yorke dimension  {self.kaplan_yorke}",
                f"entropy rate, at most   {self.entropy_rate} nats per step",
            ]
        notes = [f"note: {caveat}" for caveat in self.caveats]
        if self.stop is not LyapunovStop.WHOLE:
            notes.insert(0, f"stopped: {self.stop.value}.")
        return "\n".join([head, *lines, *notes])

    __str__ = describe

    @property
    def _complete(self) -> bool:
        return len(self.exponents) == self.size

    def _sums(self) -> Array:
        return self.block_exponents * self.block_steps[:, None]
