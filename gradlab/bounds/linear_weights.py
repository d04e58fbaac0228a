"""The weights W_hh of a linear recurrence, which are its Jacobian at every step."""

from gradlab.bounds.base import require_single
from gradlab.cells.activations import Identity
from gradlab.cells.base import AbstractCell
from gradlab.cells.linear import Linear
from gradlab.cells.rnn import RNN
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.typing import Matrix

__all__ = ["linear_weights"]


def linear_weights(trajectory: Trajectory, label: str) -> Matrix:
    """Return W_hh of a single run of a linear cell.

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
    return cell.params["W_hh"]


def _described(cell: AbstractCell) -> str:
    kind = type(cell).__name__
    return f"{kind} with activation {cell.phi.name}" if isinstance(cell, RNN) else kind
