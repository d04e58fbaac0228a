"""A corpus is a text as integers: ``vocabulary[tokens[t]]`` is its symbol at t."""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_count
from gradlab.errors import InputError, InputTypeError
from gradlab.typing import Array, ArrayLike

__all__ = ["Corpus", "one_hot"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """A text as integers, and where it came from.

    Parameters
    ----------
    tokens : (T,) int array
        Read-only; ``vocabulary[tokens[t]]`` is the symbol at t.
    vocabulary : tuple of str
        The q different symbols in the order of their code points.
    title : str
        What the text is, without a path: a result should not name anybody's folders.
    sha256 : str
        Of the bytes that were read.
    unit : str
        ``"char"`` or ``"word"``: what one symbol is.
    preprocess : str
        ``"textbook"`` (letters only, lower case) or ``"none"``.

    Examples
    --------
    >>> from gradlab.datasets import embedded_text
    >>> corpus = embedded_text()
    >>> corpus.vocabulary[:4], corpus.text(0, 20)
    ((' ', 'a', 'b', 'c'), 'the assert statement')
    >>> corpus.one_hot(0, 20).shape == (20, corpus.q)
    True
    """

    tokens: Array
    vocabulary: tuple[str, ...]
    title: str
    sha256: str
    unit: str
    preprocess: str

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def q(self) -> int:
        """Return the number of different symbols."""
        return len(self.vocabulary)

    @property
    def caption(self) -> str:
        """Return which text this is, as the caption of a figure says it."""
        unit = {"char": "characters", "word": "words"}[self.unit]
        how = ", letters only, in lower case" if self.preprocess == "textbook" else ""
        return f"{self.title}: {len(self):,} {unit} over {self.q:,} symbols{how}"

    def text(self, start: int = 0, length: int | None = None) -> str:
        """Return a stretch of the text as a string."""
        between = "" if self.unit == "char" else " "
        return between.join(
            self.vocabulary[i] for i in self._stretch(start, length, ahead=0)
        )

    def one_hot(self, start: int = 0, length: int | None = None) -> Array:
        """Return the inputs x_t of a stretch, (length, q): 1 at the symbol, else 0.

        Raises
        ------
        InputError
            If the text is shorter than the stretch asked for.
        """
        return one_hot(self._stretch(start, length, ahead=0), self.q)

    def targets(self, start: int = 0, length: int | None = None) -> Array:
        """Return the symbol that follows each of a stretch, (length,) integers.

        ``targets(start, length)[t]`` is what the text has after ``one_hot(start,
        length)[t]``; without a length the stretch ends one symbol before the text.

        Examples
        --------
        >>> from gradlab.datasets import embedded_text
        >>> corpus = embedded_text()
        >>> "".join(corpus.vocabulary[i] for i in corpus.targets(4, 6))
        'ssert '
        """
        return self._stretch(start, length, ahead=1)

    def _stretch(self, start: int, length: int | None, *, ahead: int) -> Array:
        start = require_count("start", start, minimum=0)
        room = max(len(self) - ahead - start, 0)
        count = room if length is None else require_count("length", length)
        if count > room or count == 0:
            message = (
                f"`length` must be in 1 … {room} from `start` = {start} on; got "
                f"{count}: the text has {len(self):,} symbols."
            )
            raise InputError(message)
        return self.tokens[start + ahead : start + ahead + count]

    def __repr__(self) -> str:
        return f"Corpus({self.caption})"


def one_hot(tokens: ArrayLike, q: int) -> Array:
    """Return x with x[..., i] = 1 where i is the token and 0 elsewhere, (..., q).

    Parameters
    ----------
    tokens : (...,) integer array_like
        Each in 0 … q − 1; usually (T,) or (T, B).
    q : int
        Number of different symbols.

    Raises
    ------
    InputTypeError
        If the tokens are not integers.
    InputError
        If a token is outside 0 … q − 1.

    Examples
    --------
    >>> one_hot([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    q = require_count("q", q)
    indices = np.asarray(tokens)
    if indices.dtype.kind not in "iu":
        message = f"`tokens` must be integers; got dtype {indices.dtype}."
        raise InputTypeError(message)
    outside = np.argwhere((indices < 0) | (indices >= q))
    if len(outside):
        place = tuple(int(i) for i in outside[0])
        got = f"{indices[place]} at index {place}"
        message = f"`tokens` must be in 0 … {q - 1}; got {got}."
        raise InputError(message)
    encoded = np.zeros((*indices.shape, q))
    np.put_along_axis(encoded, indices[..., None], 1.0, axis=-1)
    return encoded
