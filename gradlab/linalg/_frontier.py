"""Words in a tree: ρ ≤ max over leaves w of min over prefixes v ‖A_v‖^(1/|v|).

Branch and bound: every infinite product is cut into such prefixes, so the maximum over
the leaves of any finite tree of words is a bound [gripenberg1996computing].  The leaves
with the largest bound are grown first, hundreds at once, as one (k, n, n) array; those
below the target are closed.  The radii of the words met bound ρ from below; they are
estimates here, and `gradlab.linalg._products.word_rate_below` proves those that are
used.
"""

import math
from typing import final

import numpy as np

from gradlab.linalg._frames import Frame
from gradlab.linalg._products import Letters, Nodes
from gradlab.typing import Array, Vector

__all__ = ["Frontier"]

_GROWN_AT_ONCE = 4096
_LARGEST = 2.0**400  # products are left alone before they overflow
_LONGEST = 256
_TIE = 1e-12


@final
class Frontier:
    """A tree of words of one family, grown as far as is asked for.

    `log_upper` is the logarithm of a bound of the joint spectral radius at any time,
    `log_best` and `word` are the largest ρ(A_w)^(1/|w|) met, an estimate, and its word
    in time order.  Words grow to the left, or with `adjoint` to the right: the bound is
    that of the transposed matrices then, and may fall much faster or more slowly.

    Examples
    --------
    >>> from gradlab.linalg._frames import as_given
    >>> pair = np.array([[[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
    >>> frontier = Frontier(as_given(pair))
    >>> frontier.grow(-math.inf, log_rtol=1e-2, most=10_000)
    >>> sorted(frontier.word), frontier.log_upper - frontier.log_best < 1e-2
    ([0, 1], True)
    """

    def __init__(self, frame: Frame, *, adjoint: bool = False) -> None:
        matrices = np.swapaxes(frame.matrices, 1, 2) if adjoint else frame.matrices
        self._letters = Letters(np.ascontiguousarray(matrices), frame.errors)
        self._adjoint, self._tree = adjoint, _Tree(len(matrices))
        self._pool, self._names = self._letters.words(), self._tree.roots()
        self._closed, self.products = -math.inf, len(matrices)
        self._tree.look(self._pool, self._names)

    @property
    def log_best(self) -> float:
        """The logarithm of ρ(A_w)^(1/|w|) for the best word met."""
        return self._tree.log_best

    @property
    def word(self) -> tuple[int, ...]:
        """The best word met, in time order."""
        word = self._tree.word()
        return word[::-1] if self._adjoint else word

    @property
    def log_upper(self) -> float:
        """The logarithm of a number that the joint spectral radius is not above."""
        return max(self._closed, float(self._pool.rates.max(initial=-math.inf)))

    def grow(self, log_lower: float, *, log_rtol: float, most: int) -> None:
        """Grow until `log_upper` is within `log_rtol` of the best, or of `log_lower`.

        There are never more than `most` products, or one word's more.
        """
        while True:
            self._close(max(self.log_best, log_lower) + log_rtol)
            left = min(most - self.products, _GROWN_AT_ONCE)
            if left <= 0 or self.is_done():
                return
            grown = _next(self._pool, max(1, left // self._letters.count))
            fresh = self._letters.after(self._pool[grown])
            names = self._tree.grown(self._names[grown])
            self._tree.look(fresh, names)
            self._pool = _joined(self._pool[~grown], fresh)
            self._names = np.concatenate([self._names[~grown], names])
            self.products += len(fresh)

    def is_done(self) -> bool:
        """Whether no open word may grow: none is open, or all are too long or large."""
        return not _may_grow(self._pool).any()

    def _close(self, target: float) -> None:
        open_ = self._pool.rates > target
        closed = self._pool.rates[~open_].max(initial=-math.inf)
        self._closed = max(self._closed, float(closed))
        self._pool, self._names = self._pool[open_], self._names[open_]


class _Tree:
    """Who grew from whom, and the word with the largest radius per letter so far."""

    def __init__(self, m: int) -> None:
        self._m, self._count = m, 0
        self._parents: list[Array] = []
        self._letters: list[Array] = []
        self._starts: list[int] = []
        self.log_best, self._best = -math.inf, 0

    def roots(self) -> Vector:
        """Return the names of the words of one letter."""
        return self._entered(np.full(1, -1))

    def grown(self, names: Vector) -> Vector:
        """Return the names of every word that a letter more makes of these."""
        return self._entered(names)

    def _entered(self, parents: Vector) -> Vector:
        k = len(parents)
        self._starts.append(self._count)
        self._parents.append(parents)
        self._letters.append(np.repeat(np.arange(self._m), k))
        self._count += self._m * k
        return np.arange(self._count - self._m * k, self._count)

    def look(self, words: Nodes, names: Vector) -> None:
        """Compare radii: only those of words whose norm is above the best are found."""
        with np.errstate(divide="ignore"):
            norms = np.log(words.sizes) / words.lengths
            some = norms > self.log_best + _TIE
            if not some.any():
                return
            radii = _radii(words.matrices[some])
            rates = np.log(radii) / words.lengths[some]
        at = int(rates.argmax())
        if rates[at] > self.log_best + _TIE * (self.log_best > -math.inf):
            self.log_best, self._best = float(rates[at]), int(names[some][at])

    def word(self) -> tuple[int, ...]:
        """Return the best word in time order."""
        letters, name = [], self._best
        while name >= 0:
            level = int(np.searchsorted(self._starts, name, side="right")) - 1
            at = name - self._starts[level]
            letters.append(int(self._letters[level][at]))
            parents = self._parents[level]
            name = int(parents[at % len(parents)])
        return tuple(reversed(letters))


def _radii(A: Array) -> Vector:
    if A.shape[-1] != 2:
        return np.abs(np.linalg.eigvals(A)).max(axis=-1)
    half = (A[:, 0, 0] + A[:, 1, 1]) / 2
    det = A[:, 0, 0] * A[:, 1, 1] - A[:, 0, 1] * A[:, 1, 0]
    square = ((A[:, 0, 0] - A[:, 1, 1]) / 2) ** 2 + A[:, 0, 1] * A[:, 1, 0]
    real = np.abs(half) + np.sqrt(np.maximum(square, 0.0))
    return np.where(square >= 0, real, np.sqrt(np.maximum(det, 0.0)))


def _may_grow(pool: Nodes) -> Array:
    return (pool.sizes < _LARGEST) & (pool.lengths < _LONGEST)


def _next(pool: Nodes, room: int) -> Array:
    """Return which words to grow: those of the largest bounds, as many as fit."""
    may = _may_grow(pool)
    if may.sum() <= room:
        return may
    largest = np.argpartition(np.where(may, pool.rates, -np.inf), -room)[-room:]
    return np.isin(np.arange(len(pool)), largest)


def _joined(one: Nodes, other: Nodes) -> Nodes:
    pairs = (
        (one.matrices, other.matrices),
        (one.errors, other.errors),
        (one.sizes, other.sizes),
        (one.rates, other.rates),
        (one.lengths, other.lengths),
    )
    return Nodes(*(np.concatenate(pair) for pair in pairs))
