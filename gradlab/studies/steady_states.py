"""Steady states of a family of cells against its parameter: periods 1 and 2."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import describe_rng, require_array, require_count, require_rng
from gradlab._results import Origin, Result
from gradlab.cells import AbstractCell
from gradlab.dynamics import Cycle, FixedPoint, Stability, cycle, fixed_points
from gradlab.errors import InputError
from gradlab.typing import Array, ArrayLike, Seed, Vector

__all__ = ["SteadyStates", "steady_states"]

_SIGNS = {Stability.STABLE: 1, Stability.UNSTABLE: -1, Stability.UNDECIDED: 0}


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SteadyStates(Result):
    """All steady states that were found, one row each, in order of the parameter.

    Attributes
    ----------
    parameter : (R,) array
        The value of the parameter.
    states : (R, n) array
        A fixed point, or one state of a 2-cycle, whose two states are two rows.
    period : (R,) integer array
        1 or 2.
    stability : (R,) integer array
        1 stable, −1 unstable, 0 undecided.
    margin : (R,) array
        1 − max|μ|.
    """

    parameter: Vector
    states: Array
    period: Vector
    stability: Vector
    margin: Vector

    def columns(self) -> dict[str, Vector]:
        """Return every row: parameter, period, stability, margin and the states."""
        named = {f"h_{i + 1}": column for i, column in enumerate(self.states.T)}
        return {
            "parameter": self.parameter,
            "period": self.period,
            "stability": self.stability,
            "margin": self.margin,
            **named,
        }


def steady_states(
    family: Callable[[float], AbstractCell],
    parameters: ArrayLike,
    x: ArrayLike,
    *,
    rng: Seed,
    starts: int = 16,
) -> SteadyStates:
    """Return the fixed points and 2-cycles of family(p) at every parameter p.

    Parameters
    ----------
    family : callable
        Takes a number and returns a cell; all cells have the same sizes (n, m).
    parameters : (P,) array_like
    x : (m,) array_like
        The input, held constant.
    rng : Generator or int
        Draws the starts of the searches, N(0, 1).
    starts : int
        Searches for fixed points, and as many for 2-cycles, at every parameter.

    Returns
    -------
    SteadyStates

    Raises
    ------
    InputError, InputTypeError
        If the arguments cannot be used, or no steady state is found anywhere.

    Examples
    --------
    >>> from gradlab.cells import Logistic
    >>> found = steady_states(Logistic, [2.5, 3.2], [], rng=0)
    >>> found.period.tolist(), found.stability.tolist()
    ([1, 1, 1, 1, 2, 2], [1, -1, -1, -1, 1, 1])
    """
    values = require_array("parameters", parameters, "(P,)")
    starts = require_count("starts", starts)
    seed, generator = describe_rng(rng), require_rng(rng)
    rows = [
        (value, state, period, found)
        for value in values
        for state, period, found in _steady(family(float(value)), x, generator, starts)
    ]
    if not rows:
        message = "no steady state was found at any of the `parameters`."
        raise InputError(message)
    return SteadyStates(
        parameter=np.array([value for value, *_ in rows]),
        states=np.array([state for _, state, *_ in rows]),
        period=np.array([period for *_, period, _ in rows]),
        stability=np.array([_SIGNS[found.stability] for *_, found in rows]),
        margin=np.array([found.margin for *_, found in rows]),
        origin=Origin(seed=seed, parameters={"starts": starts}),
    )


def _steady(
    cell: AbstractCell, x: ArrayLike, rng: np.random.Generator, starts: int
) -> Iterator[tuple[Vector, int, FixedPoint | Cycle]]:
    for point in fixed_points(cell, x, rng=rng, starts=starts).points:
        yield point.state, 1, point
    for found in _two_cycles(cell, x, rng, starts):
        for state in found.states:
            yield state, 2, found


def _two_cycles(
    cell: AbstractCell, x: ArrayLike, rng: np.random.Generator, starts: int
) -> list[Cycle]:
    """Return the 2-cycles that searches from random states end in, each once."""
    n = cell.sizes[0]
    inputs = np.array([x, x], dtype=float)
    known: list[Cycle] = []
    for start in rng.standard_normal((starts, 2, n)):
        found = cycle(cell, inputs, start)
        if found.converged and found.period == 2 and not _is_known(found, known):
            known.append(found)
    return known


def _is_known(found: Cycle, known: list[Cycle]) -> bool:
    """Whether it is one of them, at either phase."""
    return any(
        np.linalg.norm(np.roll(found.states, phase, axis=0) - other.states)
        <= 2 * (found.error + other.error)
        for other in known
        for phase in (0, 1)
    )
