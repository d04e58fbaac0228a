"""The weights of a linear recurrence, W_hh = 2^e W with max|W| in [½, 1)."""

import math

import numpy as np

from gradlab.bounds.base import require_single
from gradlab.bounds.outward import EPSILON
from gradlab.cells.activations import Identity
from gradlab.cells.base import AbstractCell
from gradlab.cells.linear import Linear
from gradlab.cells.rnn import RNN
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.typing import Matrix

__all__ = ["log_power_of_two", "scaled_weights"]


def scaled_weights(trajectory: Trajectory, label: str) -> tuple[Matrix, int]:
    """Return W and e with W_hh = 2^e W; exact but for entries 2^1000 below the largest.

    Raises
    ------
    AssumptionError
        If the cell is neither Linear nor an RNN with the identity as activation.
    InputError
        If the trajectory is a batch.
    """
    cell = require_single(trajectory).cell
    linear_rnn = isinstance(cell, RNN) and isinstance(cell.phi, Identity)
    if not (linear_rnn or isinstance(cell, Linear)):
        raise AssumptionError(label, "a linear recurrence", _described(cell))
    W_hh = cell.params["W_hh"]
    exponent = int(np.frexp(np.abs(W_hh).max(initial=0.0))[1])
    return np.ldexp(W_hh, -exponent), exponent


def log_power_of_two(exponent: int) -> tuple[float, float]:
    """Return ln 2^exponent and a bound on its error."""
    value = exponent * math.log(2)
    return value, EPSILON * abs(value)


def _described(cell: AbstractCell) -> str:
    kind = type(cell).__name__
    return f"{kind} with activation {cell.phi.name}" if isinstance(cell, RNN) else kind
