"""The variance of random truncations, entry by entry, exactly and without sampling."""

import numpy as np

from gradlab.cells.factored import AbstractJacobian
from gradlab.gradients._lags import lag_gradients
from gradlab.gradients._sensitivities import sensitivities
from gradlab.gradients.random_window import RandomWindow
from gradlab.gradients.randomized import RandomTruncation
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = ["second_moments", "truncation_variance", "window_variance"]


def truncation_variance(
    estimator: RandomTruncation, objective: AbstractObjective
) -> Array:
    """Return the variance of every parameter of the cell (P,).

    With an own ξ for every sequence the sequences' variances add up; with a shared one
    the batch is one system of B n states.
    """
    trajectory = objective.trajectory
    keep = estimator.probabilities(len(trajectory))
    if trajectory.batch and not estimator.shared:
        (B,) = trajectory.batch
        alone = [_shared(estimator, objective.sequence(b), keep) for b in range(B)]
        return np.sum(alone, axis=0) / B**2
    return _shared(estimator, objective, keep)


def window_variance(estimator: RandomWindow, objective: AbstractObjective) -> Array:
    """Return the variance of every parameter of the cell (P,).

    Cov(1{K≥l}/S_l, 1{K≥m}/S_m) = 1/S_{min(l,m)} − 1, so that Σ_lm G_l G_m (…) is, by
    summation by parts, Σ_{l≥1} (1/S_l − 1/S_{l−1}) R_l² with tails R_l = Σ_{m≥l} G_m.
    """
    inverse = 1 / estimator.survival(len(objective.trajectory))
    variance = tail = np.zeros(_count(objective))
    for start, gradients in lag_gradients(objective):
        for lag in range(start, start + len(gradients))[::-1]:
            tail = tail + gradients[lag - start]
            if lag:
                variance = variance + (inverse[lag] - inverse[lag - 1]) * tail**2
    return variance


def second_moments(objective: AbstractObjective, keep: Array) -> Array:
    """Return E λ_t λ_tᵀ for t = 1 … T under nested ξ, (T, N, N) with N = n or B n.

    With Λ = E λ, m = Λ_t − δ_t and M_T = δ_T δ_Tᵀ, backwards
    M_t = δ δᵀ + δ mᵀ + m δᵀ + J_{t+1}ᵀ M_{t+1} J_{t+1} / π_{t+1}: O(T N² n).
    """
    trajectory = objective.trajectory
    T = len(trajectory)
    deltas = objective.cotangents.reshape(T, -1)
    means = trajectory.chain.backpropagate(objective.cotangents)[1:].reshape(T, -1)
    slopes = trajectory.cell.slopes(trajectory.states[:-1], trajectory.inputs)
    found = np.empty((T, deltas.shape[1], deltas.shape[1]))
    passed = np.zeros(found.shape[1:])
    for t in range(T)[::-1]:
        delta, m = deltas[t], means[t] - deltas[t]
        mixed = np.outer(delta, m)
        found[t] = passed + np.outer(delta, delta) + mixed + mixed.T
        passed = _times(_times(found[t], slopes[t]).T, slopes[t]) / keep[t]
    return found


def _shared(
    estimator: RandomTruncation, objective: AbstractObjective, keep: Array
) -> Array:
    """Return the variance where all sequences share one ξ.

    Going back, what ξ_t adds to its mean, (ξ_t − 1) λ_t J_t, is uncorrelated with all
    that was drawn before, and reaches θ through D_{t−1} = ∂h_{t−1}/∂θ:

        Var = Σ_t (1/π_t − 1) diag(Y_tᵀ E[λ_t λ_tᵀ] Y_t),  Y_t = J_t D_{t−1}.

    Without nesting δ_t stands in the place of λ_t.  4 T n² P flops, n P + T n² numbers.
    """
    trajectory, deltas = objective.trajectory, objective.cotangents
    count = _count(objective)
    variance = np.zeros(count)
    if not count or (keep == 1).all():
        return variance
    moments = second_moments(objective, keep) if estimator.nested else None
    for t, (Y, _) in enumerate(sensitivities(trajectory)):
        weight = 1 / keep[t] - 1
        if not weight:
            continue
        if moments is None:
            rows = deltas[t][..., None, :] @ Y
            variance += weight * rows.reshape(-1, count).sum(axis=0) ** 2
        else:
            rows = Y.reshape(-1, count)
            # A positive form; rounding may leave −eps of it.
            form = np.einsum("ap,ap->p", rows, moments[t] @ rows)
            variance += weight * np.maximum(form, 0.0)
    return variance


def _count(objective: AbstractObjective) -> int:
    return sum(value.size for value in objective.trajectory.cell.params.values())


def _times(M: Array, J: AbstractJacobian) -> Array:
    """Return M J for M (N, N); a batch's J is block diagonal."""
    if len(J.shape) == 2:
        return J.cotangent(M)
    B, n, _ = J.shape
    blocks = np.moveaxis(M.reshape(len(M), B, n), 1, 0)
    return np.moveaxis(J.cotangent(blocks), 0, 1).reshape(M.shape)
