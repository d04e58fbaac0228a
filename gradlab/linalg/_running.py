"""A product that is still growing: P = F diag(e^s) V, carried factor by factor.

F (n, r) is a frame with |F_ij| <= 1, V (r, n) is well conditioned, s holds the log
weights; r is the rank.  While the order of the weights holds, a stretch of steps is
one sweep of LUs, and V is touched once at its end by the product of their triangles
(not at all when the weights have come apart so far that float64 cannot see them
together).  Where the order breaks, a step is redone with pivoting on weighted columns.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from gradlab.linalg._engines import Sweep
from gradlab.linalg._exact_elimination import exact_elimination
from gradlab.linalg._safeguards import is_poor, prepared, trouble
from gradlab.linalg._weighted import (
    add_logs,
    log_magnitude,
    weighted_elimination,
    weighted_triangle,
)
from gradlab.linalg.exact_rank import ImageBasis
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["Running"]

_DISORDER = 4.0  # nats by which a later weight may pass an earlier one in a stretch
_BOUND = 1e3  # the largest entry of a triangle that V may be multiplied by
_FROZEN = 46.0  # nats, e^-46 = 1e-20: couplings below it are invisible in float64
_ROOM = 250.0  # nats a stretch may stray from where it began
_LONGEST = 4096  # steps of a stretch
_PATIENCE = 8  # stretches to go before a longer one is tried again
_MARGIN = 10.0  # nats
_STRAIN = 10.0  # the size of an entry of V that asks for a look at its condition
_CHECK = 64  # steps between looks at the frame's condition


@dataclass
class Running:
    """The product so far; `advance` changes it in place."""

    sweep: Sweep
    frame: Matrix
    high: Vector
    low: Vector
    right: Matrix
    steps: int = 0
    length: int = 1
    patience: int = 0
    unchecked: int = 0
    strain: float = 1.0
    frozen: bool = False
    image: ImageBasis | None = field(default=None, repr=False)

    @classmethod
    def identity(cls, n: int, sweep: Sweep) -> "Running":
        """Return the empty product of size n."""
        zeros = np.zeros(n)
        return cls(sweep, np.eye(n, order="F"), zeros, zeros, np.eye(n))

    def copy(self) -> "Running":
        """Return a product that grows on its own."""
        image = None if self.image is None else self.image.copy()
        return replace(self, image=image)

    @property
    def weights(self) -> Vector:
        """The log weights s (r,), in nats."""
        return self.high + self.low

    def advance(self, stack: Factors) -> None:
        """Multiply the factors of a stack (k, n, n) from the left, in time order."""
        if np.iscomplexobj(stack) or np.iscomplexobj(self.frame):
            stack = stack.astype(np.complex128)
            self.frame = self.frame.astype(np.complex128, order="F")
            self.right = self.right.astype(np.complex128)
        transposed, row_sizes, shifts = prepared(stack)
        start = 0
        while start < len(transposed) and len(self.high):
            stretch = slice(start, start + self.length)
            start += self._stretch(transposed[stretch], row_sizes[stretch])
        self.high, self.low = add_logs(self.high, self.low, shifts.sum())
        self.steps += len(stack)

    def _stretch(self, transposed: Array, row_sizes: Array) -> int:
        """Go through the given steps, or fewer; return the number of steps gone."""
        growth = None
        if not self.frozen:
            growth = np.eye(len(self.high), dtype=transposed.dtype, order="F")
        frame, growth, diagonal, rows = self.sweep(transposed, self.frame, growth)
        step, singular = trouble(transposed, diagonal, rows, row_sizes)
        if step == 0:
            return (
                self._singular_step(transposed[0])
                if singular
                else (self._exact_step(transposed[0]))
            )
        if step is not None:
            return self._stretch(transposed[:step], row_sizes[:step])
        logs = log_magnitude(diagonal)
        if not self._accepts(frame, growth, logs, row_sizes.max(axis=1)):
            if len(transposed) == 1:
                return self._pivoted_step(transposed[0])
            self.length, self.patience = len(transposed) // 2, _PATIENCE
            return 0
        self._gone(transposed)
        return len(transposed)

    def _accepts(
        self, frame: Matrix, growth: Matrix | None, logs: Array, sizes: Vector
    ) -> bool:
        """Take over a swept stretch, if the order of the weights held in it."""
        gained = logs.cumsum(axis=0)
        if not np.isfinite(gained[-1]).all():
            return False
        path = self.weights + gained
        if growth is None:
            before = np.vstack([self.weights, path[:-1]])
            gaps = path[:, :-1] - before[:, 1:]
            with np.errstate(divide="ignore"):
                reach = np.log(len(frame) * sizes)
            if (gaps.min(axis=1, initial=np.inf) < _FROZEN + reach).any():
                self.frozen = False
                return False
        else:
            if len(logs) > 1 and _strays(path, gained):
                return False
            W = weighted_triangle(
                growth, self.weights, log_magnitude(growth.diagonal())
            )
            if not np.abs(W).max() <= _BOUND:  # written so that NaN fails
                return False
            self.right = W @ self.right
            self.strain = max(self.strain, float(np.abs(self.right).max()))
        self.frame = frame
        self.high, self.low = add_logs(self.high, self.low, logs.sum(axis=0))
        spread = float(np.ptp(logs, axis=1).max()) + _MARGIN
        self._tidy(spread)
        return True

    def _tidy(self, spread: float) -> None:
        """Put the weights in order, and see whether they can still mix."""
        s = self.weights
        if (s[1:] > s[:-1] + 1.0).any():
            order = np.argsort(-s, kind="stable")
            self.frame = np.asfortranarray(self.frame[:, order])
            self.high, self.low = self.high[order], self.low[order]
            self.right = self.right[order]
            s = s[order]
        gap = float((s[:-1] - s[1:]).min(initial=np.inf))
        self.frozen = gap > _FROZEN + 2 * spread

    def _gone(self, transposed: Array) -> None:
        """Book-keeping after steps that are done."""
        if self.image is not None:
            self.image.advance(transposed.transpose(0, 2, 1))
        self.unchecked += len(transposed)
        if self.unchecked >= _CHECK:
            self.unchecked = 0
            self._check_frame()
        if self.strain > _STRAIN:
            self.strain = 1.0
            self._check_right()
        if self.patience:
            self.patience -= 1
        elif len(transposed) == self.length:
            self.length = min(2 * self.length, _LONGEST)

    def _pivoted_step(self, transposed: Matrix) -> int:
        """Multiply by one factor, choosing the columns by their weighted size."""
        if self.image is not None:
            self.image.advance(transposed.T[None])
        moved = transposed.T @ self.frame
        self._take(weighted_elimination(moved, self.weights, len(self.high)))
        return 1

    def _singular_step(self, transposed: Matrix) -> int:
        """Multiply by an exactly singular factor; the rank may fall."""
        if self.image is None:
            self.image = ImageBasis(len(transposed))
        self.image.advance(transposed.T[None])
        moved = transposed.T @ self.frame
        rank = min(len(self.high), self.image.rank())
        self._take(weighted_elimination(moved, self.weights, rank))
        return 1

    def _exact_step(self, transposed: Matrix) -> int:
        """Multiply by a factor whose small pivots float64 cannot find."""
        if self.image is not None:
            self.image.advance(transposed.T[None])
        self._take(exact_elimination(transposed.T, self.frame, self.weights))
        return 1

    def _take(self, eliminated: tuple[Matrix, Vector, Array, Matrix]) -> None:
        self.frame, logs, chosen, W = eliminated
        self.high, self.low = add_logs(self.high[chosen], self.low[chosen], logs)
        self.right = W @ self.right
        self._tidy(_MARGIN)
        self.length, self.patience = 1, 0

    def _check_right(self) -> None:
        """Move what is ill-conditioned in V into the weights, where it belongs.

        Vᵀ diag(e^s) = L diag(e^{s'}) W gives diag(e^s) V = Wᵀ diag(e^{s'}) Lᵀ, in which
        L and W are bounded by 1.
        """
        if not is_poor(np.linalg.qr(self.right.T)[1]):
            return
        rank = len(self.high)
        L, logs, chosen, W = weighted_elimination(self.right.T, self.weights, rank)
        self.frame = np.asfortranarray(self.frame @ W.T)
        self.high, self.low = add_logs(self.high[chosen], self.low[chosen], logs)
        self.right = np.ascontiguousarray(L.T)
        self._check_frame()
        self._tidy(_MARGIN)

    def _check_frame(self) -> None:
        """Make the frame orthonormal if its columns have become nearly dependent."""
        Q, R = np.linalg.qr(self.frame)
        if is_poor(R):
            logs = log_magnitude(R.diagonal())
            self.right = weighted_triangle(R, self.weights, logs) @ self.right
            self.frame = np.asfortranarray(Q)
            self.high, self.low = add_logs(self.high, self.low, logs)


def _strays(path: Array, gained: Array) -> bool:
    """Whether a stretch leaves float64's range, or its weights their order."""
    largest_later = np.maximum.accumulate(path[:, ::-1], axis=1)[:, ::-1]
    disorder = (largest_later[:, 1:] - path[:, :-1]).max(initial=-np.inf)
    return bool(disorder > _DISORDER or np.abs(gained).max() > _ROOM)
