"""Twins: two runs δ apart at the start, ‖h̃_t − h_t‖ ≈ δ e^{λ₁t} while it is small."""

import enum
import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.special import stdtrit

from gradlab._checks import (
    describe_rng,
    require_array,
    require_number,
    require_rng,
)
from gradlab._results import Origin, Result
from gradlab.butterfly.distance import log_distances, log_lengths
from gradlab.cells.base import AbstractCell
from gradlab.dynamics.chain import JacobianChain
from gradlab.dynamics.trajectory import run
from gradlab.errors import InputError
from gradlab.linalg import Scaled
from gradlab.references import Reference
from gradlab.typing import ArrayLike, Seed, Vector

__all__ = ["Ending", "Twins", "twins"]

_EPSILON = float(np.finfo(float).eps)
_FEWEST = 16  # increments; fewer than four blocks of four say nothing about an error
_NEAR = math.log(100.0)  # within 100 roundings of the states a separation is noise


class Ending(enum.Enum):
    """Why the separation stopped following the tangent."""

    LINEAR = "it never did: the separation follows the tangent to the last step"
    NONLINEAR = "the separation became too large for the linear regime"
    ROUNDED = "the separation shrank to the rounding of the states"
    MERGED = "the two runs became the same floating-point numbers"


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Twins(Result):
    """The separation of two runs, in nats, and what it says about growth.

    Attributes
    ----------
    log_separation : (T + 1,) array
        ln‖h̃_t − h_t‖₂; −inf from the step on at which the runs are equal.
    log_tangent : (T + 1,) array
        ln‖J_t ⋯ J_1 (h̃_0 − h_0)‖₂: what the linearised run predicts.
    log_resolution : (T + 1,) array
        ln(ε‖h_t‖₂): the rounding of the states, below which a separation is noise.
    rate, rate_stderr, rate_low, rate_high : float
        Fitted growth in nats per step, its standard error, and its 95 % interval; nan
        if there is nothing to fit, inf errors if the stretch is too short.
    fit_start, fit_stop : int
        The rate is fitted on ``log_separation[fit_start:fit_stop]``.
    linear_until : int
        First t at which separation and tangent differ by more than the tolerance;
        T + 1 if none does.
    ending : Ending
        What happened there.
    merged_at : int or None
        First t at which the runs are equal.
    log_saturation : float
        The level the separation levels off at: the median of ln‖h̃_t − h_t‖₂ over the
        second half of the time after `linear_until`; nan if that regime was not
        reached or lasts under 16 steps.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("lorenz1963deterministic"),
        Reference("benettin1980lyapunov"),
    )

    log_separation: Vector
    log_tangent: Vector
    log_resolution: Vector
    rate: float
    rate_stderr: float
    rate_low: float
    rate_high: float
    fit_start: int
    fit_stop: int
    linear_until: int
    ending: Ending
    merged_at: int | None
    log_saturation: float

    def columns(self) -> dict[str, Vector]:
        """Return t, separation, tangent and resolution, one row a step."""
        return {"t": np.arange(len(self.log_separation)), **super().columns()}


def twins(
    cell: AbstractCell,
    h0: ArrayLike,
    inputs: ArrayLike,
    *,
    separation: float,
    rng: Seed,
    direction: ArrayLike | None = None,
    tolerance: float = 0.1,
) -> Twins:
    """Run a cell twice from states `separation` apart and watch them part or merge.

    Parameters
    ----------
    cell : AbstractCell
        With sizes (n, m).
    h0 : (n,) array_like
        Initial state of the first run.
    inputs : (T, m) array_like
        Inputs of both.
    separation : float
        δ = ‖h̃_0 − h_0‖₂ > 0, up to the rounding of ``h0 + δ v``.
    rng : Generator or int
        Draws the direction v, uniform on the sphere.
    direction : (n,) array_like, optional
        v up to its length, instead of a random one; `rng` is then ignored.
    tolerance : float
        In nats: by how much separation and tangent may differ and still count as
        linear.

    Returns
    -------
    Twins

    Raises
    ------
    InputError
        If an argument is unusable, or δ is too small to change `h0`.
    DivergenceError
        If one of the runs leaves the finite numbers.

    Notes
    -----
    ln‖h̃_t − h_t‖ is a sum of increments, so its scatter about a line is that of a
    random walk and least squares would be the wrong weighting: the best slope is the
    mean increment, (last − first)/steps.  Increments are correlated; the standard error
    is that of the means of ⌊√N⌋ consecutive blocks, the interval Student's.  The first
    quarter of the linear stretch is left out: there the separation turns towards the
    fastest direction.  The rounding of the states at both ends is added to the error.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> turn = Linear([[0.0, -2.0], [2.0, 0.0]], np.zeros((2, 1)))
    >>> pair = twins(turn, np.zeros(2), np.zeros((40, 1)), separation=1e-9, rng=0)
    >>> round(pair.rate, 12), pair.ending.name
    (0.69314718056, 'LINEAR')
    """
    start = require_array("h0", h0, "(n,)", sizes={"n": cell.sizes[0]})
    delta = require_number("separation", separation, above=0.0)
    tolerance = require_number("tolerance", tolerance, above=0.0)
    seed = None if direction is not None else describe_rng(rng)
    first = run(cell, start, inputs)
    moved = start + delta * _unit_direction(direction, len(start), rng)
    offset = moved - start
    if not offset.any():
        message = f"`separation` must be large enough to change `h0`; got {delta:g}."
        raise InputError(message)
    second = run(cell, moved, inputs)
    parameters = {"separation": delta, "tolerance": tolerance, "steps": len(first)}
    return _compared(
        log_distances(second.states, first.states),
        _log_tangents(first.chain, offset),
        math.log(_EPSILON) + log_lengths(first.states),
        tolerance,
        Origin(seed=seed, parameters=parameters),
    )


def _unit_direction(direction: ArrayLike | None, n: int, rng: Seed) -> Vector:
    if direction is None:
        v = require_rng(rng).standard_normal(n)
    else:
        v = require_array("direction", direction, "(n,)", sizes={"n": n})
    scaled = Scaled.of(v).mantissa
    if not scaled.any():
        message = "`direction` must have a nonzero entry; got zeros."
        raise InputError(message)
    return scaled / np.linalg.norm(scaled)


def _log_tangents(chain: JacobianChain, offset: Vector) -> Vector:
    """Return ln‖J_t ⋯ J_1 offset‖ for t = 0 … T."""
    logs = np.empty(len(chain) + 1)
    column = Scaled.of(offset[:, None])
    logs[0] = column.log_frobenius()
    for t in range(len(chain)):
        moved = chain[t : t + 1].tangent(column.mantissa)
        column = Scaled.of(moved.mantissa, moved.exponent + column.exponent)
        logs[t + 1] = column.log_frobenius()
    return logs


def _compared(
    separation: Vector,
    tangent: Vector,
    resolution: Vector,
    tolerance: float,
    origin: Origin,
) -> Twins:
    gone = np.flatnonzero(np.isneginf(separation))
    merged_at = int(gone[0]) if len(gone) else None
    until = _first_beyond(separation, tangent, tolerance)
    ending = _ending(separation, resolution, until)
    stop = until if merged_at is None else min(until, merged_at)
    start = (stop - 1) // 4
    rate, stderr, half = _fitted(separation[start:stop], resolution[start:stop])
    return Twins(
        log_separation=separation,
        log_tangent=tangent,
        log_resolution=resolution,
        rate=rate,
        rate_stderr=stderr,
        rate_low=rate - half,
        rate_high=rate + half,
        fit_start=start,
        fit_stop=stop,
        linear_until=until,
        ending=ending,
        merged_at=merged_at,
        log_saturation=_saturation(separation[until:], ending),
        origin=origin,
    )


def _first_beyond(separation: Vector, tangent: Vector, tolerance: float) -> int:
    """Return the first t with |separation − tangent| > tolerance, or T + 1."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(separation - tangent)
    both_gone = np.isneginf(separation) & np.isneginf(tangent)
    beyond = np.flatnonzero(~both_gone & ~(gap <= tolerance))
    return int(beyond[0]) if len(beyond) else len(separation)


