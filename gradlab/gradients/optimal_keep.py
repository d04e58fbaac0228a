"""The best random truncation at a cost: least variance for so many steps reached."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.optimize import brentq, minimize

from gradlab._checks import require_array, require_length, require_number
from gradlab._results import Origin, Result
from gradlab.errors import ConvergenceError, InputError
from gradlab.gradients._counts import last_loss
from gradlab.gradients._keep_variance import KeepVariance
from gradlab.gradients._lags import steps_with_loss
from gradlab.gradients.base import require_objective
from gradlab.gradients.lags import lag_decomposition
from gradlab.gradients.randomized import RandomTruncation
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = [
    "OptimalKeep",
    "constant_keep",
    "optimal_keep",
    "optimal_survival",
    "survival_variance",
]

_FLOOR = 2.0**-52  # of the largest increment: a lag without any is reached hardly ever


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OptimalKeep(Result):
    """Probabilities of keeping the chain with least variance at a given cost.

    Attributes
    ----------
    keep : (T,) array
        π_1 … π_T, for ``RandomTruncation(keep)``.
    total_variance : float
        Of that estimator, exactly.
    constant_variance : float
        Of the constant π that costs as much, for comparison.
    expected_steps : float
        What was asked for: steps that a loss reaches back, its own included, in the
        mean over losses and draws.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("tallec2017unbiasing"),)

    keep: Array
    total_variance: float
    constant_variance: float
    expected_steps: float

    @property
    def estimator(self) -> RandomTruncation:
        """The random truncation with these probabilities."""
        return RandomTruncation(self.keep)


def optimal_keep(
    objective: AbstractObjective,
    expected_steps: float,
    *,
    tolerance: float = 1e-9,
    max_steps: int = 500,
) -> OptimalKeep:
    """Return the π_1 … π_T of least total variance at a mean reach.

    With one loss it is known in closed form (`optimal_survival`).  With more, all share
    the same ξ, and the exact variance is minimised numerically, with its exact
    derivative, from the constant π on: after one pass of T² B (n² + P) flops every
    evaluation costs O(T²).  A local minimum, never worse than the constant.

    Parameters
    ----------
    objective : AbstractObjective
        The sequences of a batch share their ξ.
    expected_steps : float
        `RandomTruncation.expected_reach`: more than 1, at most that of full
        backpropagation, (T + 1)/2 where every step has a loss.
    tolerance : float
        Where the search stops, relative to the variance.
    max_steps : int
        Of the search.

    Raises
    ------
    InputError
        If there is no loss, or no such reach.
    ConvergenceError
        If the search does not end within `max_steps`.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0]] * 4)
    >>> loss = SquaredError(trajectory, [[0.0]] * 4, [[1.0]], weights=[0, 0, 0, 1])
    >>> found = optimal_keep(loss, 2.0)
    >>> round(found.estimator.expected_reach(4, loss.weights), 12)
    2.0
    >>> found.total_variance < found.constant_variance
    True
    """
    objective = require_objective(objective)
    losses = steps_with_loss(objective)
    full = _reach(np.ones(len(losses)), losses)[0]
    wanted = _as_reach(expected_steps, full)
    variance = KeepVariance.of(objective)
    constant = np.full(len(losses), constant_keep(len(losses), wanted, losses))
    if np.count_nonzero(losses) == 1:
        keep = _for_one_loss(objective, losses, wanted)
    else:
        keep = _searched(variance, losses, constant, wanted, tolerance, max_steps)
    candidates = [(variance(pi)[0], pi) for pi in (keep, constant)]
    best, keep = min(candidates, key=lambda pair: pair[0])
    return OptimalKeep(
        keep=keep,
        total_variance=best,
        constant_variance=candidates[1][0],
        expected_steps=wanted,
        origin=Origin(parameters={"T": len(losses), "expected_steps": wanted}),
    )


def constant_keep(T: int, expected_steps: float, losses: object = None) -> float:
    """Return the constant π with which a loss reaches back so many steps on average.

    >>> constant_keep(3, 1 + 1 / 3 + 1 / 12)  # (1 + (1 + π) + (1 + π + π²)) / 3
    0.5
    """
    count = require_length("T", T)
    seen = np.ones(count) if losses is None else require_array("losses", losses, "(T,)")
    full = _reach(np.ones(count), seen != 0)[0]
    wanted = _as_reach(expected_steps, full)
    if wanted == full:
        return 1.0

    def excess(pi: float) -> float:
        return _reach(np.full(count, pi), seen != 0)[0] - wanted

    return float(round(brentq(excess, 0.0, 1.0, xtol=1e-15), 15))


