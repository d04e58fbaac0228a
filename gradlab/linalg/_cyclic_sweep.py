"""One period of orthogonal iteration: J_T ⋯ J_1 X = F e^shift U_S ⋯ U_1.

The columns of F span, in order, what the product makes of those of X, and the U_s are
upper triangular, each for a stretch of steps that float64 has room for.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import final

import numpy as np

from gradlab.linalg._engines import Sweep
from gradlab.linalg._exact_elimination import exact_elimination, weights_in_order
from gradlab.linalg._factors import Steps, prepared
from gradlab.linalg._safeguards import (
    Trouble,
    findings,
    is_dependent,
    with_sorted_rows,
)
from gradlab.linalg._weighted import log_magnitude, sum_of_logs
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["CyclicSweep"]

_LONGEST = 256  # steps of a stretch
_ROOM = 250.0  # nats that a triangle may stray from 1


@final
@dataclass
class CyclicSweep:
    """A frame on its way through the factors, and what it has left behind.

    Attributes
    ----------
    frame : (n, m) ndarray
        F, with entries bounded by 1.
    triangles : list of (m, m) ndarray
        U_1 … U_S; empty unless `keeps_triangles`.
    shift : float
        Nats that are common to all columns.
    phases : (m,) ndarray
        Signs, or phases, of diag(U_S ⋯ U_1).
    """

    sweep: Sweep
    frame: Matrix
    phases: Vector
    keeps_triangles: bool
    triangles: list[Matrix] = field(default_factory=list)
    shift: float = 0.0
    _logs: list[Vector] = field(default_factory=list)

    @classmethod
    def through(
        cls, parts: Iterable[Factors], X: Matrix, sweep: Sweep, *, keeps_triangles: bool
    ) -> "CyclicSweep":
        """Return what becomes of X (n, m) in one period."""
        phases = np.ones(X.shape[1], X.dtype)
        swept = cls(sweep, np.asfortranarray(X), phases, keeps_triangles)
        for part in parts:
            swept._advance(part.astype(X.dtype, copy=False))
        return swept

    @property
    def log_sizes(self) -> Vector:
        """ln|diag(e^shift U_S ⋯ U_1)| (m,), whose sums round only once."""
        columns = np.array(self._logs).reshape(-1, len(self.phases)).T
        return np.array([math.fsum([self.shift, *column]) for column in columns])

    def _advance(self, stack: Factors) -> None:
        steps = prepared(stack)
        self.shift += steps.shift
        done, length = 0, 1
        while done < len(steps):
            gone = self._stretch(steps[done : done + length])
            done += gone
            length = min(2 * gone, _LONGEST)

    def _stretch(self, steps: Steps) -> int:
        """Go through the given steps, or fewer; return how many."""
        start = None
        if self.keeps_triangles:
            start = np.eye(len(self.phases), dtype=self.frame.dtype, order="F")
        frame, U, diagonal, rows = self.sweep(steps, self.frame, start)
        found = findings(steps, diagonal, rows).trouble
        if found is None and not self._is_sound(frame, rows[-1], diagonal):
            found = len(steps) // 2, Trouble.GROWN
        if found is not None:
            step, reason = found
            if step:
                return self._stretch(steps[:step])
            (J,) = steps[:1].dense(slice(None))
            self._take_step(J, reason)
            return 1
        self._take(frame, U, diagonal)
        return len(steps)

    def _is_sound(self, frame: Matrix, rows: Vector, diagonal: Array) -> bool:
        gained = log_magnitude(diagonal).cumsum(axis=0)
        room = _ROOM if self.keeps_triangles and len(diagonal) > 1 else math.inf
        return bool((np.abs(gained) < room).all()) and not is_dependent(frame, rows)

    def _take_step(self, J: Matrix, reason: Trouble) -> None:
        moved = J @ self.frame
        if reason is Trouble.CANCELLED:
            weights = weights_in_order(len(self.phases))
            frame, logs, _, W = exact_elimination(J, self.frame, weights)
            U = np.triu(np.linalg.lstsq(frame, moved)[0], 1)
            U += np.diag(W.diagonal() * np.exp(logs))
        else:
            frame, U = with_sorted_rows(moved)
        self._take(frame, U, U.diagonal()[None])

    def _take(self, frame: Matrix, U: Matrix | None, diagonal: Array) -> None:
        self.frame = frame
        if self.keeps_triangles and U is not None:
            self.triangles.append(U)
        self._logs.append(sum_of_logs(log_magnitude(diagonal)))
        sizes = np.abs(diagonal)
        units = np.divide(diagonal, sizes, out=np.ones_like(diagonal), where=sizes > 0)
        self.phases = self.phases * units.prod(axis=0)
