"""How a gradient fares on its way back: ln σ_i(∂h_T/∂h_t) and ln‖∂L/∂h_t‖, in nats.

Both are followed in logarithms, also where float64 has long over- or underflowed.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count
from gradlab._results import Origin, Result
from gradlab._words import describe_rate
from gradlab.dynamics import Trajectory
from gradlab.errors import InputError, InputTypeError
from gradlab.linalg.graded import running_log_singular_values
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["GradientProfile", "profile"]

_POINTS = 32  # lags looked at unless told: enough for a curve


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GradientProfile(Result):
    """Gradients against time: what is left of them, lag by lag, in nats.

    Attributes
    ----------
    steps : int
        T.
    lags : (L,) array of int
        T − t, ascending; empty if singular values were not asked for.
    log_singular_values : (L, n) array
        ln σ_1 ≥ … ≥ ln σ_n of ∂h_T/∂h_t at those lags; −inf where the rank is lost.
    log_gradient : (T + 1,) array
        ln‖∂L/∂h_t‖₂ for t = 0 … T; empty where there is no objective.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("pascanu2013difficulty"),)

    steps: int
    lags: Array
    log_singular_values: Array
    log_gradient: Array

    @property
    def times(self) -> Array:
        """The steps t = T − lag (L,)."""
        return self.steps - self.lags

    @property
    def log_top(self) -> Array:
        """The highest, ln‖∂h_T/∂h_t‖₂ (L,): the best-kept direction."""
        return self.log_singular_values[:, 0]

    @property
    def log_mean(self) -> Array:
        """Mean of the ln σ_i (L,): ln|det ∂h_T/∂h_t| / n."""
        return self.log_singular_values.mean(axis=1)

    @property
    def log_bottom(self) -> Array:
        """The lowest, ln σ_n (L,): the direction that is forgotten first."""
        return self.log_singular_values[:, -1]

    @property
    def rate(self) -> float:
        """Fitted growth of ln‖∂h_T/∂h_t‖₂ per step back, in nats; −inf once it is 0."""
        return _slope(self.lags, self.log_top)

    @property
    def gradient_rate(self) -> float:
        """Fitted growth of ln‖∂L/∂h_t‖₂ per step back, in nats.

        A rate of the Jacobians where the loss enters at the last step alone; where
        every step has a loss, new ones fill up what old ones lose on the way.
        """
        newest_first = self.log_gradient[::-1]
        return _slope(np.arange(len(newest_first)), newest_first)

    def columns(self) -> dict[str, Array]:
        """Return t, lag, and top, mean and bottom ln σ and ln‖∂L/∂h_t‖ there."""
        if not len(self.lags):
            t = np.arange(len(self.log_gradient))
            return {"t": t, "lag": self.steps - t, "log_gradient": self.log_gradient}
        table = {
            "t": self.times,
            "lag": self.lags,
            "log_top": self.log_top,
            "log_mean": self.log_mean,
            "log_bottom": self.log_bottom,
        }
        if len(self.log_gradient):
            table["log_gradient"] = self.log_gradient[self.times]
        return table

    def describe(self) -> str:
        """Return the fitted rate as a person reads it, and where a zero ends it."""
        words = describe_rate(self.rate if len(self.lags) else self.gradient_rate)
        if not (len(self.lags) and np.isneginf(self.log_top).any()):
            return words
        lag = self.lags[np.isneginf(self.log_top)][0]
        words = f"{words}; exactly 0 from lag {lag} on"
        if lag > 1 and lag - 1 not in self.lags:  # an earlier one may be 0, too
            return words
        return f"{words}: step {self.steps - lag} takes what is left"


def profile(
    source: AbstractObjective | Trajectory,
    *,
    lags: Iterable[int] | None = None,
    singular_values: bool = True,
) -> GradientProfile:
    """Return ln σ_i(∂h_T/∂h_t) at some lags, and ln‖∂L/∂h_t‖ at every t.

    Parameters
    ----------
    source : AbstractObjective or Trajectory
        Of a single sequence.  A trajectory has no loss, hence no ``log_gradient``.
    lags : iterable of int, optional
        Which T − t in 1 … T to look at; 32 from 1 to T, evenly spread, unless told.
    singular_values : bool
        False leaves them out, and their cost of O(T n³).

    Returns
    -------
    GradientProfile

    Raises
    ------
    InputError
        If a lag is outside 1 … T, or `source` is a batch (take one sequence with
        ``.sequence(b)``).

    Warns
    -----
    LostDigitsWarning
        If rounding may have moved ln σ; see `gradlab.linalg.log_singular_values`.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [1.0], np.zeros((4000, 1)))
    >>> found = profile(trajectory)
    >>> bool(np.isclose(found.log_top[-1], -4000 * np.log(2)))  # float64 ends at −745
    True
    >>> found.describe()
    '×0.5 per step: halves every 1 step (−0.693 nats)'
    """
    trajectory, log_gradient = _followed(source)
    chain, steps = trajectory.chain, len(trajectory)
    at = _as_lags(lags, steps) if singular_values else np.empty(0, dtype=np.int64)
    logs = np.empty((0, chain.size))
    if len(at):
        # ∂h_T/∂h_t = J_T ⋯ J_{t+1} is, transposed, a running product J_{t+1}ᵀ ⋯ J_Tᵀ.
        latest = chain[steps - int(at[-1]) :]
        logs = np.asarray(running_log_singular_values(latest.transpose(), at.tolist()))
    cell = type(trajectory.cell).__name__
    return GradientProfile(
        steps=steps,
        lags=at,
        log_singular_values=logs,
        log_gradient=log_gradient,
        origin=Origin(parameters={"cell": cell, "T": steps, "n": chain.size}),
    )


def _followed(source: AbstractObjective | Trajectory) -> tuple[Trajectory, Array]:
    """Return the trajectory and ln‖∂L/∂h_t‖, empty without an objective."""
    if isinstance(source, AbstractObjective):
        _refuse_batch(source.trajectory)
        chain = source.trajectory.chain
        return source.trajectory, chain.log_cotangent_norms(source.cotangents)
    if not isinstance(source, Trajectory):
        message = f"`source` must be an objective or a trajectory; got {source!r}."
        raise InputTypeError(message)
    _refuse_batch(source)
    return source, np.empty(0)


def _refuse_batch(trajectory: Trajectory) -> None:
    if trajectory.batch:
        message = "a profile is of one sequence; take one with .sequence(b)."
        raise InputError(message)


def _as_lags(lags: Iterable[int] | None, steps: int) -> Array:
    if lags is None:
        return np.unique(np.linspace(1, steps, min(steps, _POINTS)).round().astype(int))
    if not isinstance(lags, Iterable):
        message = f"`lags` must be a list of integers; got {lags!r}."
        raise InputTypeError(message)
    wanted = sorted({require_count("lags", lag) for lag in lags})
    if not wanted or wanted[-1] > steps:
        got = wanted[-1] if wanted else "none"
        message = f"`lags` must be integers in 1 … T; got {got} with T = {steps}."
        raise InputError(message)
    return np.array(wanted)


def _slope(lags: Array, logs: Array) -> float:
    """Least-squares slope of logs over ascending lags; −inf where they end at −inf."""
    if not len(lags):
        return math.nan
    if logs[-1] == -math.inf:
        return -math.inf
    if len(lags) == 1:
        return float(logs[0] / lags[0])
    finite = np.isfinite(logs)  # −inf before the end: a loss that has not entered yet
    x, y = lags[finite] - lags[finite].mean(), logs[finite]
    return float(x @ y / (x @ x)) if len(x) > 1 else -math.inf
