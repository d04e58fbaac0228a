"""A run in balls: states [h_t] that contain the exact orbit, as long as they are small.

The step is the cell's own, on Arb balls from an exact start.  A step at p bits adds a
radius of about 2^−p, and old radii grow with the absolute values of the Jacobians, so
that [h_t] is about as wide as e^(λt − p ln 2) with λ ≥ λ_1: the horizon is proportional
to the number of bits, and short in a chaotic network.
"""

import enum
import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_array, require_count, require_number
from gradlab._results import Origin, Result
from gradlab.algebra.balls import BALLS
from gradlab.cells.base import AbstractCell
from gradlab.dynamics.trajectory import require_cell
from gradlab.references import Reference
from gradlab.typing import States, Vector
from gradlab.verified.conversion import float_ends, log_radius

__all__ = ["EnclosedRun", "EnclosureStop", "enclosed_run"]


class EnclosureStop(enum.Enum):
    """Why a run in balls ended."""

    INPUTS = "every input was read"
    WIDTH = "the next state is wider than the limit"


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class EnclosedRun(Result):
    """States of the exact orbit, each entry between two float64s.

    Attributes
    ----------
    lower, upper : (horizon + 1, n) array
        Of h_0 … h_horizon.
    log_radii : (horizon + 1,) array
        ln of the largest radius of each state, in nats; −inf while it is exact.
    horizon : int
        Steps until the run ended, for the reason `stop`.
    bits : int
        The precision of the balls.
    stop : EnclosureStop
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("johansson2017arb"),)

    lower: States
    upper: States
    log_radii: Vector
    horizon: int
    bits: int
    stop: EnclosureStop

    @property
    def growth(self) -> float:
        """Growth of the radius in nats per step, to set against λ_1; NaN if unknown.

        It is measured over the second half of the run, when the first roundings no
        longer count, and is no smaller than λ_1 in the long run.
        """
        middle = self.horizon // 2
        start, end = self.log_radii[middle], self.log_radii[-1]
        if self.horizon < 2 or not math.isfinite(start):
            return math.nan
        return float(end - start) / (self.horizon - middle)


def enclosed_run(
    cell: AbstractCell,
    h0: object,
    inputs: object,
    *,
    bits: int = 53,
    limit: float = 1e-3,
) -> EnclosedRun:
    """Run a cell in balls from an exact state, until a ball is too wide.

    Parameters
    ----------
    cell : AbstractCell
        With sizes (n, m); its parameters are taken as exact numbers.
    h0 : (n,) array_like
        Initial state.
    inputs : (T, m) array_like
        One row per step; (T, 0) for a cell without inputs.
    bits : int
        Precision: every 100 bits more carry a chaotic run some 69/λ steps further.
    limit : float
        The largest radius that a state may have.

    Returns
    -------
    EnclosedRun
        About the exact orbit; `run` follows it only as long as its own rounding errors
        stay small.

    Raises
    ------
    ShapeError, NonFiniteError
        If `h0` or `inputs` do not fit the cell.
    InputTypeError
        If `cell` is no cell.

    Examples
    --------
    The logistic map at r = 4 doubles errors on average, and balls triple or quadruple
    them: 53 bits last for a few dozen steps.

    >>> from gradlab.cells import Logistic
    >>> found = enclosed_run(Logistic(4.0), [0.3], np.zeros((100, 0)))
    >>> found.stop.name, 15 < found.horizon < 60
    ('WIDTH', True)
    """
    n, m = require_cell(cell)
    start = require_array("h0", h0, "(n,)", sizes={"n": n})
    x = require_array("inputs", inputs, "(T, m)", sizes={"m": m})
    precision = require_count("bits", bits, minimum=2)
    widest = math.log(require_number("limit", limit, above=0.0))
    with BALLS.precision(precision):
        states = [BALLS.array(start)]
        log_radii = [log_radius(states[0])]
        for row in x:
            h = cell.step(states[-1], row, BALLS)
            size = log_radius(h)
            if not size <= widest:
                break
            states.append(h)
            log_radii.append(size)
        lower, upper = float_ends(np.stack(states))
    horizon = len(states) - 1
    return EnclosedRun(
        lower=lower,
        upper=upper,
        log_radii=np.array(log_radii),
        horizon=horizon,
        bits=precision,
        stop=EnclosureStop.INPUTS if horizon == len(x) else EnclosureStop.WIDTH,
        origin=Origin(parameters={"limit": limit}),
    )
