"""Curves in one line of text: eight heights of blocks, or of ASCII without them.

A number that is not there is a blank, one beyond all bounds a mark of its own.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, final

import numpy as np

from gradlab.typing import Array

__all__ = ["ASCII", "UNICODE", "Signs", "curve", "name_shown", "signs_for"]


@final
@dataclass(frozen=True)
class Signs:
    """What a terminal can show: heights from low to high, and the names of things."""

    heights: str
    beyond: str
    norm: str
    exponent: str
    minus: str
    times: str
    arrow: str


UNICODE = Signs("▁▂▃▄▅▆▇█", "∞", "‖g‖", "λ₁", "−", "×", "→")
ASCII = Signs("_.:-=+*#", "^", "|g|", "lambda_1", "-", "x", "->")


def signs_for(stream: IO[str] | None = None) -> Signs:
    """Return the signs that a stream can show: those of its encoding."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "ascii"
    try:
        "".join([UNICODE.heights, *map(str, vars(UNICODE).values())]).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def curve(
    values: Sequence[float] | Array,
    signs: Signs,
    *,
    width: int,
    low: float | None = None,
    high: float | None = None,
) -> str:
    """Return values as one line of at most `width` signs, from `low` to `high`.

    Where there are more values than signs, each sign is the mean of a stretch.

    Examples
    --------
    >>> curve([0.0, 1.0, 2.0, float("nan"), float("inf")], UNICODE, width=10)
    '▁▅█ ∞'
    """
    parts = [
        part for part in np.array_split(np.asarray(values, float), width) if part.size
    ]
    numbers = [_mean(part) for part in parts]
    finite = [x for x in numbers if math.isfinite(x)]
    bottom = min(finite, default=0.0) if low is None else low
    top = max(finite, default=0.0) if high is None else high
    return "".join(_sign(x, bottom, top, signs) for x in numbers)


def name_shown(name: str) -> str:
    r"""Return a name as it is if it prints, and as Python writes it if it does not.

    Examples
    --------
    >>> print(name_shown("encoder.lstm"), name_shown("a\x1b[31mb"))
    encoder.lstm 'a\x1b[31mb'
    """
    return name if name.isprintable() else ascii(name)


def _mean(part: Array) -> float:
    if np.isposinf(part).any():
        return math.inf
    known = part[np.isfinite(part)]
    return float(known.mean()) if known.size else math.nan


def _sign(value: float, low: float, high: float, signs: Signs) -> str:
    if math.isnan(value):
        return " "
    if value == math.inf:
        return signs.beyond
    steps = len(signs.heights) - 1
    share = (value - low) / (high - low) if high > low else 0.0
    return signs.heights[min(max(round(steps * share), 0), steps)]
