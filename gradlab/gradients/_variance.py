"""The variance of random truncations, entry by entry, exactly and without sampling.

With a_t = 1/π_t − 1 and R_{j,t}, what losses from j on say to the steps before t,

    Var ĝ = Σ_t a_t [ R_{t,t}² + Σ_{j > t} a_j R_{j,t}² / Π_{t < s < j} π_s ]:

going back, what ξ_t adds to its mean, (ξ_t − 1) λ_t J_t, is uncorrelated with all that
was drawn before.  Nothing in the sum is negative, so nothing cancels.
"""

import numpy as np

from gradlab.errors import RangeError
from gradlab.gradients._lags import lag_gradients
from gradlab.gradients._suffixes import loss_gradients, suffix_gradients
from gradlab.gradients.random_window import RandomWindow
from gradlab.gradients.randomized import RandomTruncation
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = ["truncation_variance", "window_variance"]


def truncation_variance(
    estimator: RandomTruncation, objective: AbstractObjective
) -> Array:
    """Return the variance of every parameter of the cell (P,).

    With an own ξ for every sequence the sequences' variances add up; with a shared one
    their gradients do, before they are squared.
    """
    trajectory = objective.trajectory
    keep = estimator.probabilities(len(trajectory))
    variance_of = _nested if estimator.nested else _letter
    if trajectory.batch and not estimator.shared:
        (B,) = trajectory.batch
        alone = [variance_of(objective.sequence(b), keep) for b in range(B)]
        return np.sum(alone, axis=0) / B**2
    return variance_of(objective, keep)


def window_variance(estimator: RandomWindow, objective: AbstractObjective) -> Array:
    """Return the variance of every parameter of the cell (P,), for a shared K or own.

    Cov(1{K≥l}/S_l, 1{K≥m}/S_m) = 1/S_{min(l,m)} − 1, so that Σ_lm G_l G_m (…) is, by
    summation by parts, Σ_{l≥1} (1/S_l − 1/S_{l−1}) R_l² with tails R_l = Σ_{m≥l} G_m.
    """
    trajectory = objective.trajectory
    inverse = 1 / estimator.survival(len(trajectory))
    if trajectory.batch and not estimator.shared:
        (B,) = trajectory.batch
        alone = [_of_window(objective.sequence(b), inverse) for b in range(B)]
        return np.sum(alone, axis=0) / B**2
    return _of_window(objective, inverse)


def _of_window(objective: AbstractObjective, inverse: Array) -> Array:
    """Return Σ_{l≥1} (1/S_l − 1/S_{l−1}) R_l², from 1/S (T + 1,)."""
    variance = tail = np.zeros(_count(objective))
    for start, gradients in lag_gradients(objective):
        for lag in range(start, start + len(gradients))[::-1]:
            tail = tail + gradients[lag - start]
            if lag:
                variance = variance + (inverse[lag] - inverse[lag - 1]) * tail**2
    return variance


def _nested(objective: AbstractObjective, keep: Array) -> Array:
    variance = np.zeros(_count(objective))
    if not len(variance) or (keep == 1).all():
        return variance
    excess, logs = 1 / keep - 1, np.append(0.0, np.cumsum(-np.log(keep)))
    scratch = np.zeros((0, len(variance)))
    with np.errstate(over="ignore", invalid="ignore"):
        for t, j, R in suffix_gradients(objective):
            if keep[t - 1] < 1:
                if len(scratch) < len(R):
                    scratch = np.empty_like(R)
                squares = np.multiply(R, R, out=scratch[: len(R)])
                variance += _pair_weights(excess, logs, t, j, len(R)) @ squares
                if not np.isfinite(variance).all():
                    raise RangeError(t)
    return variance


def _pair_weights(excess: Array, logs: Array, t: int, j: int, count: int) -> Array:
    """Return what R_{j,t}², R_{j+1,t}², … count: a_t a_j Π_{t<s<j} 1/π_s; a_t if j = t.

    `logs` (T + 1,) are the sums of −ln π_s over s ≤ t for t = 0 … T.
    """
    later = slice(j - 1, j - 1 + count)
    found: Array = excess[t - 1] * excess[later] * np.exp(logs[later] - logs[t])
    if j == t:
        found[0] = excess[t - 1]
    return found


def _letter(objective: AbstractObjective, keep: Array) -> Array:
    """Return Σ_t a_t (δ_t J_t ∂h_{t−1}/∂θ)², where lags ≥ 1 of ℓ_t share its ξ_t."""
    variance = np.zeros(_count(objective))
    for t, rows in loss_gradients(objective):
        excess = 1 / keep[t - 1 : t - 1 + len(rows)] - 1
        variance += excess @ rows**2
    return variance


def _count(objective: AbstractObjective) -> int:
    return sum(value.size for value in objective.trajectory.cell.params.values())