def _ending(separation: Vector, resolution: Vector, until: int) -> Ending:
    if until == len(separation):
        return Ending.LINEAR
    if np.isneginf(separation[until]):
        return Ending.MERGED
    if separation[until] <= resolution[until] + _NEAR:
        return Ending.ROUNDED
    return Ending.NONLINEAR


def _fitted(logs: Vector, resolution: Vector) -> tuple[float, float, float]:
    """Return the mean increment, its standard error and half its 95 % interval."""
    N = len(logs) - 1
    if N < 1:
        return math.nan, math.nan, math.nan
    rate = float(logs[-1] - logs[0]) / N
    if N < _FEWEST:
        return rate, math.inf, math.inf
    blocks = math.isqrt(N)
    length = N // blocks
    means = np.diff(logs[: blocks * length + 1 : length]) / length
    scatter = float(means.std(ddof=1)) / math.sqrt(blocks)
    rounding = float(np.exp(resolution - logs)[[0, -1]].sum()) / N
    stderr = math.hypot(scatter, rounding)
    return rate, stderr, stderr * float(stdtrit(blocks - 1, 0.975))


def _saturation(after: Vector, ending: Ending) -> float:
    if ending is not Ending.NONLINEAR or len(after) < _FEWEST:
        return math.nan
    return float(np.median(after[len(after) // 2 :]))
