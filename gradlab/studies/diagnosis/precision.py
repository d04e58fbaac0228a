"""Where a number format loses a gradient: rounded away, stored as zero, or overflowing.

With unit roundoff u, smallest positive number s and largest Ω of a format: a term below
u times the newest one vanishes in their sum, entries below s/2 are stored as 0, and
those above Ω as infinity.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from gradlab.typing import Vector

__all__ = ["FORMATS", "Format", "first_above", "lost_after"]


class Format(NamedTuple):
    """A number format by the logarithms of its limits, in nats."""

    log_roundoff: float
    log_smallest: float
    log_largest: float


def _binary(digits: int, smallest: int, largest: float) -> Format:
    return Format(-digits * math.log(2), smallest * math.log(2), math.log(largest))


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "float64": _binary(53, -1074, float(np.finfo(np.float64).max)),
        "float32": _binary(24, -149, float(np.finfo(np.float32).max)),
        "bfloat16": _binary(8, -133, (2 - 2.0**-7) * 2.0**127),
        "float16": _binary(11, -24, 65504.0),
    }
)
"""IEEE 754's binary64, binary32 and binary16, and bfloat16, with subnormal numbers."""


def lost_after(logs: Vector, limit: float) -> float:
    """Return the first lag from which on all of `logs` is below the limit; inf if none.

    Examples
    --------
    >>> lost_after(np.array([0.0, -5.0, -1.0, -7.0, -9.0]), -2.0)
    3.0
    """
    kept = np.flatnonzero(logs >= limit)
    after = int(kept[-1]) + 1 if len(kept) else 0
    return float(after) if after < len(logs) else math.inf


def first_above(logs: Vector, limit: float) -> float:
    """Return the first lag at which `logs` is above the limit; inf if none is.

    Examples
    --------
    >>> first_above(np.array([0.0, 5.0, 1.0]), 2.0)
    1.0
    """
    above = np.flatnonzero(logs > limit)
    return float(above[0]) if len(above) else math.inf
