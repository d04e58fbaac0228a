"""What one step says to the parameters: ln‖∂f_t/∂θ‖₂, f_t the step as a function of θ.

For a parameter p a row u becomes u V_p ⊗ r_p; ‖∂f_t/∂θ‖₂² ≤ Σ_p ‖V_p‖₂² ‖r_p‖₂², equal
where all parameters share one V, as those of a plain cell and of an LSTM do.
"""

from collections.abc import Sequence

import numpy as np

from gradlab.bounds.base import require_single
from gradlab.cells.base import Outer
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.linalg.outward import log_norm_above
from gradlab.linalg.powers_of_two import up_ldexp
from gradlab.linalg.rounding import up_add, up_exp, up_log, up_sub, up_sum
from gradlab.typing import Array, Vector

__all__ = ["log_parameter_norms", "up_log_sum_exp"]

_BLOCK = 64  # steps whose derivatives are held at once


def log_parameter_norms(trajectory: Trajectory, label: str) -> Vector:
    """Return float64s ≥ ln‖∂f_t/∂θ‖₂ in nats for t = 1 … T, over all parameters.

    The V_p are what float64 makes of unit cotangents, taken as exact numbers, and so
    are the stored states and inputs.

    Raises
    ------
    AssumptionError
        If the cell has no parameters.
    InputError
        If the trajectory is a batch.
    """
    cell = require_single(trajectory).cell
    if not cell.params:
        raise AssumptionError(label, "a cell with parameters", type(cell).__name__)
    h, x = trajectory.states[:-1], trajectory.inputs
    units = np.eye(h.shape[1])[:, None]
    found = []
    for start in range(0, len(trajectory), _BLOCK):
        part = slice(start, start + _BLOCK)
        u = np.broadcast_to(units, (len(units), *h[part].shape))
        outers = cell.parameter_cotangents(h[part], x[part], u)
        logs = [_log_norms(outer, h[part]) for outer in outers.values()]
        found.extend(_combined(logs))
    return np.array(found)


def up_log_sum_exp(terms: Sequence[float] | Vector) -> float:
    """Return a float64 ≥ ln Σ_i e^{a_i}, −∞ for no terms or terms of −∞ alone.

    >>> bool(np.log(6) <= up_log_sum_exp(np.log([1.0, 2.0, 3.0])) < np.log(6) + 1e-14)
    True
    """
    logs = np.asarray(terms)
    top = float(logs.max(initial=-np.inf))
    if not np.isfinite(top):
        return top
    shares = up_exp(up_sub(logs, top))
    return float(up_add(top, up_log(up_sum(shares))))


def _log_norms(outer: Outer, h: Array) -> Vector:
    """Return float64s ≥ ln(‖V‖₂ ‖r‖₂), from u V ⊗ r for unit rows u."""
    rows = np.swapaxes(outer.left.reshape(h.shape[1], len(h), -1), 0, 1)
    sizes = log_norm_above(rows)
    if outer.right is None:
        return np.asarray(sizes)
    lengths = log_norm_above(outer.right[..., None])
    return np.array([up_sum(pair) for pair in zip(sizes, lengths, strict=True)])


def _combined(logs: Sequence[Vector]) -> list[float]:
    """Return ½ ln Σ_p e^{2 a_p} of what the parameters p have at each step."""
    doubled = up_ldexp(np.array(logs), 1)
    return [float(up_ldexp(up_log_sum_exp(terms), -1)) for terms in doubled.T]
