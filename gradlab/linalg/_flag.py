"""A flag on its way: J_t F_{t−1} = F_t U_t, with a QR of F where it is settled.

Σ_t ln|u_ii| and ln|diag R| of one QR of F are together the growths of the flag since it
was last settled.  Many blocks are swept at once and looked at once: a sweep that meets
trouble is taken back up to the step before it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gradlab.linalg._engines import Sweep, choose_sweep
from gradlab.linalg._exact_elimination import exact_elimination, weights_in_order
from gradlab.linalg._factors import RowScaled, Steps, prepared
from gradlab.linalg._rounding_loss import RoundingLoss
from gradlab.linalg._safeguards import (
    Trouble,
    findings,
    is_dependent,
    with_sorted_rows,
)
from gradlab.linalg._triangle import packed_triangle
from gradlab.linalg._weighted import log_magnitude, log_of_product, sum_of_logs
from gradlab.linalg.exact_rank import ImageBasis
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["Flag"]

_STRETCH = 256  # steps between looks at the frame, or more
_ENTRIES = 2**15  # of their pivots
_FRAMES = 2**18  # entries of the frames at the ends within a stretch


@dataclass
class Flag:
    """A frame on its way; `corner` holds ln|diag R| of its QR when last settled.

    `loss` says what all sums together may be off by.

    >>> flag = Flag.starting(np.eye(2))
    >>> sums = flag.advance(np.array([[[2.0, 1.0], [1.0, 1.0]]])) + flag.settle()
    >>> sums.round(6).tolist()  # ln √5, − ln √5
    [0.804719, -0.804719]
    """

    sweep: Sweep
    frame: Matrix
    alive: Array
    corner: Vector
    k: int
    image: ImageBasis | None = field(default=None, repr=False)
    loss: RoundingLoss = field(default_factory=RoundingLoss)

    @classmethod
    def of(cls, frame: Matrix, sweep: Sweep) -> "Flag":
        """Return an orthonormal frame (n, k) that is about to go."""
        k = frame.shape[1]
        return cls(sweep, frame, np.arange(k), np.zeros(k), k)

    @classmethod
    def starting(cls, frame: Matrix) -> "Flag":
        """Return an orthonormal frame (n, k) that goes no one knows how far."""
        sweep = choose_sweep("auto", len(frame), None)
        return cls.of(np.asfortranarray(frame), sweep)

    def advance(self, stack: Factors | RowScaled) -> Vector:
        """Follow a stack of factors; return the sums of the logs of its pivots."""
        (terms,) = self.follow(stack, [])
        return sum_of_logs(np.array(terms))

    def follow(
        self, stack: Factors | RowScaled, ends: Sequence[int]
    ) -> list[list[Vector]]:
        """Follow a stack; return what to add up for each stretch between the ends.

        An end is a number of factors, in ascending order, after which the flag is
        settled; the last of the ends + 1 stretches is what comes after them.
        """
        steps = prepared(self._in_one_type(stack))
        marks = np.searchsorted(steps.done, ends) + 1
        terms = self._shifts(steps, marks)
        part, done, before = 0, 0, self.frame
        while done < len(steps) and len(self.alive):
            piece, within = self._piece(steps[done:], marks[part:] - done)
            gone, found = self._stretch(piece, within)
            for i, logs in enumerate(found):
                terms[part + i].append(logs)
            part, done = part + len(found) - 1, done + gone
        self.loss = self.loss.after(steps, before, self.frame)
        if not len(self.alive):
            for rest in terms[part:]:
                rest.append(self._wide(0.0))
        return terms

    def settle(self) -> Vector:
        """Return what a QR of the frame adds to the sums since it was last settled."""
        change = np.full(self.k, -np.inf)
        if len(self.alive):
            logs = _log_corner(self.frame)
            change[self.alive] = logs - self.corner
            self.corner = logs
        return change

    def _in_one_type(self, stack: Factors | RowScaled) -> Factors | RowScaled:
        if isinstance(stack, RowScaled) or not (
            np.iscomplexobj(stack) or np.iscomplexobj(self.frame)
        ):
            return stack
        self.frame = self.frame.astype(np.complex128, order="F")
        return stack.astype(np.complex128)

    def _shifts(self, steps: Steps, marks: Array) -> list[list[Vector]]:
        """Return ln of what the steps are smaller by, stretch by stretch."""
        nothing = self._wide(0.0)
        cuts = itertools.pairwise([0, *marks.tolist(), len(steps)])
        return [[nothing + steps[a:b].shift] for a, b in cuts]

    def _wide(self, logs: Vector | float) -> Vector:
        """Return the logs of those alive among −inf for the others (k,)."""
        wide = np.full(self.k, -np.inf)
        wide[self.alive] = logs
        return wide

    def _piece(self, steps: Steps, marks: Array) -> tuple[Steps, list[int]]:
        """Return as many of the steps as are swept at once, and the marks within."""
        length = max(_STRETCH, _ENTRIES // steps.n)
        within = marks[marks <= length].tolist()
        most = max(1, _FRAMES // self.frame.size)
        if len(within) > most:
            return steps[: within[most - 1]], within[:most]
        return steps[:length], within

    def _stretch(self, steps: Steps, marks: list[int]) -> tuple[int, list[Vector]]:
        """Go through the given steps, or fewer; return how many, and their sums.

        There is one sum for each mark that was passed and one for what comes after.
        """
        ends = marks if marks and marks[-1] == len(steps) else [*marks, len(steps)]
        frames, pivots, rows = self._swept(steps, ends)
        seen = findings(steps, np.concatenate(pivots), np.concatenate(rows))
        found = seen.trouble or _dependence(frames, rows, ends)
        if found is not None:
            step, reason = found
            if step:
                return self._stretch(steps[:step], [m for m in marks if m <= step])
            before = self.frame
            logs = self._wide(self._take_step(steps[:1], reason))
            self.loss = self.loss.at(steps[:1], seen.suspects, before, self.frame)
            passed = 1 if marks[:1] == [1] else 0
            return 1, self._settled([logs], [self.frame], passed)
        self._record(steps)
        self.loss = self.loss.at(steps, seen.suspects, self.frame, frames[-1])
        sums = [self._wide(logs) for logs in _logs_of_products(pivots)]
        return len(steps), self._settled(sums, frames, len(marks))

    def _settled(
        self, sums: list[Vector], frames: list[Matrix], count: int
    ) -> list[Vector]:
        """Settle the first frames and go on from the last; return count + 1 sums."""
        for i, frame in enumerate(frames):
            self.frame = frame
            if i < count:
                sums[i] = sums[i] + self.settle()
        return sums if len(sums) > count else [*sums, self._wide(0.0)]

    def _swept(
        self, steps: Steps, ends: list[int]
    ) -> tuple[list[Matrix], list[Array], list[Array]]:
        """Return the frames at the ends, and the pivots and rows up to each."""
        frames, pivots, rows = [self.frame], [], []
        for start, end in itertools.pairwise([0, *ends]):
            frame, _, diagonal, places = self.sweep(steps[start:end], frames[-1], None)
            frames.append(frame)
            pivots.append(diagonal)
            rows.append(places)
        return frames[1:], pivots, rows

    def _take_step(self, step: Steps, reason: Trouble) -> Vector:
        if reason is Trouble.SINGULAR:
            return self._singular_step(step)
        self._record(step)
        (J,) = step.dense(slice(None))
        if reason is Trouble.CANCELLED:
            weights = weights_in_order(len(self.alive))
            self.frame, logs = exact_elimination(J, self.frame, weights)[:2]
            return logs
        self.frame, R = with_sorted_rows(J @ self.frame)
        return log_magnitude(R.diagonal())

    def _record(self, steps: Steps) -> None:
        if self.image is not None:
            self.image.advance(np.array(steps.dense(slice(None))))

    def _singular_step(self, step: Steps) -> Vector:
        """Take one singular factor, and drop the directions that it annihilates."""
        if self.image is None:
            self.image = ImageBasis(step.n)
        self._record(step)
        rank = self.image.rank()
        before = self.settle()
        chosen = _survivors(step.dense(slice(None))[0] @ self.frame, rank)
        start = np.asfortranarray(self.frame[:, chosen])
        self.alive = self.alive[chosen]
        if not len(chosen):
            return np.zeros(0)
        self.corner = _log_corner(start)
        self.frame, _, pivots, _ = self.sweep(step, start, None)
        return before[self.alive] + log_magnitude(pivots[0])


def _dependence(
    frames: list[Matrix], rows: list[Array], ends: list[int]
) -> tuple[int, Trouble] | None:
    """Return half the way to the first frame that is nearly dependent, if one is."""
    for frame, places, end in zip(frames, rows, ends, strict=True):
        if is_dependent(frame, places[-1]):
            return end // 2, Trouble.GROWN
    return None


def _logs_of_products(pivots: list[Array]) -> Array:
    """Return Σ_t ln|pivots| of each of several stretches, all at once."""
    shape = max(map(len, pivots)), len(pivots), pivots[0].shape[1]
    padded = np.ones(shape, pivots[0].dtype)
    for i, stretch in enumerate(pivots):
        padded[: len(stretch), i] = stretch
    return log_of_product(padded)


def _log_corner(frame: Matrix) -> Vector:
    """Return ln|diag R| of the QR of a frame."""
    return log_magnitude(packed_triangle(frame).diagonal())


def _survivors(moved: Matrix, rank: int) -> list[int]:
    """Return which columns stay independent, in order, when only `rank` of them can."""
    sizes = np.abs(moved).max(axis=0)
    doomed = max(moved.shape[1] - rank, 0)
    tolerance = 1e-12
    while True:
        chosen = _independent(moved, tolerance * sizes, doomed)
        if len(chosen) <= rank:
            return chosen
        tolerance *= 1e3


def _independent(moved: Matrix, noise: Vector, doomed: int) -> list[int]:
    """Return the columns that elimination in order leaves above the noise.

    At most `doomed` of them are given up for noise; a column of zeros always is.
    """
    rest, chosen = moved.copy(), []
    for c in range(moved.shape[1]):
        row = int(np.abs(rest[:, c]).argmax())
        size = abs(rest[row, c])
        if size == 0.0 or (doomed > 0 and size <= noise[c]):
            doomed -= 1
            continue
        rest -= np.outer(rest[:, c], rest[row] / rest[row, c])
        rest[row] = 0.0
        chosen.append(c)
    return chosen
