"""A comparison of enclosures has three outcomes: proved, refuted, undecided."""

import enum
from typing import NoReturn

__all__ = ["Verdict"]


class Verdict(enum.Enum):
    """What is known about an inequality; it refuses to be a bool.

    Examples
    --------
    >>> Verdict.PROVED is Verdict.PROVED
    True
    >>> if Verdict.UNDECIDED:
    ...     pass
    Traceback (most recent call last):
    ...
    TypeError: a Verdict has three values; compare with `is Verdict.PROVED`.
    """

    PROVED = "the inequality holds for every number in the enclosure"
    REFUTED = "the inequality fails for every number in the enclosure"
    UNDECIDED = "the enclosure is too wide to tell; raise the precision"

    def __bool__(self) -> NoReturn:
        """Raise: an undecided comparison is neither true nor false."""
        message = "a Verdict has three values; compare with `is Verdict.PROVED`."
        raise TypeError(message)
