"""Fixed points h = F(h, x) of a cell under a constant input, and their multipliers."""

import enum
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import (
    describe_rng,
    require_array,
    require_count,
    require_number,
    require_rng,
)
from gradlab._results import Origin, Result
from gradlab.cells.base import AbstractCell
from gradlab.dynamics._shooting import Orbit, closed_orbit
from gradlab.dynamics.stability import Stability, stability
from gradlab.dynamics.trajectory import require_cell
from gradlab.errors import NonFiniteError
from gradlab.typing import Array, Inputs, Seed, Vector

__all__ = [
    "FixedPoint",
    "FixedPointStop",
    "FixedPoints",
    "fixed_point",
    "fixed_points",
    "stop_of",
]

_APART = 1e-3  # of 1 + ‖h‖: states this far apart are two, however large their errors


class FixedPointStop(enum.Enum):
    """Why the search ended."""

    CONVERGED = "the residual is the rounding of a step"
    STALLED = "no step lowers the residual any more: there is no fixed point nearby"
    STEPS = "max_steps was reached"


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FixedPoint(Result):
    """A state that one step leaves where it is, and what becomes of its neighbours.

    Attributes
    ----------
    state : (n,) array
        h.
    residual : float
        ‖F(h, x) − h‖₂.
    error : float
        ‖h − h*‖₂ is at most about this: (residual + rounding) / σ_min(J − 1), right to
        first order.  On a fold, where σ_min is 0, about the root of the rounding.
    multipliers : (n,) complex array
        Eigenvalues of J at h, the largest in modulus first: a change of the state along
        an eigenvector is multiplied by it at every step.
    margin : float
        1 − max|μ|.
    margin_error : float
        What `error` and rounding may change of it; inf if the search failed.
    stability : Stability
        The sign of the margin, if the error leaves one.
    steps : int
        Of Newton's method.
    stop : FixedPointStop
        Only CONVERGED is a fixed point.
    """

    state: Vector
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
        """Whether this is a fixed point at all."""
        return self.stop is FixedPointStop.CONVERGED

    def columns(self) -> dict[str, Vector]:
        """Return the entries of the state and the multipliers."""
        return {
            "state": self.state,
            "multiplier_real": self.multipliers.real,
            "multiplier_imag": self.multipliers.imag,
        }


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FixedPoints(Result):
    """The fixed points that a number of searches found.

    Attributes
    ----------
    points : tuple of FixedPoint
        Each once, the most stable first.
    hits : (len(points),) integer array
        How many of the searches ended in it.
    failures : int
        How many ended in none.
    """

    points: tuple[FixedPoint, ...]
    hits: Vector
    failures: int

    def __len__(self) -> int:
        """How many there are; more may exist."""
        return len(self.points)

    def columns(self) -> dict[str, Vector]:
        """Return margin, error and hits, one row a fixed point."""
        return {
            "margin": np.array([point.margin for point in self.points]),
            "margin_error": np.array([point.margin_error for point in self.points]),
            "error": np.array([point.error for point in self.points]),
            "hits": self.hits,
        }


def fixed_point(
    cell: AbstractCell, x: object, guess: object, *, max_steps: int = 100
) -> FixedPoint:
    """Return the fixed point h = F(h, x) that Newton's method goes to from a guess.

    Parameters
    ----------
    cell : AbstractCell
        With sizes (n, m); its own Jacobian is used.
    x : (m,) array_like
        The input, held constant; empty for a cell without inputs.
    guess : (n,) array_like
        Where to start.
    max_steps : int
        Newton steps at most.

    Returns
    -------
    FixedPoint
        `stop` says whether it is one.

    Raises
    ------
    InputError, InputTypeError
        If the arguments do not fit the cell, or a step from the guess overflows.

    Notes
    -----
    Steps that do not lower the residual are damped as by Levenberg and Marquardt, so
    the search cannot diverge; it may stall where the residual is least and not 0.

    Examples
    --------
    The logistic map has h = 1 − 1/r with multiplier 2 − r:

    >>> from gradlab.cells import Logistic
    >>> found = fixed_point(Logistic(2.5), [], [0.5])
    >>> found.state.round(12).tolist(), found.margin.__round__(12)
    ([0.6], 0.5)
    >>> found.stability is Stability.STABLE
    True
    """
    n, m = require_cell(cell)
    inputs = require_array("x", x, "(m,)", sizes={"m": m})
    start = require_array("guess", guess, "(n,)", sizes={"n": n})
    max_steps = require_count("max_steps", max_steps)
    orbit = closed_orbit(cell, inputs[None], start[None], max_steps)
    return _as_fixed_point(orbit, Origin(parameters={"max_steps": max_steps}))