def optimal_survival(tails: object, expected_steps: float) -> Array:
    """Return the survival S_0 = 1, S_1, … of least variance with Σ S_l given.

    For one loss Var = Σ_l (t_l² − t_{l+1}²)/S_l − t_0²; so S_l ∝ √d̂_l, where d̂ are
    the increments t_l² − t_{l+1}² pooled until they no longer rise (a survival cannot),
    clipped at 1.

    Parameters
    ----------
    tails : (L,) array_like
        t_l = ‖Σ_{m ≥ l} G_m‖, such as ``lag_decomposition(objective).tails[:-1]``.
    expected_steps : float
        Σ_l S_l, above 1 and at most L.

    Examples
    --------
    >>> optimal_survival([2.0, 1.0], 1.5)
    array([1. , 0.5])
    """
    t = require_array("tails", tails, "(L,)")
    wanted = _as_reach(expected_steps, float(len(t)))
    # S_0 = 1 is no variable: pooling begins behind it.
    pooled = _pooled(t[1:] ** 2 - np.append(t[2:], 0.0) ** 2)
    tiny = _FLOOR * max(pooled.max(initial=0.0), np.finfo(float).tiny)
    size = np.append(np.inf, np.sqrt(np.maximum(pooled, tiny)))
    rest = np.cumsum(size[::-1])[::-1]
    # As many more are clipped as would exceed 1.
    for clipped in range(1, len(t)):
        scale = (wanted - clipped) / rest[clipped]
        if scale * size[clipped] <= 1:
            return np.append(np.ones(clipped), scale * size[clipped:])
    return np.ones(len(t))


def survival_variance(tails: object, survival: object) -> float:
    """Return Σ_l (t_l² − t_{l+1}²)/S_l − t_0², the variance for one loss.

    >>> survival_variance([2.0, 1.0], [1.0, 0.5])  # (4 − 1)/1 + 1/0.5 − 4
    1.0
    """
    t = require_array("tails", tails, "(L,)")
    S = require_array("survival", survival, "(L,)", sizes={"L": len(t)})
    inverse = 1 / S
    # By parts: Σ_{l≥1} (1/S_l − 1/S_{l−1}) t_l², which cancels nothing.
    return float(np.diff(inverse) @ t[1:] ** 2 + (inverse[0] - 1) * t[0] ** 2)


def _pooled(values: Array) -> Array:
    """Return the nearest sequence that never rises: adjacent violators are pooled."""
    means: list[float] = []
    counts: list[int] = []
    for value in values:
        mean, count = float(value), 1
        while means and means[-1] < mean:
            last, others = means.pop(), counts.pop()
            mean = (mean * count + last * others) / (count + others)
            count += others
        means.append(mean)
        counts.append(count)
    return np.repeat(means, counts)


def _as_reach(expected_steps: object, full: float) -> float:
    wanted = require_number("expected_steps", expected_steps)
    if not 1 < wanted <= full:
        message = (
            f"`expected_steps` must be > 1 and at most {full:g}, the reach of full "
            f"backpropagation; got {wanted:g}."
        )
        raise InputError(message)
    return wanted


def _for_one_loss(objective: AbstractObjective, losses: Array, wanted: float) -> Array:
    t = last_loss(losses)
    survival = optimal_survival(lag_decomposition(objective).tails[:t], wanted)
    keep = np.ones(len(losses))
    # S_l = π_t ⋯ π_{t−l+1}, so π_{t−l+1} = S_l / S_{l−1}.
    keep[1:t] = (survival[1:] / survival[:-1])[::-1]
    return keep


def _reach(keep: Array, losses: Array) -> tuple[float, Array]:
    """Return the mean reach r and ∂r/∂π (T,): r_t = 1 + π_t r_{t−1} over losses."""
    count = max(np.count_nonzero(losses), 1)
    before = np.zeros(len(keep) + 1)
    for t, pi in enumerate(keep):
        before[t + 1] = 1 + pi * before[t]
    slope, after = np.zeros(len(keep)), 0.0
    for t in range(len(keep))[::-1]:
        after += losses[t] / count
        slope[t] = after * before[t]
        after *= keep[t]
    return float(before[1:][losses].sum() / count), slope


def _searched(
    variance: KeepVariance,
    losses: Array,
    start: Array,
    wanted: float,
    tolerance: float,
    max_steps: int,
) -> Array:
    """Return the π found by sequential quadratic programming in ln π ≤ 0."""
    scale = max(variance(start)[0], np.finfo(float).tiny)

    def value(logs: Array) -> tuple[float, Array]:
        pi = np.exp(np.append(0.0, logs))
        total, slope = variance(pi)
        return total / scale, (slope * pi)[1:] / scale

    def excess(logs: Array) -> float:
        return _reach(np.exp(np.append(0.0, logs)), losses)[0] - wanted

    def excess_slope(logs: Array) -> Array:
        pi = np.exp(np.append(0.0, logs))
        return (_reach(pi, losses)[1] * pi)[1:]

    found = minimize(
        value,
        np.log(start[1:]),
        jac=True,
        method="SLSQP",
        bounds=[(np.log(1e-6), 0.0)] * (len(start) - 1),
        constraints={"type": "eq", "fun": excess, "jac": excess_slope},
        options={"ftol": tolerance, "maxiter": max_steps},
    )
    if found.status == 9:  # SLSQP's iteration limit
        raise ConvergenceError(
            "the least variance",
            best=float(found.fun * scale),
            residual=abs(excess(found.x)),
            steps=max_steps,
        )
    return np.exp(np.append(0.0, np.minimum(found.x, 0.0)))
