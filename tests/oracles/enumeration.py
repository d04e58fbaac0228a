"""Every outcome of a random truncation: all weights, all gradients, added up."""

import itertools

import numpy as np

__all__ = ["enumerated_moments", "lag_tensor", "outcomes", "renewal_outcomes"]


def lag_tensor(objective):
    """∂L/∂θ taken apart: (T, T, B, P), ℓ_t's part through step i, by dense products."""
    trajectory = objective.trajectory
    cell, T = trajectory.cell, len(trajectory)
    B = trajectory.batch[0] if trajectory.batch else 1
    alone = (
        [objective.sequence(b) for b in range(B)] if trajectory.batch else [objective]
    )
    P = sum(value.size for value in cell.params.values())
    found = np.zeros((T, T, B, P))
    for b, one in enumerate(alone):
        h, x = one.trajectory.states, one.trajectory.inputs
        J = [cell.jacobian(h[i], x[i]) for i in range(T)]
        for t in range(T):
            row = one.cotangents[t] / B
            for i in range(t, -1, -1):
                params = cell.cotangent(h[i], x[i], row).params
                found[t, i, b] = np.concatenate([np.ravel(v) for v in params.values()])
                row = row @ J[i]
    return found


def outcomes(keep):
    """Return the 2^(T−1) outcomes of ξ (O, T) with ξ_1 = 1, and their probabilities."""
    keep = np.asarray(keep)
    kept = np.array(list(itertools.product([0, 1], repeat=len(keep) - 1))).reshape(
        -1, len(keep) - 1
    )
    xi = np.ones((len(kept), len(keep)))
    xi[:, 1:] = kept / keep[1:]
    chances = np.where(kept == 1, keep[1:], 1 - keep[1:]).prod(axis=1)
    return xi, chances


def renewal_outcomes(survival):
    """Return all ξ (O, T) with ξ_1 = 1 where cuts depend on the last one; and chances.

    The chain that was kept a times since is kept once more with π = S_{a+1}/S_a.
    """
    xi, chances = [], []
    for kept in itertools.product([0, 1], repeat=len(survival) - 1):
        row, chance, age = [1.0], 1.0, 0
        for keep in kept:
            pi = survival[age + 1] / survival[age]
            row.append(keep / pi)
            chance *= pi if keep else 1 - pi
            age = age + 1 if keep else 0
        xi.append(row)
        chances.append(chance)
    return np.array(xi), np.array(chances)


def enumerated_moments(tensor, weights, chances, *, shared=True):
    """Mean and variance (P,) of Σ w_{t,i} · part for outcomes' weights (O, T, T)."""
    if not shared:
        parts = [
            enumerated_moments(tensor[:, :, b : b + 1], weights, chances)
            for b in range(tensor.shape[2])
        ]
        means, variances = zip(*parts, strict=True)
        return np.sum(means, axis=0), np.sum(variances, axis=0)
    gradients = np.einsum("oti,tip->op", weights, tensor.sum(axis=2))
    mean = chances @ gradients
    return mean, chances @ (gradients - mean) ** 2
