"""A number known only to lie between two float64s: lower ≤ x ≤ upper, or not known."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradlab._results import Result
from gradlab.errors import InputError
from gradlab.linalg.rounding import up_sub
from gradlab.references import Reference
from gradlab.typing import Array
from gradlab.verified.compare import Verdict

__all__ = ["Enclosure"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Enclosure(Result):
    """Numbers between two float64s, with the arithmetic behind the claim.

    Comparisons have three values.  Where `certified` is false nothing is claimed, and
    every comparison is undecided: such a number is called an estimate.

    Attributes
    ----------
    lower, upper : float or array
        The exact value lies in [lower, upper]; ∓inf where no bound is known.
    certified : bool
        Whether that is proved, the inputs taken as the exact numbers they are.
    arithmetic : str
        What it was proved in: "float64", "integers", or balls of so many bits.
    reason : str
        Why nothing is certified, or why the enclosure is wider than was asked for.

    Examples
    --------
    >>> third = Enclosure.between(0.333, 0.334)
    >>> third.below(0.5).name, third.at_most(0.3335).name
    ('PROVED', 'UNDECIDED')
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("rump2010verification"),
        Reference("johansson2017arb"),
    )

    lower: float | Array
    upper: float | Array
    certified: bool
    arithmetic: str
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse ends that are NaN or in the wrong order."""
        in_order = self.lower <= self.upper
        if not (in_order if isinstance(in_order, bool) else in_order.all()):
            message = f"`lower` must be <= `upper`; got {self.lower} and {self.upper}."
            raise InputError(message)

    @classmethod
    def between(
        cls,
        lower: Any,
        upper: Any,
        *,
        arithmetic: str = "float64",
        fault: str = "",
        reason: str = "",
    ) -> "Enclosure":
        """Return [lower, upper], certified unless the arithmetic has a `fault`.

        A NaN end stands for a bound that was not found: it becomes ∓inf, and so do ends
        that have crossed under a fault.
        """
        low, high = _known(lower, -math.inf), _known(upper, math.inf)
        if fault:
            crossed = high < low
            low = _plain(np.where(crossed, -math.inf, low))
            high = _plain(np.where(crossed, math.inf, high))
        return cls(
            lower=low,
            upper=high,
            certified=not fault,
            arithmetic=arithmetic,
            reason=fault or reason,
        )

    def __getitem__(self, index: Any) -> "Enclosure":
        """Return the enclosure of one entry, or of some."""
        lower, upper = np.asarray(self.lower), np.asarray(self.upper)
        return Enclosure.between(
            lower[index],
            upper[index],
            arithmetic=self.arithmetic,
            fault="" if self.certified else self.reason,
            reason=self.reason,
        )

    @property
    def width(self) -> float | Array:
        """A float64 ≥ upper − lower; 0 where the two are one number or one infinity."""
        same = np.equal(self.lower, self.upper)
        return _plain(np.where(same, 0.0, up_sub(self.upper, self.lower)))

    def below(self, limit: "float | Enclosure") -> Verdict:
        """Decide x < limit, for a number or another enclosure."""
        other = _as_enclosure(limit)
        return self._decided(other, self.upper < other.lower, self.lower >= other.upper)

    def at_most(self, limit: "float | Enclosure") -> Verdict:
        """Decide x ≤ limit."""
        other = _as_enclosure(limit)
        return self._decided(other, self.upper <= other.lower, self.lower > other.upper)

    def above(self, limit: "float | Enclosure") -> Verdict:
        """Decide x > limit."""
        return _as_enclosure(limit).below(self)

    def at_least(self, limit: "float | Enclosure") -> Verdict:
        """Decide x ≥ limit."""
        return _as_enclosure(limit).at_most(self)

    def met(self, other: "Enclosure") -> "Enclosure":
        """Return the numbers in both: another way to the same number only narrows it.

        Raises
        ------
        InputError
            If there are none; then one of the two is wrong.
        """
        if not (self.certified and other.certified):
            return self if self.certified else other
        return Enclosure.between(
            np.maximum(self.lower, other.lower),
            np.minimum(self.upper, other.upper),
            arithmetic=other.arithmetic,
            reason=other.reason,
        )

    def _decided(self, other: "Enclosure", proved: Any, refuted: Any) -> Verdict:
        if np.ndim(proved):
            message = "many numbers are not compared at once; take one with [i]."
            raise InputError(message)
        if not (self.certified and other.certified):
            return Verdict.UNDECIDED
        if proved:
            return Verdict.PROVED
        return Verdict.REFUTED if refuted else Verdict.UNDECIDED


def _as_enclosure(limit: float | Enclosure) -> Enclosure:
    if isinstance(limit, Enclosure):
        return limit
    if np.isnan(limit):
        message = "nothing is below or above NaN."
        raise InputError(message)
    return Enclosure.between(limit, limit, arithmetic="a number as given")


def _known(end: Any, otherwise: float) -> float | Array:
    """Return an end as a float or an array, `otherwise` in the place of NaN."""
    if isinstance(end, float):
        return otherwise if math.isnan(end) else float(end)
    x = np.asarray(end, dtype=float)
    return _plain(np.where(np.isnan(x), otherwise, x))


def _plain(x: Array) -> float | Array:
    return x if x.ndim else float(x)
