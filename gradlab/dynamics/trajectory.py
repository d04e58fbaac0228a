"""A run of a cell: h_t = F(h_{t−1}, x_t), t = 1 … T, with its chain of Jacobians."""

import functools
import math
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_array, require_memory, require_parameter
from gradlab.cells.base import AbstractCell
from gradlab.cells.factored import GatedJacobian
from gradlab.dynamics.chain import JacobianChain, require_sequence
from gradlab.dynamics.run_jacobian import RunJacobian
from gradlab.errors import DivergenceError, InputTypeError, ShapeError
from gradlab.typing import Array, Inputs, State, States

__all__ = ["Trajectory", "require_cell", "run"]

_HELD = 2**22  # entries of the states of a run whose slopes are held: 100 MiB or so
_WATCH = 1024  # steps between looks for a state that is no longer finite


@final
@dataclass(frozen=True, eq=False)
class Trajectory:
    """States h_0 … h_T of a cell under inputs x_1 … x_T.

    `run` makes one; given states (of another program, say) it is made directly, and
    every Jacobian is then taken at those states.

    Attributes
    ----------
    cell : AbstractCell
        What was run.
    states : (T + 1, n) or (T + 1, B, n) array
        ``states[0]`` is the given initial state.  Read-only, like the inputs.
    inputs : (T, m) or (T, B, m) array
        ``inputs[t]`` takes ``states[t]`` to ``states[t + 1]``.

    Raises
    ------
    ShapeError, NonFiniteError
        If states and inputs do not fit the cell and each other.

    Examples
    --------
    >>> from gradlab.cells import Henon
    >>> stored = Trajectory(Henon(), [[0.0, 0.0], [1.0, 0.0]], np.zeros((1, 0)))
    >>> stored.chain.factors().tolist()
    [[[-0.0, 1.0], [0.3, 0.0]]]
    """

    cell: AbstractCell
    states: States
    inputs: Inputs

    def __post_init__(self) -> None:
        """Check that everything fits, and make the arrays read-only here."""
        n, m = require_cell(self.cell)
        inputs = _as_inputs(self.inputs, m)
        states = require_array("states", self.states, "(..., n)", sizes={"n": n})
        expected = (len(inputs) + 1, *inputs.shape[1:-1], n)
        if states.shape != expected:
            letters = "(T + 1, n)" if len(expected) == 2 else "(T + 1, B, n)"
            raise ShapeError("states", f"{letters} = {expected}", states.shape)
        object.__setattr__(self, "states", _read_only(states))
        object.__setattr__(self, "inputs", _read_only(inputs))

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
        """J_1 … J_T, with J_t = ∂h_t/∂h_{t−1} at the stored states.

        Slopes that would fill the memory are evaluated anew by every sweep, some steps
        at a time; others are held.
        """
        later = RunJacobian(self.cell, self.states[:-1], self.inputs)
        factored = isinstance(later[:1].evaluated(), GatedJacobian)
        many = self.states.size > _HELD
        return JacobianChain(later if factored and many else later.evaluated())

    def sequence(self, b: int) -> "Trajectory":
        """Return sequence b = 0 … B − 1 of a batch as a trajectory of its own."""
        index = require_sequence(b, self.batch)
        return Trajectory(self.cell, self.states[:, index], self.inputs[:, index])


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
    InputError
        If memory does not hold the states.
    DivergenceError
        If a state stops being finite; it names the step.

    Examples
    --------
    >>> from gradlab.cells import Logistic
    >>> trajectory = run(Logistic(4.0), [0.25], np.zeros((2, 0)))
    >>> trajectory.states[:, 0]
    array([0.25, 0.75, 0.75])
    """
    n, m = require_cell(cell)
    x = _as_inputs(inputs, m)
    # Inputs that are broadcast, or have no entries, take no memory; states do.
    require_memory("T", len(x), x.size + (len(x) + 1) * math.prod(x.shape[1:-1]) * n)
    x = np.array(x)  # a snapshot: the trajectory keeps it
    h = require_parameter("h0", h0, "(..., n)", sizes={"n": n})
    if h.shape[:-1] != x.shape[1:-1]:
        expected = f"{(*x.shape[1:-1], n)}, one state for every sequence of `inputs`"
        raise ShapeError("h0", expected, h.shape)
    return Trajectory(cell, _states(cell, h, x), x)


def _states(cell: AbstractCell, h: State, x: Inputs) -> States:
    states = np.empty((len(x) + 1, *h.shape))
    states[0] = h
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(x), _WATCH):
            for t, row in enumerate(x[start : start + _WATCH], start + 1):
                h = cell.step(h, row)
                if h.shape != states.shape[1:]:  # it would broadcast without a word
                    name = f"h_{t}"
                    raise ShapeError(name, f"{states.shape[1:]}", h.shape)
                states[t] = h
            _refuse_divergence(states[start + 1 : start + _WATCH + 1], start + 1)
    return states


def require_cell(cell: AbstractCell) -> tuple[int, int]:
    """Return the sizes (n, m) of a cell, or raise if it is none."""
    if not isinstance(cell, AbstractCell):
        message = f"`cell` must be a cell of gradlab.cells; got {cell!r}."
        raise InputTypeError(message)
    return cell.sizes


def _as_inputs(inputs: object, m: int) -> Array:
    x = require_array("inputs", inputs, "(..., m)", sizes={"m": m})
    if x.ndim not in (2, 3) or not len(x):
        raise ShapeError("inputs", "(T, m) or (T, B, m) with T >= 1", x.shape)
    return x


def _read_only(array: Array) -> Array:
    view = array.view()
    view.setflags(write=False)
    return view


def _refuse_divergence(states: States, first: int) -> None:
    finite = np.isfinite(states).reshape(len(states), -1).all(axis=1)
    if not finite.all():
        raise DivergenceError(first + int(np.argmin(finite)))
