"""The Jacobians of h' = φ(W_hh h + …) as weights times slopes: J_t = Φ_t W_hh, rounded.

The entries of a stored J_t are products of a slope and a weight, each rounded once, so
that with W_hh = 2^e S up to η an entry,

    J_t = 2^e (Φ_t S + E_t),    |E_t| ≤ u γ |S| + ε,    |Φ_t| ≤ γ = sup|φ'|.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.bounds.base import require_single
from gradlab.cells.linear import Linear
from gradlab.cells.rnn import RNN
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.linalg.arithmetic import ETA, UNIT
from gradlab.linalg.powers_of_two import split_power, up_ldexp
from gradlab.linalg.rounding import up_add, up_mul
from gradlab.typing import Matrix

__all__ = ["SlopeWeights", "slope_weights"]


@final
@dataclass(frozen=True, eq=False)
class SlopeWeights:
    """S, e, γ and what rounding may add: u γ |S| + ε to an entry of J_t / 2^e.

    Attributes
    ----------
    matrix : (n, n) array
        S, with entries below 1.
    exponent : int
        e.
    gamma : float
        At least |φ'(a)| for every a, and at least every slope of the run; 1 where J is
        W_hh itself.
    least : float
        At most 0 and every slope of the run.
    relative, absolute : float
        At least u γ and ε.
    """

    matrix: Matrix
    exponent: int
    gamma: float
    least: float
    relative: float
    absolute: float


def slope_weights(trajectory: Trajectory, label: str) -> SlopeWeights:
    """Return the weights of a single run of an RNN or a Linear cell.

    Raises
    ------
    AssumptionError
        If the cell is neither an RNN nor Linear.
    InputError
        If the trajectory is a batch.
    """
    gamma, least = _slopes(trajectory, label)
    S, exponent = split_power(trajectory.cell.params["W_hh"])
    # |fl(s w) − s w| ≤ u |s w| + η/2, and 2^e S may lack 2^e η in a tiny entry of W.
    absolute = up_add(up_ldexp(ETA, -exponent), up_mul(gamma, ETA))
    return SlopeWeights(
        matrix=S,
        exponent=int(exponent),
        gamma=gamma,
        least=least,
        relative=float(up_mul(UNIT, gamma)),
        absolute=float(absolute),
    )


def _slopes(trajectory: Trajectory, label: str) -> tuple[float, float]:
    """Return γ ≥ every slope of the run, 1 where J = W itself, and one ≤ 0 and them."""
    cell = require_single(trajectory).cell
    if isinstance(cell, Linear):
        return 1.0, 0.0
    if not isinstance(cell, RNN):
        raise AssumptionError(label, "an RNN or a Linear cell", type(cell).__name__)
    slopes = cell.slopes(trajectory.states[:-1], trajectory.inputs).gates
    largest = max(float(cell.phi.lipschitz), float(np.abs(slopes).max()))
    return largest, min(float(slopes.min()), 0.0)
