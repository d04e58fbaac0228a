"""Twins: ‖y_t − h_t‖ ≤ ‖J_t‖ e + ½ C ‖W_hh‖² e² + r_t for an orbit y that was e away.

C = max|φ''|, so that the second term is Taylor's remainder; and r_t is what the stored
h_t lacks of being a step from h_{t−1}, by rounding.  What is bounded is therefore the
distance of *exact* orbits from the run that is stored, the run's own one among them.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np

from gradlab._checks import require_number
from gradlab.bounds.base import AbstractRunTheorem, require_single
from gradlab.cells.rnn import RNN
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.linalg.arithmetic import ETA, UNIT, fault
from gradlab.linalg.outward import frobenius_above, norm_above
from gradlab.linalg.rounding import (
    down_mul,
    down_sqrt,
    up_add,
    up_div,
    up_log,
    up_mul,
)
from gradlab.references import Reference
from gradlab.typing import Vector
from gradlab.verified._ball_steps import step_defects
from gradlab.verified.enclosure import Enclosure

__all__ = ["TwinCeiling"]

_ROOT = float(down_sqrt(3.0))
# max|tanh''| = 4/(3√3), and of the sigmoid 1/(6√3).
_CURVATURES = {
    "tanh": float(up_div(4.0, down_mul(3.0, _ROOT))),
    "sigmoid": float(up_div(1.0, down_mul(6.0, _ROOT))),
    "identity": 0.0,
}


@final
@dataclass(frozen=True)
class TwinCeiling(AbstractRunTheorem):
    """ln‖y_T − h_T‖₂ ≤ ln e_T for every exact orbit with ‖y_0 − h_0‖₂ ≤ separation.

    e_t = ‖J_t‖₂ e_{t−1} + ½ C ‖W_hh‖₂² e_{t−1}² + r_t: for small separations and no
    rounding ln e_T is ln e_0 + Σ_t ln‖J_t‖₂, the product of norms.

    Parameters
    ----------
    separation : float
        e_0, above 0.

    Examples
    --------
    >>> from gradlab.cells import RNN
    >>> from gradlab.dynamics import run
    >>> cell = RNN([[0.5]], [[0.0]], [0.0])
    >>> rest = run(cell, [0.0], [[0.0]] * 10)
    >>> found = np.exp(TwinCeiling(separation=1e-6).log_bound(rest))
    >>> bool(1e-6 / 1024 <= found < 1.00001e-6 / 1024)
    True
    """

    separation: float = 1e-6

    label = "thm:twin-ceiling"
    statement = (
        r"\|y_0-h_0\|_2\le e_0\ \Rightarrow\ \|y_t-h_t\|_2\le e_t=\|J_t\|_2\,e_{t-1}"
        r"+\tfrac12C\,\|W_{hh}\|_2^2\,e_{t-1}^2+r_t,\qquad C=\sup_a|\varphi''(a)|"
    )
    source = Reference("lorenz1963deterministic")
    assumptions = (
        "the cell is h' = φ(W_hh h + W_hx x + b_h) with φ tanh, sigmoid or identity"
    )
    quantity = r"\ln\sup_{\|y_0-h_0\|_2\le e_0}\|y_T-h_T\|_2"
    direction: ClassVar[Literal["above"]] = "above"

    def __post_init__(self) -> None:
        """Check the separation."""
        number = require_number("separation", self.separation, above=0.0)
        object.__setattr__(self, "separation", number)

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return ln e_T in nats, rounded up; r_t and slopes are known from balls.

        The theorem is about every orbit, and no lower end is given.

        Raises
        ------
        AssumptionError
            If the cell is not an RNN with one of these activations.
        InputError
            If the trajectory is a batch.
        """
        cell = _require_smooth(trajectory, self.label)
        residuals, rates = _steps(cell, trajectory)
        weights = norm_above(cell.W_hh)
        curvature = _CURVATURES[cell.phi.name]
        remainder = up_mul(up_mul(0.5, curvature), up_mul(weights, weights))
        e = self.separation
        for rate, residual in zip(rates, residuals, strict=True):
            curved = up_mul(remainder, up_mul(e, e)) if curvature else 0.0
            e = up_add(up_add(up_mul(rate, e), curved), residual)
        return Enclosure.between(-math.inf, float(up_log(e)), fault=fault())


def _require_smooth(trajectory: Trajectory, label: str) -> RNN:
    cell = require_single(trajectory).cell
    wanted = "an RNN with tanh, sigmoid or identity"
    if not isinstance(cell, RNN):
        raise AssumptionError(label, wanted, type(cell).__name__)
    if cell.phi.name not in _CURVATURES:
        raise AssumptionError(label, wanted, cell.phi.name)
    return cell


def _steps(cell: RNN, trajectory: Trajectory) -> tuple[list[float], Vector]:
    """Return r_t, and float64s ≥ the norms of the exact Jacobians at the stored h_t."""
    before, inputs = trajectory.states[:-1], trajectory.inputs
    slopes = cell.slopes(before, inputs).gates.reshape(before.shape)
    ones = np.ones((len(before), 1))
    residuals, gaps = step_defects(
        cell.phi.name,
        np.concatenate([cell.W_hh, cell.W_hx, cell.b_h[:, None]], axis=1),
        np.concatenate([before, inputs, ones], axis=1).T,
        trajectory.states[1:].T,
        slopes.T,
    )
    # J = S W rounded once per entry, and the exact slopes are `gaps` away from S.
    weights = norm_above(cell.W_hh)
    largest = np.abs(slopes).max(axis=1)
    rounded = up_mul(up_mul(UNIT, largest), frobenius_above(cell.W_hh))
    rest = up_add(
        up_mul(np.array(gaps), weights), up_add(rounded, up_mul(len(cell.W_hh), ETA))
    )
    return residuals, up_add(norm_above(trajectory.chain.factors()), rest)
