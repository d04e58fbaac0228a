"""How the bracket of a joint spectral radius is narrowed: trees, polytopes, ellipsoids.

Stage by stage the trees of words may form four times as many products, from both ends
and in every basis that there is; a better word gets its polytope.  Bases that cost more
to find come in when the first stage has left the bracket open.
"""

import itertools
import math

from gradlab.linalg._common_bases import ellipsoidal_basis, triangular_bases
from gradlab.linalg._frames import Frame, as_given, in_basis
from gradlab.linalg._frontier import Frontier
from gradlab.linalg._polytope import invariant_polytope
from gradlab.linalg._products import word_rate_below
from gradlab.linalg.arithmetic import ETA
from gradlab.linalg.rounding import up_exp
from gradlab.typing import Factors

__all__ = ["JointSearch"]

_TREES = 4  # from both ends, in two bases
_FIRST = 128  # products of a tree before the first polytope
_VERTICES = 64  # of the first polytope; twice as many in every stage, up to
_MOST_VERTICES, _FOR_EACH_ROW = 256, 32
_MOST_ROWS = 20  # off the cone a polytope of more rows has too many vertices
_COARSEST, _FINEST = 2.0**-30, 2.0**-40  # what counts as inside a polytope
_CLOSED = 2.0**-24  # a bracket wider than this is not one of rounding
_SLACK = 0.9  # of rtol is left to the trees, the rest to rounding


class JointSearch:
    """A bracket [lower, upper] of ρ{A_i}, proved at any time.

    `matrices` (m, n, n) have entries below 1 in size, each known up to `within`.

    Attributes
    ----------
    lower, upper : float
    word : tuple of int
        In time order; ρ(A_w)^(1/|w|) ≥ lower.
    norm : str
        What proves `upper`.
    closed : bool
        Whether the polytope of the word closed.
    spent : bool
        Whether another product was one too many.
    """

    def __init__(self, matrices: Factors, rtol: float, within: float = ETA) -> None:
        self.S, self.rtol, self.within = matrices, rtol, within
        self.lower, self.upper, self.norm = 0.0, math.inf, "none"
        self.word: tuple[int, ...] = (0,)
        self.closed = self.spent = False
        self._log_best = -math.inf
        self._candidate: tuple[int, ...] = self.word
        self._tried: dict[tuple[int, ...], float] = {}  # vertices, by word
        self._trees: list[tuple[str, Frontier]] = []
        self._plant(as_given(matrices, within=within))

    @property
    def products(self) -> int:
        """Products formed so far."""
        return sum(tree.products for _, tree in self._trees)

    def is_narrow(self) -> bool:
        """Whether the bracket is as narrow as was asked for."""
        return self.upper <= self.lower * (1 + self.rtol)

    def run(self, most: int) -> None:
        """Narrow the bracket until it is narrow enough, or `most` products are formed.

        Each tree has an equal share of them, and may overshoot it by one word's more.
        """
        for stage in itertools.count():
            # The trees of the bases that come later are to have theirs.
            share = most // (_TREES if stage == 0 else len(self._trees))
            self._grow(min(_FIRST * 4**stage, share))
            grown = all(tree.is_done() for _, tree in self._trees)
            self.spent = not grown and _FIRST * 4**stage >= share
            if self._is_over():
                return
            self._try_polytope(min(_VERTICES << stage, _MOST_VERTICES))
            if stage == 0 and not self._is_over():
                self._try_bases()
            elif self._is_over() or self.spent or grown:
                return

    def _is_over(self) -> bool:
        return self.closed or self.is_narrow()

    def _grow(self, share: int) -> None:
        for name, tree in self._trees:
            room = _SLACK * math.log1p(self.rtol)
            tree.grow(self._log_best, log_rtol=room, most=share)
            if tree.log_best > self._log_best:
                self._log_best, self._candidate = tree.log_best, _root(tree.word)
                self._prove(self._candidate)
            self._bounded(name, float(up_exp(tree.log_upper)))
            if self.is_narrow():
                return

    def _prove(self, word: tuple[int, ...]) -> None:
        lower = word_rate_below(self.S, word, within=self.within)
        if lower > self.lower:
            self.lower, self.word = lower, word

    def _bounded(self, name: str, upper: float) -> None:
        if upper < self.upper:
            self.upper, self.norm = upper, name

    def _try_polytope(self, most: int) -> None:
        rate, word = math.exp(self._log_best), self._candidate
        most = min(most, _FOR_EACH_ROW * self.S.shape[-1])
        tried = self._tried.get(word, 0) >= most
        if not rate > 0 or tried or not self._may_close():
            return
        inside = min(max(self.rtol / 8, _FINEST), _COARSEST)
        found = invariant_polytope(
            self.S, word, rate, tolerance=inside, most=most, within=self.within
        )
        self._tried[word] = math.inf if found.refuted else most
        count = found.vertices.shape[1]
        self._bounded(f"polytope of {count} vertices", found.upper)
        self.closed = found.closed and self.upper <= self.lower * (1 + _CLOSED)

    def _may_close(self) -> bool:
        return self.S.shape[-1] <= _MOST_ROWS or bool((self.S >= 0).all())

    def _try_bases(self) -> None:
        for basis in triangular_bases(self.S):
            frame = in_basis("graded Schur basis", self.S, *basis, within=self.within)
            self._bounded(frame.name, frame.norm())
        found = ellipsoidal_basis(self.S, self.lower)
        if found is not None:
            self._plant(in_basis("ellipsoid", self.S, *found, within=self.within))

    def _plant(self, frame: Frame) -> None:
        if math.isfinite(frame.norm()):
            sides = (Frontier(frame), Frontier(frame, adjoint=True))
            self._trees += [(frame.name, side) for side in sides]


def _root(word: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shortest word of which this one is a power."""
    k = len(word)
    return next(word[:d] for d in range(1, k + 1) if word[:d] * (k // d) == word)
