"""How far back a loss is heard, and how many states hear of it at all.

The gradient horizon of ``gradlab.gradients.gradient_horizon``, for a loss at the last
step alone and for one of the losses where every step has one.  The two differ in what
the loss as a whole says to a state: losses at every step leave none without a gradient,
and still each of them is heard no farther back.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import describe_rng, require_rng
from gradlab._results import Origin, Result
from gradlab.dynamics import ScaledRows, Trajectory
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import gradient_horizon
from gradlab.gradients.horizon import HORIZON_LEVEL
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.studies.diagnosis.lags import by_lag, growth, left
from gradlab.studies.rows_back import rows_back
from gradlab.typing import Array, Seed, Vector

__all__ = ["GradientHorizons", "gradient_horizons", "lower_median"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GradientHorizons(Result):
    """Gradient horizons of one run, in steps; inf where it is beyond the sequence.

    Attributes
    ----------
    last : float
        Of a loss at the last step: the steps back at which a thousandth is left of it,
        in the median of the sequences.
    every : float
        Of one loss among those at every step: for each sequence that at another step
        of its later half.
    reached_last, reached_every : float
        Share of the states with a gradient above a thousandth of the largest, for a
        loss at the last step and for losses at every step together.
    left_last, left_every : (T,) array
        What is left at lags 0 … T − 1, in nats: the medians behind the horizons.
    exponent, stderr : float
        λ₁ in nats per step, from the growth of the last loss's gradient over the lags
        but the first fifth, and its standard error over blocks and sequences.
    steps, sequences : int
        T and B.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("pascanu2013difficulty"),)

    last: float
    every: float
    reached_last: float
    reached_every: float
    left_last: Vector
    left_every: Vector
    exponent: float
    stderr: float
    steps: int
    sequences: int

    def columns(self) -> dict[str, Array]:
        """Return lag, and what is left of a last and of any loss, in nats."""
        lags = np.arange(self.steps)
        return {"lag": lags, "last": self.left_last, "every": self.left_every}


def gradient_horizons(
    source: AbstractObjective | Trajectory, *, rng: Seed | None = None
) -> GradientHorizons:
    """Return the gradient horizons of a run, for a loss at its end and at every step.

    Parameters
    ----------
    source : AbstractObjective or Trajectory
        A batch (T, B, ·), or a single sequence.  Of an objective with a loss at every
        step that loss is taken; a trajectory gets random ±1 rows in their place, in the
        hidden part of the state.
    rng : Generator or int, optional
        Of those rows; an objective needs none.

    Returns
    -------
    GradientHorizons
        To a few eps of the states that the run has: nothing is rounded on the way.

    Raises
    ------
    InputTypeError
        If `source` is neither.
    InputError
        If a step of an objective has no loss.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> halving = run(Linear([[0.5]], [[1.0]]), [0.0], np.zeros((100, 1)))
    >>> found = gradient_horizons(halving, rng=0)
    >>> round(found.last, 2), round(found.every, 2)  # ln 1000 / ln 2
    (9.97, 9.97)
    >>> found.reached_last, found.reached_every > 0.9  # h_91 … h_100 of 100
    (0.1, True)
    """
    trajectory, deltas = _with_losses(source, rng)
    T, B, _ = deltas.shape
    end = np.full(B, T - 1)
    spread = np.linspace(T // 2, T - 1, B).round().astype(int)
    rows = np.zeros((T, B, 3, deltas.shape[2]))
    rows[:, :, 0] = deltas
    for k, steps in enumerate((end, spread), 1):
        at = steps, np.arange(B)
        rows[(*at, k)] = deltas[at]
    back = rows_back(trajectory, ScaledRows.of(rows))
    every, last, one = (
        ScaledRows(back.mantissa[:, :, k], back.exponent[:, :, k]) for k in range(3)
    )
    starts = np.zeros(B, dtype=int)
    profiles = [
        left(by_lag(seen.log_norms(), at, starts))
        for seen, at in ((last, end), (one, spread))
    ]
    rate = growth(profiles[0])
    curves = [lower_median(profile) for profile in profiles]
    horizons = [gradient_horizon(curve[~np.isnan(curve)]) for curve in curves]
    return GradientHorizons(
        last=horizons[0],
        every=horizons[1],
        reached_last=_reached(last.log_norms()[1:]),
        reached_every=_reached(every.log_norms()[1:]),
        left_last=curves[0],
        left_every=curves[1],
        exponent=rate.exponent,
        stderr=rate.stderr,
        steps=T,
        sequences=B,
        origin=Origin(
            seed=None if rng is None else describe_rng(rng),
            parameters={"cell": type(trajectory.cell).__name__},
        ),
    )


def _with_losses(
    source: AbstractObjective | Trajectory, rng: Seed | None
) -> tuple[Trajectory, Array]:
    """Return a batch of runs and the gradients (T, B, n) that enter at every step."""
    if isinstance(source, AbstractObjective):
        trajectory, deltas = _batch(source.trajectory), source.cotangents
        deltas = deltas.reshape(trajectory.states[1:].shape)
        silent = ~(deltas != 0).any(axis=(1, 2))
        if silent.any():
            step = int(np.flatnonzero(silent)[0]) + 1
            message = f"`source` must have a loss at every step; got none at {step}."
            raise InputError(message)
        return trajectory, deltas
    if not isinstance(source, Trajectory):
        message = f"`source` must be an objective or a trajectory; got {source!r}."
        raise InputTypeError(message)
    trajectory = _batch(source)
    T, B, n = trajectory.states[1:].shape
    deltas = np.zeros((T, B, n))
    hidden = trajectory.cell.hidden
    signs = require_rng(rng).integers(0, 2, size=(T, B, hidden))
    deltas[..., :hidden] = 2.0 * signs - 1.0
    return trajectory, deltas


def _batch(trajectory: Trajectory) -> Trajectory:
    if trajectory.batch:
        return trajectory
    states, inputs = trajectory.states[:, None], trajectory.inputs[:, None]
    return Trajectory(trajectory.cell, states, inputs)


def lower_median(profile: Array) -> Vector:
    """Return the lower median over sequences (T, B) that are that long; NaN if none."""
    ordered = np.sort(profile, axis=1)  # NaN come last
    at = np.maximum((~np.isnan(profile)).sum(axis=1) - 1, 0) // 2
    return ordered[np.arange(len(profile)), at]


def _reached(log_norms: Array) -> float:
    """Return the share of states within the horizon's level of the largest."""
    return float((log_norms >= log_norms.max(axis=0) + np.log(HORIZON_LEVEL)).mean())
