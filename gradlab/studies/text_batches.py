"""Batches of text: B streams side by side, T symbols at a time, h_0 carried or zero."""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["TextBatches", "streams"]


def streams(tokens: Array, sequences: int) -> Array:
    """Return a text as B streams of equal length, (L + 1, B): each goes on in itself.

    The last symbol of a stream is the first of the next, so that each of B L symbols
    is asked for once.  At most B − 1 symbols at the end are left out.

    Examples
    --------
    >>> streams(np.arange(8), 2).T
    array([[0, 1, 2, 3],
           [3, 4, 5, 6]])
    """
    length = (len(tokens) - 1) // sequences
    starts = np.arange(sequences) * length
    return tokens[np.arange(length + 1)[:, None] + starts]


@final
@dataclass
class TextBatches:
    """What a trainer reads: a mutable place in a text.

    With ``carry`` the text is cut into B streams and read from front to back; every
    pass begins at a random offset below T and at h_0 = 0.  Without it every sequence
    starts anywhere, at h_0 = 0.

    Examples
    --------
    >>> batches = TextBatches(np.arange(13), 2, 3, True, np.random.default_rng(0))
    >>> tokens, fresh = batches.following()
    >>> tokens.T.tolist(), fresh
    ([[2, 3, 4, 5], [7, 8, 9, 10]], True)
    """

    tokens: Array
    sequences: int
    length: int
    carry: bool
    rng: np.random.Generator
    offset: int = -1
    segment: int = 0

    def __post_init__(self) -> None:
        """Check that the shortest pass, or a sequence, fits into the text."""
        late = self.length - 1 if self.carry else 0
        needed = late + self.length * (self.sequences if self.carry else 1) + 1
        if len(self.tokens) < needed:
            message = (
                f"{self.sequences} sequences of {self.length} need a training text of "
                f"{needed:,} symbols; got {len(self.tokens):,}."
            )
            raise InputError(message)

    def following(self) -> tuple[Array, bool]:
        """Return the next (T + 1, B) symbols, and whether they start at h_0 = 0."""
        if not self.carry:
            room = len(self.tokens) - self.length
            return self._cut(self.rng.integers(0, room, size=self.sequences)), True
        if self.offset < 0 or self.segment >= self._stream() // self.length:
            self.offset = int(self.rng.integers(0, self.length))
            self.segment = 0
        first = self.segment * self.length
        starts = self.offset + first + np.arange(self.sequences) * self._stream()
        self.segment += 1
        return self._cut(starts), first == 0

    def _cut(self, starts: Array) -> Array:
        return self.tokens[np.arange(self.length + 1)[:, None] + starts]

    def _stream(self) -> int:
        """Return L, the symbols that each stream has to offer in this pass."""
        return (len(self.tokens) - self.offset - 1) // self.sequences