def fixed_points(
    cell: AbstractCell,
    x: object,
    *,
    rng: Seed,
    starts: int = 64,
    scale: float = 1.0,
    max_steps: int = 100,
) -> FixedPoints:
    """Return the fixed points that searches from random states end in, each once.

    Parameters
    ----------
    cell : AbstractCell
        With sizes (n, m).
    x : (m,) array_like
        The input, held constant.
    rng : Generator or int
        Draws the starts.
    starts : int
        How many.
    scale : float
        Starts are N(0, scale²) in every entry.
    max_steps : int
        Newton steps at most in each search.

    Returns
    -------
    FixedPoints
        Two ends are one point if they are nearer than their errors allow.  That all
        fixed points were found is never certain.

    Raises
    ------
    InputError, InputTypeError
        If the arguments do not fit the cell.

    Examples
    --------
    h = tanh 2h has ±0.9575… beside 0:

    >>> from gradlab.cells import RNN
    >>> found = fixed_points(RNN([[2.0]], np.zeros((1, 0)), [0.0]), [], rng=0)
    >>> sorted(round(float(point.state[0]), 4) for point in found.points)
    [-0.9575, 0.0, 0.9575]
    >>> [point.stability.name for point in found.points]
    ['STABLE', 'STABLE', 'UNSTABLE']
    """
    n, m = require_cell(cell)
    inputs = require_array("x", x, "(m,)", sizes={"m": m})[None]
    starts = require_count("starts", starts)
    scale = require_number("scale", scale, above=0.0)
    max_steps = require_count("max_steps", max_steps)
    parameters = {"starts": starts, "scale": scale, "max_steps": max_steps}
    seed, generator = describe_rng(rng), require_rng(rng)
    found: list[FixedPoint] = []
    hits: list[int] = []
    for start in scale * generator.standard_normal((starts, n)):
        point = _searched(cell, inputs, start, max_steps)
        if point is not None:
            _merge(point, found, hits)
    order = sorted(range(len(found)), key=lambda i: -found[i].margin)
    return FixedPoints(
        points=tuple(found[i] for i in order),
        hits=np.array([hits[i] for i in order], dtype=int),
        failures=starts - sum(hits),
        origin=Origin(seed=seed, parameters=parameters),
    )


def stop_of(orbit: Orbit) -> FixedPointStop:
    """Return why a search ended."""
    if orbit.solved:
        return FixedPointStop.CONVERGED
    return FixedPointStop.STALLED if orbit.exhausted else FixedPointStop.STEPS


def _as_fixed_point(orbit: Orbit, origin: Origin) -> FixedPoint:
    margin = 1 - float(np.abs(orbit.multipliers[0]))
    error = orbit.radius_error if orbit.solved else np.inf
    return FixedPoint(
        state=orbit.states[0],
        residual=orbit.residual,
        error=orbit.error,
        multipliers=orbit.multipliers,
        margin=margin,
        margin_error=float(error),
        stability=stability(margin, error),
        steps=orbit.steps,
        stop=stop_of(orbit),
        origin=origin,
    )


def _searched(
    cell: AbstractCell, inputs: Inputs, start: Vector, max_steps: int
) -> FixedPoint | None:
    """Return the fixed point found from `start`, None if there is none."""
    try:
        orbit = closed_orbit(cell, inputs, start[None], max_steps)
    except NonFiniteError:  # a wild start, or a wild function, is one that failed
        return None
    return _as_fixed_point(orbit, Origin()) if orbit.solved else None


def _merge(point: FixedPoint, found: list[FixedPoint], hits: list[int]) -> None:
    """Count the point where it is known already, or add it."""
    for i, known in enumerate(found):
        distance = float(np.linalg.norm(point.state - known.state))
        largest = _APART * (1 + float(np.linalg.norm(known.state)))
        if distance <= min(2 * (point.error + known.error), largest):
            hits[i] += 1
            if point.error < known.error:
                found[i] = point
            return
    found.append(point)
    hits.append(1)
