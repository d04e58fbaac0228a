"""Cycles of period p: h_{t+1} = F(h_t, x_t) with h_{p+1} = h_1, and their multipliers.

The multipliers are the eigenvalues of J_p ⋯ J_1, the same at every state of the cycle.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import (
    require_array,
    require_count,
    require_finite,
    require_memory,
)
from gradlab._results import Origin, Result
from gradlab.cells.base import AbstractCell
from gradlab.dynamics._shooting import Orbit, closed_orbit
from gradlab.dynamics.fixed_points import FixedPointStop, stop_of
from gradlab.dynamics.stability import Stability, stability
from gradlab.dynamics.trajectory import require_cell
from gradlab.errors import ShapeError
from gradlab.typing import Array, Inputs, States, Vector

__all__ = ["Cycle", "cycle"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Cycle(Result):
    """States that p steps lead back to themselves.

    Attributes
    ----------
    states : (p, n) array
        ``states[t]`` is taken to ``states[t + 1]`` by the input ``inputs[t]``, the last
        to the first.
    period : int
        The least period of the states: a divisor of p, 1 for a fixed point.
    residual : float
        ‖·‖₂ of all F(h_t, x_t) − h_{t+1} together.
    error : float
        Of all states together, ‖·‖₂, to first order.
    multipliers : (n,) complex array
        Over all p steps, the largest in modulus first.
    margin, margin_error : float
        1 − max|μ|, and what error and rounding may change of it.
    stability : Stability
    steps : int
        Of Newton's method.
    stop : FixedPointStop
        Only CONVERGED is a cycle.
    """

    states: States
    period: int
    residual: float
    error: float
    multipliers: Array
    margin: float
    margin_error: float
    stability: Stability
    steps: int
    stop: FixedPointStop

    @property
    def converged(self) -> bool:
        """Whether this is a cycle at all."""
        return self.stop is FixedPointStop.CONVERGED

    def columns(self) -> dict[str, Vector]:
        """Return the states, one row a step."""
        names = (f"h_{i + 1}" for i in range(self.states.shape[1]))
        return dict(zip(names, self.states.T, strict=True))


def cycle(
    cell: AbstractCell, inputs: object, guess: object, *, max_steps: int = 100
) -> Cycle:
    """Return the cycle that Newton's method goes to from a guess.

    Parameters
    ----------
    cell : AbstractCell
        With sizes (n, m).
    inputs : (p, m) array_like
        One input a step, repeated for ever; (p, 0) for a cell without inputs.
    guess : (n,) or (p, n) array_like
        The first state, from which the cell is run; or all of them.
    max_steps : int
        Newton steps at most.

    Returns
    -------
    Cycle
        For periods of a few: the multipliers are those of the plain product.

    Raises
    ------
    InputError, InputTypeError
        If the arguments do not fit the cell, or a step from the guess overflows.

    Examples
    --------
    The 2-cycle of the logistic map has the multiplier 4 + 2r − r²:

    >>> from gradlab.cells import Logistic
    >>> found = cycle(Logistic(3.2), np.zeros((2, 0)), [0.5])
    >>> float(found.multipliers[0].real.round(12)), found.period
    (0.16, 2)
    """
    n, m = require_cell(cell)
    x = require_array("inputs", inputs, "(p, m)", sizes={"m": m})
    if not len(x):
        raise ShapeError("inputs", "(p, m) with p >= 1", x.shape)
    require_memory("inputs", len(x), 3 * (len(x) * n) ** 2)
    max_steps = require_count("max_steps", max_steps)
    start = _start(cell, x, guess, n)
    orbit = closed_orbit(cell, x, start, max_steps)
    margin = 1 - float(np.abs(orbit.multipliers[0]))
    error = orbit.radius_error if orbit.solved else np.inf
    return Cycle(
        states=orbit.states,
        period=_least_period(orbit),
        residual=orbit.residual,
        error=orbit.error,
        multipliers=orbit.multipliers,
        margin=margin,
        margin_error=float(error),
        stability=stability(margin, error),
        steps=orbit.steps,
        stop=stop_of(orbit),
        origin=Origin(parameters={"max_steps": max_steps}),
    )


def _start(cell: AbstractCell, x: Inputs, guess: object, n: int) -> States:
    if np.ndim(guess) != 1:  # type: ignore[arg-type]
        sizes = {"p": len(x), "n": n}
        start = require_array("guess", guess, "(p, n)", sizes=sizes)
    else:
        states = [require_array("guess", guess, "(n,)", sizes={"n": n})]
        with np.errstate(over="ignore", invalid="ignore"):
            for row in x[:-1]:
                states.append(cell.step(states[-1], row))
        start = require_finite("guess", np.array(states))
    return start


def _least_period(orbit: Orbit) -> int:
    """Return the smallest divisor of p by which shifted states are the same."""
    p = len(orbit.states)
    for period in range(1, p):
        if p % period == 0:
            moved = np.roll(orbit.states, period, axis=0) - orbit.states
            if np.linalg.norm(moved) <= 2 * orbit.error:
                return period
    return p
