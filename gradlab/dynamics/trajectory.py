"""A run of a cell: h_t = F(h_{t−1}, x_t), t = 1 … T, with its chain of Jacobians."""

import functools
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_array
from gradlab.cells.base import AbstractCell
from gradlab.dynamics.chain import JacobianChain
from gradlab.errors import DivergenceError, InputError, ShapeError
from gradlab.typing import Array, Inputs, States

__all__ = ["Trajectory", "run"]


@final
@dataclass(frozen=True, eq=False)
class Trajectory:
    """States h_0 … h_T of a cell under inputs x_1 … x_T.

    Attributes
    ----------
    cell : AbstractCell
        What was run.
    states : (T + 1, n) or (T + 1, B, n) array
        ``states[0]`` is the given initial state.
    inputs : (T, m) or (T, B, m) array
        ``inputs[t]`` takes ``states[t]`` to ``states[t + 1]``.
    """

    cell: AbstractCell
    states: States
    inputs: Inputs

    def __len__(self) -> int:
        """T, the number of steps."""
        return len(self.inputs)

    @property
    def batch(self) -> tuple[int, ...]:
        """(B,) for a batch of sequences, () for a single one."""
        return self.states.shape[1:-1]

    @property
    def hidden(self) -> Array:
        """The hidden parts h_1 … h_T (T, ..., n_hidden), which the readout sees."""
        return self.states[1:, ..., : self.cell.hidden]

    @functools.cached_property
    def chain(self) -> JacobianChain:
        """J_1 … J_T, with J_t = ∂h_t/∂h_{t−1} at the stored states."""
        return JacobianChain(self.cell.slopes(self.states[:-1], self.inputs))

    def sequence(self, b: int) -> "Trajectory":
        """Return sequence b of a batch as a trajectory of its own."""
        if not self.batch:
            message = "this trajectory is a single sequence, not a batch."
            raise InputError(message)
        return Trajectory(self.cell, self.states[:, b], self.inputs[:, b])


def run(cell: AbstractCell, h0: object, inputs: object) -> Trajectory:
    """Run a cell from `h0` over `inputs`.

    Parameters
    ----------
    cell : AbstractCell
        With sizes (n, m).
    h0 : (n,) or (B, n) array_like
        Initial state.
    inputs : (T, m) or (T, B, m) array_like
        One row per step; (T, 0) for a cell without inputs.  T ≥ 1.

    Returns
    -------
    Trajectory

    Raises
    ------
    ShapeError, NonFiniteError
        If `h0` or `inputs` do not fit the cell.
    DivergenceError
        If a state stops being finite; it names the step.

    Examples
    --------
    >>> from gradlab.cells import Logistic
    >>> trajectory = run(Logistic(4.0), [0.25], np.zeros((2, 0)))
    >>> trajectory.states[:, 0]
    array([0.25, 0.75, 0.75])
    """
    n, m = cell.sizes
    x = _as_inputs(inputs, m)
    h = require_array("h0", h0, "(..., n)", sizes={"n": n})
    if h.shape[:-1] != x.shape[1:-1]:
        expected = f"{(*x.shape[1:-1], n)}, one state for every sequence of `inputs`"
        raise ShapeError("h0", expected, h.shape)
    states = np.empty((len(x) + 1, *h.shape))
    states[0] = h
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(len(x)):
            states[t + 1] = cell.step(states[t], x[t])
    _refuse_divergence(states)
    return Trajectory(cell, states, x)


def _as_inputs(inputs: object, m: int) -> Array:
    x = require_array("inputs", inputs, "(..., m)", sizes={"m": m})
    if x.ndim not in (2, 3) or not len(x):
        raise ShapeError("inputs", "(T, m) or (T, B, m) with T >= 1", x.shape)
    return x


def _refuse_divergence(states: States) -> None:
    finite = np.isfinite(states).reshape(len(states), -1).all(axis=1)
    if not finite.all():
        raise DivergenceError(int(np.argmin(finite)))
