"""Many chains of a few rows at once, a step of all of them at a time.

The recursion is that of `gradlab.linalg._sweep.sweep`, on arrays (n, n, S) whose last
axis is the systems.  So small a unit lower frame with |L| <= 1 is never close to
dependent, and its pivots never outgrow the entries; so a lane is trusted unless a pivot
falls far below its row, columns are uneven, or numbers come near the ends of float64's
range.  Lanes that are not sound are for the caller to redo one by one.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.linalg._factors import largest
from gradlab.linalg._weighted import log_of_product
from gradlab.typing import Array

__all__ = ["LARGEST", "Lanes"]

LARGEST = 3  # rows; beyond it LAPACK is quicker, one system after the other
_SUSPECT = 1e-7  # of its row: a pivot that may be the zero of a singular factor
_EVEN = 2.0**-10  # as in `gradlab.linalg._factors`
_TINY, _HUGE = 1e-280, 1e300


@final
@dataclass
class Lanes:
    """Frames (n, n, S) on their way; `corner` is ln|diag R| (n, S) of their QR.

    >>> lanes = Lanes.starting(2, 1)
    >>> factors = np.array([[[2.0, 1.0], [1.0, 1.0]]])[..., None]  # (T, n, n, S)
    >>> (lanes.advance(factors) + lanes.settle())[:, 0].round(6).tolist()  # ± ln √5
    [0.804719, -0.804719]
    """

    frame: Array
    corner: Array
    sound: Array

    @classmethod
    def starting(cls, n: int, systems: int) -> "Lanes":
        """Return the axes of the coordinates, in every lane."""
        frame = np.repeat(np.eye(n)[:, :, None], systems, axis=2)
        corner, sound = np.zeros((n, systems)), np.ones(systems, dtype=bool)
        return cls(frame, corner, sound)

    def advance(self, factors: Array) -> Array:
        """Follow factors (T, n, n, S), T >= 1; return sums of ln|pivots| (n, S)."""
        steps, n, _, systems = factors.shape
        entries = np.abs(factors)
        sizes = largest(entries, 2)
        pivots, lowest = np.empty((steps, n, systems)), np.ones(systems)
        with np.errstate(all="ignore"):  # what is not sound may be anything
            _sweep(factors, sizes, self.frame, pivots, lowest)
        self.sound &= (lowest > _SUSPECT) & _are_comfortable(entries, sizes)
        pivots[:, :, ~self.sound] = 1.0
        return log_of_product(pivots.reshape(steps, -1)).reshape(n, systems)

    def settle(self) -> Array:
        """Return what a QR of the frames adds to the sums since they were settled."""
        corner, columns = np.empty_like(self.corner), self.frame.copy()
        with np.errstate(all="ignore"):
            for i in range(columns.shape[1]):
                square = (columns[:, i] ** 2).sum(axis=0)
                corner[i] = np.log(square) / 2
                shares = (columns[:, i, None] * columns[:, i + 1 :]).sum(axis=0)
                columns[:, i + 1 :] -= columns[:, i, None] * (shares / square)
        change, self.corner = corner - self.corner, corner
        return change


def _sweep(
    factors: Array, sizes: Array, frame: Array, pivots: Array, lowest: Array
) -> None:
    """Change the frames in place; fill pivots (T, n, S), lower `lowest` (S,).

    `sizes` (T, n, S) are the largest entries of rows, and `lowest` becomes the least
    ratio of a pivot to that of the row it came from, if it is less than it was.
    """
    _, n, _, systems = factors.shape
    moved = np.empty((n, n + 2, systems))
    for J, size, found in zip(factors, sizes, pivots, strict=True):
        np.multiply(J[:, 0, None], frame[0], out=moved[:, :n])
        for j in range(1, n):
            moved[:, :n] += J[:, j, None] * frame[j]
        moved[:, n] = size  # two columns that go along when rows are exchanged
        moved[:, n + 1] = np.arange(n)[:, None]
        _eliminate(moved, n)
        places = moved[:, n + 1]
        for i in range(n):
            found[i] = moved[i, i]
            np.fmin(lowest, np.abs(found[i]) / moved[i, n], out=lowest)
            moved[i, i], moved[i, i + 1 : n] = 1.0, 0.0
        for i in range(n):
            for row in range(n):
                np.copyto(frame[row], moved[i, :n], where=places[i] == row)


def _eliminate(moved: Array, n: int) -> None:
    """Factor the first n columns of every lane in place, with partial pivoting."""
    for c in range(n - 1):
        for i in range(c + 1, n):  # the largest so far comes up, the first of equals
            later = np.abs(moved[i, c]) > np.abs(moved[c, c])
            upper = np.where(later, moved[i], moved[c])
            np.copyto(moved[i], moved[c], where=later)
            moved[c] = upper
        moved[c + 1 :, c] /= moved[c, c]
        moved[c + 1 :, c + 1 : n] -= moved[c + 1 :, c, None] * moved[c, c + 1 : n]


def _are_comfortable(entries: Array, sizes: Array) -> Array:
    """Whether all factors of a lane have even columns and sizes within range (S,)."""
    inside = ((sizes > _TINY) & (sizes < _HUGE)).all(axis=(0, 1))
    with np.errstate(all="ignore"):
        entries /= sizes[:, :, None]
    even = (largest(entries, 1) > _EVEN).all(axis=(0, 1))
    return np.asarray(inside & even)
