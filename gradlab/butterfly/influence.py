"""Influence of an early input on the last output: ∂o_T/∂x_t = W_qh J_T ⋯ J_{t+1} B_t.

B_t = ∂h_t/∂x_t, and W_qh reads the hidden part of the state.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_array
from gradlab._results import Origin, Result
from gradlab.cells.base import AbstractCell
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import InputError
from gradlab.linalg import Scaled
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Matrix, Vector

__all__ = ["Influence", "influence", "require_readout"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Influence(Result):
    """How much each input moves the last output.

    Attributes
    ----------
    log_norms : (T,) array
        ln‖∂o_T/∂x_t‖₂ in nats for t = 1 … T; −inf where there is no influence.
    mantissa, exponent : (q, m) array, int
        ∂o_T/∂x_1 = mantissa · 2^exponent, of any magnitude.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("werbos1990backpropagation"),)

    log_norms: Vector
    mantissa: Matrix
    exponent: int

    @property
    def first(self) -> Scaled:
        """∂o_T/∂x_1 (q, m)."""
        return Scaled.of(self.mantissa, self.exponent)

    def columns(self) -> dict[str, Array]:
        """Return t and ln‖∂o_T/∂x_t‖₂, one row an input."""
        return {
            "t": np.arange(1, len(self.log_norms) + 1),
            "log_norms": self.log_norms,
        }


def influence(trajectory: Trajectory, W_qh: ArrayLike) -> Influence:
    """Return ∂o_T/∂x_1 and ln‖∂o_T/∂x_t‖₂ for every t, with o_T = W_qh h_T + b_q.

    Parameters
    ----------
    trajectory : Trajectory
        A single run of a cell that has inputs.
    W_qh : (q, n_hidden) array_like
        Readout of the hidden part of the state.

    Returns
    -------
    Influence
        Carried back through time as mantissa · 2^exponent, so nothing under- or
        overflows; relative error about T n ε where the product is not cancelled.

    Raises
    ------
    InputError
        If the trajectory is a batch, the cell has no input, or the readout misfits.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> halving = run(Linear([[0.5]], [[1.0]]), [0.0], np.ones((1101, 1)))
    >>> found = influence(halving, [[3.0]])
    >>> found.mantissa, found.exponent  # 3 · 2^−1100, which no float64 holds
    (array([[0.75]]), -1098)
    """
    readout = require_readout(trajectory.cell, W_qh)
    if trajectory.batch:
        message = "influence is about one run; take one with trajectory.sequence(b)."
        raise InputError(message)
    if not trajectory.cell.sizes[1]:
        message = "`trajectory` must have inputs, shape (T, m) with m >= 1; got m = 0."
        raise InputError(message)
    log_norms, first = _swept(trajectory, readout)
    return Influence(
        log_norms=log_norms,
        mantissa=first.mantissa,
        exponent=first.exponent,
        origin=Origin(parameters={"steps": len(trajectory), "outputs": len(readout)}),
    )


def require_readout(cell: AbstractCell, W_qh: ArrayLike) -> Matrix:
    """Return W_qh as an array (q, n_hidden) that fits the cell."""
    return require_array("W_qh", W_qh, "(q, n_hidden)", sizes={"n_hidden": cell.hidden})


def _swept(trajectory: Trajectory, readout: Matrix) -> tuple[Vector, Scaled]:
    cell, T, n = trajectory.cell, len(trajectory), trajectory.cell.sizes[0]
    U = np.zeros((n, len(readout)))
    U[: cell.hidden] = readout.T
    row = Scaled.of(U.T)  # ∂o_T/∂h_t, going back from t = T
    logs = np.empty(T)
    for t in range(T, 0, -1):
        before, x = trajectory.states[t - 1], trajectory.inputs[t - 1]
        moved = row.before(cell.input_jacobian(before, x))
        logs[t - 1] = moved.log_norm()
        if t > 1:
            row = _one_step_back(trajectory, t, row)
    return logs, moved


def _one_step_back(trajectory: Trajectory, t: int, row: Scaled) -> Scaled:
    """Return ∂o_T/∂h_{t−1} = ∂o_T/∂h_t · J_t."""
    earlier = trajectory.chain[t - 1 : t].adjoint(row.mantissa.T)
    return Scaled.of(earlier.mantissa, earlier.exponent + row.exponent)
