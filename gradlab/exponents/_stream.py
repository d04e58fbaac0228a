"""A cell and a frame of disturbances that go on together, a block of steps at a time.

Nothing is kept but the state, the frame and the sums, however long they go on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_array
from gradlab.cells import AbstractCell
from gradlab.dynamics import JacobianChain, Trajectory, run
from gradlab.errors import DivergenceError, InputError, InputTypeError, ShapeError
from gradlab.exponents._blocks import in_general_position, start_frame
from gradlab.exponents._caveats import period_of
from gradlab.exponents._thin import is_thin, swept
from gradlab.linalg._flag import Flag
from gradlab.linalg._rounding_loss import loss_per_step
from gradlab.typing import Array, Inputs, Vector

__all__ = ["Block", "Stream"]

_ENTRIES = 2**20  # of the Jacobians of one stretch of steps
_LONGEST = 1024  # steps of a stretch


@final
@dataclass(frozen=True, eq=False)
class Block:
    """What a block adds: Σ ln|r_ii| (k,), Σ ln|det J_t|, and how many steps it has.

    `period` is that of an orbit that repeats bit by bit at the end of the block, or 0.
    """

    sums: Vector
    log_det: float
    steps: int
    period: int


@final
class Stream:
    """Steps of a cell from h0, under inputs or without any."""

    def __init__(
        self,
        cell: AbstractCell,
        h0: object,
        inputs: Iterable[Array] | None,
        *,
        k: int | None,
    ) -> None:
        n, m = cell.sizes
        self._cell, self._state = cell, require_array("h0", h0, "(n,)", sizes={"n": n})
        self._inputs = _Source(inputs, m)
        self._k = n if k is None else k
        self._frame = in_general_position(n, self._k) if is_thin(n, self._k) else None
        self._flag: Flag | None = None
        self._stretch = max(1, min(_LONGEST, _ENTRIES // n**2))
        self._done, self._lost = 0, 0.0

    def block(self, steps: int) -> Block:
        """Go on by so many steps, or by fewer if the inputs end."""
        k = self._k
        sums, log_det, done, period = np.zeros(k), 0.0, 0, 0
        while done < steps:
            x = self._inputs.take(min(self._stretch, steps - done))
            if not len(x):
                break
            trajectory = self._run(x)
            sums += self._growth(trajectory.chain)
            if k == len(self._state):
                log_det += float(trajectory.chain.log_abs_dets().sum())
            done += len(x)
            period = 0 if self._inputs.given else period_of(trajectory.states)
        if self._flag is not None:
            sums += self._flag.settle()
        return Block(sums, log_det, done, period)

    @property
    def loss(self) -> float:
        """Nats per step that growths may be off by."""
        followed = 0.0 if self._flag is None else self._flag.loss.nats
        return max(self._lost, followed / max(self._done, 1))

    def _run(self, x: Inputs) -> Trajectory:
        try:
            trajectory = run(self._cell, self._state, x)
        except DivergenceError as error:
            raise DivergenceError(self._done + error.step) from None
        self._state, self._done = trajectory.states[-1], self._done + len(x)
        return trajectory

    def _growth(self, chain: JacobianChain) -> Vector:
        if self._flag is None and self._frame is not None:
            found = swept(chain, self._frame, range(len(chain)))
            if found is not None:
                if self._done == len(chain):
                    self._lost = loss_per_step(chain[:1].factors())
                self._frame, growth = found
                return growth
            self._flag = Flag.starting(self._frame)
        elif self._flag is None:
            self._flag = Flag.starting(start_frame(chain, self._k))
        return self._flag.advance(chain.factors())


class _Source:
    """Inputs as they are needed: rows (m,), stretches (T, m), or none at all."""

    def __init__(self, inputs: Iterable[Array] | None, m: int) -> None:
        self.given, self._m = inputs is not None, m
        self._left = np.zeros((0, m))
        if inputs is None and m:
            message = f"`inputs` must be given: the cell takes m = {m} at every step."
            raise InputError(message)
        try:
            self._members = iter(() if inputs is None else inputs)
        except TypeError:
            message = f"`inputs` must be an iterable of arrays; got {inputs!r}."
            raise InputTypeError(message) from None

    def take(self, steps: int) -> Inputs:
        """Return the next inputs, at most so many; fewer only where they end."""
        if not self.given:
            return np.zeros((steps, 0))
        parts, count = [self._left], len(self._left)
        while count < steps:
            member = next(self._members, None)
            if member is None:
                break
            rows = require_array("inputs", member, "(..., m)", sizes={"m": self._m})
            if rows.ndim > 2:
                raise ShapeError("inputs", "(m,) or (T, m) for each member", rows.shape)
            parts.append(rows.reshape(-1, self._m))
            count += len(parts[-1])
        rows = np.concatenate(parts)
        self._left = rows[steps:]
        return rows[:steps]
