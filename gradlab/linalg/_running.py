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
from gradlab.linalg._factors import Steps, prepared
from gradlab.linalg._rounding_loss import RoundingLoss
from gradlab.linalg._safeguards import Trouble, findings, is_dependent, is_poor
from gradlab.linalg._weighted import (
    add_logs,
    log_magnitude,
    sum_of_logs,
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


@dataclass
class Running:
    """The product so far; `advance` changes it in place.

    `loss` says what every ln σ may be off by.
    """

    sweep: Sweep
    frame: Matrix
    high: Vector
    low: Vector
    right: Matrix
    steps: int = 0
    length: int = 1
    patience: int = 0
    strain: float = _STRAIN
    frozen: bool = False
    image: ImageBasis | None = field(default=None, repr=False)
    loss: RoundingLoss = field(default_factory=RoundingLoss)

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
        steps = prepared(stack)
        self.loss = self.loss.after(steps)
        start = 0
        while start < len(steps) and len(self.high):
            start += self._stretch(steps[start : start + self.length])
        self.high, self.low = add_logs(self.high, self.low, steps.shift)
        self.steps += len(stack)

    def _stretch(self, steps: Steps) -> int:
        """Go through the given steps, or fewer; return the number of steps gone."""
        growth = None
        if not self.frozen:
            growth = np.eye(len(self.high), dtype=steps.matrices.dtype, order="F")
        frame, growth, diagonal, rows = self.sweep(steps, self.frame, growth)
        seen = findings(steps, diagonal, rows)
        if seen.trouble is not None:
            step, reason = seen.trouble
            if step:
                return self._stretch(steps[:step])
            self.loss = self.loss.at(steps[:1], seen.suspects)
            return self._take_step(steps[:1], reason)
        logs = log_magnitude(diagonal)
        accepted = not is_dependent(frame, rows[-1]) and self._accepts(
            frame, growth, logs, steps.sizes.max(axis=1)
        )
        if not accepted and len(steps) > 1:
            self.length, self.patience = len(steps) // 2, _PATIENCE
            return 0
        self.loss = self.loss.at(steps, seen.suspects)
        if not accepted:
            return self._pivoted_step(steps)
        self._record(steps)
        self._watch()
        if self.patience:
            self.patience -= 1
        elif len(steps) == self.length:
            self.length = min(2 * self.length, _LONGEST)
        return len(steps)

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
        self.frame = frame
        self.high, self.low = add_logs(self.high, self.low, sum_of_logs(logs))
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

    def _record(self, steps: Steps) -> None:
        """Keep the image in finite fields up with the product, once it is needed."""
        if self.image is not None:
            self.image.advance(np.array(steps.dense(slice(None))))

    def _take_step(self, step: Steps, reason: Trouble) -> int:
        if reason is Trouble.SINGULAR:
            return self._singular_step(step)
        if reason is Trouble.CANCELLED:
            return self._exact_step(step)
        return self._pivoted_step(step)

    def _pivoted_step(self, step: Steps) -> int:
        """Multiply by one factor, choosing the columns by their weighted size."""
        (J,) = step.dense(slice(None))
        found = weighted_elimination(J @ self.frame, self.weights, len(self.high))
        if len(found[1]) < len(self.high):
            # What cancelled to zero belongs to a factor that is not singular.
            return self._exact_step(step)
        self._record(step)
        return self._take(found)

    def _exact_step(self, step: Steps) -> int:
        """Multiply by a factor whose small pivots float64 cannot find."""
        self._record(step)
        (J,) = step.dense(slice(None))
        return self._take(exact_elimination(J, self.frame, self.weights))

    def _singular_step(self, step: Steps) -> int:
        """Multiply by an exactly singular factor; the rank may fall."""
        if self.image is None:
            # What came before is invertible, and does not change the rank.
            self.image = ImageBasis(step.n)
        self._record(step)
        rank = min(len(self.high), self.image.rank())
        (J,) = step.dense(slice(None))
        return self._take(weighted_elimination(J @ self.frame, self.weights, rank))

    def _take(self, eliminated: tuple[Matrix, Vector, Array, Matrix]) -> int:
        self.frame, logs, chosen, W = eliminated
        self.high, self.low = add_logs(self.high[chosen], self.low[chosen], logs)
        self.right = W @ self.right
        self._tidy(_MARGIN)
        self._watch()
        self.length, self.patience = 1, 0
        return 1

    def _watch(self) -> None:
        """Move what is ill-conditioned in V into the weights, where it belongs.

        Vᵀ diag(e^s) = L diag(e^{s'}) W gives diag(e^s) V = Wᵀ diag(e^{s'}) Lᵀ, in which
        L and W are bounded by 1.
        """
        if np.abs(self.right).max(initial=0.0) <= self.strain:
            return
        if is_poor(np.linalg.qr(self.right.T)[1]):
            L, logs, chosen, W = weighted_elimination(
                self.right.T, self.weights, len(self.high)
            )
            self.high, self.low = add_logs(self.high[chosen], self.low[chosen], logs)
            self.right = np.ascontiguousarray(L.T)
            self.frame = np.asfortranarray(self.frame @ W.T)
            self._tidy(_MARGIN)
        # Entries may be this large without harm: look again when they have doubled.
        self.strain = max(2.0 * float(np.abs(self.right).max()), _STRAIN)


def _strays(path: Array, gained: Array) -> bool:
    """Whether a stretch leaves float64's range, or its weights their order."""
    largest_later = np.maximum.accumulate(path[:, ::-1], axis=1)[:, ::-1]
    disorder = (largest_later[:, 1:] - path[:, :-1]).max(initial=-np.inf)
    return bool(disorder > _DISORDER or np.abs(gained).max() > _ROOM)
