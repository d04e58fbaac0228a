"""Rows v = m · 2^e with an exponent for every row: sums and norms at any size."""

import math
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from gradlab.typing import Array

__all__ = ["ScaledRows", "log_norms"]

_NOTHING = -(2**40)  # a binary exponent below every other: where a row is zero
_POWER = 1023  # the largest power of two among the floats
_LOST = -1200  # a shift by which every float64 in [−1, 1] becomes 0


@final
@dataclass(frozen=True, eq=False)
class ScaledRows:
    """Vectors m · 2^e along the last axis; `of` makes 1/2 <= max|m| < 1, or m = 0.

    Attributes
    ----------
    mantissa : (..., n) array
    exponent : (...) array of int64

    Examples
    --------
    >>> tiny = ScaledRows.of(np.array([3.0, 4.0]), exponent=-10_000)
    >>> bool(np.isclose(tiny.log_norms(), np.log(5) - 10_000 * np.log(2)))
    True
    """

    mantissa: Array
    exponent: Array

    @classmethod
    def of(cls, rows: Array, exponent: Array | int = 0) -> Self:
        """Return rows · 2^exponent, normalised."""
        largest = np.abs(rows).max(axis=-1, initial=0.0)
        shift = np.frexp(largest)[1]
        total = np.where(largest > 0, exponent + shift.astype(np.int64), _NOTHING)
        return cls(_shifted(rows, -shift), total)

    def plus(self, other: "ScaledRows") -> "ScaledRows":
        """Return the sum of normalised rows, not normalised itself.

        What is below 2^−1200 of the other row is nothing beside it.
        """
        common = np.maximum(self.exponent, other.exponent)
        total = sum(
            _shifted(rows.mantissa, np.maximum(rows.exponent - common, _LOST))
            for rows in (self, other)
        )
        return ScaledRows(np.asarray(total), common)

    def log_maxima(self) -> Array:
        """Return ln max|v_i| in nats (...), −inf where v is zero."""
        with np.errstate(divide="ignore"):  # ln 0 = −inf, and right
            logs = np.log(np.abs(self.mantissa).max(axis=-1, initial=0.0))
        return logs + self.exponent * math.log(2)

    def log_norms(self) -> Array:
        """Return ln‖v‖₂ in nats (...), −inf where v is zero."""
        rows = ScaledRows.of(self.mantissa, self.exponent)
        with np.errstate(divide="ignore"):  # ln 0 = −inf, and right
            logs = np.log(np.square(rows.mantissa).sum(axis=-1)) / 2
        return logs + rows.exponent * math.log(2)


def _shifted(rows: Array, shift: Array) -> Array:
    """Return rows · 2^shift as `ldexp` does; by products, which are far quicker.

    A power of two down to 2^−1074 is a float, and what is below it makes 0 of them all.
    """
    if (shift > _POWER).any():
        return np.ldexp(rows, shift[..., None])
    return rows * np.ldexp(1.0, shift)[..., None]


def log_norms(rows: Array) -> Array:
    """Return ln‖row‖₂ in nats along the last axis: squares of 1e−170 are not lost.

    Examples
    --------
    >>> bool(np.isclose(log_norms(np.array([3e-170, 4e-170])), np.log(5e-170)))
    True
    """
    return ScaledRows.of(rows).log_norms()
