"""The variance of a renewal truncation, entry by entry: T³P/3 flops, nothing sampled.

With r_s, the chance that a stretch starts at step s, and Λ_t, the full adjoint,

    Var ĝ = Σ_{s<t} r_s (1/S_{t−s} − 1/S_{t−s−1}) [Σ_{i=s}^{t−1} S_{i−s} g_{t,i}]²,

g_{t,i} = Λ_t J_t ⋯ J_{i+1} ∂f_i/∂θ: going forward, (ξ_t − 1) Λ_t J_t z_{t−1} has mean 0
given all that was drawn before, and z_{t−1} is known once the start of its stretch is.
Nothing in the sum is negative, so nothing cancels.
"""

from collections.abc import Iterator

import numpy as np
from scipy.linalg import toeplitz
from scipy.linalg.blas import dtrmm

from gradlab.cells.base import Outer
from gradlab.errors import RangeError
from gradlab.gradients._renewals import renewals
from gradlab.gradients._suffixes import cut_cotangents
from gradlab.gradients.renewal import RenewalTruncation
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = ["renewal_variance"]

_NUMBERS = 2**18  # g that are held at once: 2 MiB, or one row of a parameter


def renewal_variance(
    estimator: RenewalTruncation, objective: AbstractObjective
) -> Array:
    """Return the variance of every parameter of the cell (P,).

    With an own ξ for every sequence the sequences' variances add up; with a shared one
    their gradients do, before they are squared.
    """
    trajectory = objective.trajectory
    survival = estimator.survival(len(trajectory))
    if trajectory.batch and not estimator.shared:
        (B,) = trajectory.batch
        alone = [_variance(objective.sequence(b), survival) for b in range(B)]
        return np.sum(alone, axis=0) / B**2
    return _variance(objective, survival)


def _variance(objective: AbstractObjective, survival: Array) -> Array:
    trajectory = objective.trajectory
    r, inverse = renewals(survival), 1 / survival
    # Row s and column i are steps: S_{i−s} for i ≥ s.
    sums = np.asfortranarray(np.triu(toeplitz(survival)))
    params = trajectory.cell.params.values()
    variance = np.zeros(sum(value.size for value in params))
    with np.errstate(over="ignore", invalid="ignore"):
        for t, outers in cut_cotangents(objective):
            weights = r[: t - 1] * np.diff(inverse[:t])[::-1]
            if not weights.any():
                continue
            start = 0
            for outer in outers:
                for g in _entries(outer, bool(trajectory.batch)):
                    part = slice(start, start + g.shape[1])
                    variance[part] += weights @ _summed(sums[: t - 1, : t - 1], g) ** 2
                    start = part.stop
            if not np.isfinite(variance).all():
                raise RangeError(t)
    return variance


def _entries(outer: Outer, batch: bool) -> Iterator[Array]:
    """Yield g (steps, entries) of a parameter, block by block, to be written over."""
    left, right = outer.left, outer.right
    steps = len(left)
    if right is None:
        total = left.sum(axis=1) if batch else left.copy()
        yield total.reshape(steps, -1)
        return
    at_once = max(1, _NUMBERS // (steps * right.shape[-1]))
    for p in range(0, left.shape[-1], at_once):
        rows = left[..., p : p + at_once]
        if batch:
            each = np.swapaxes(rows, 1, 2) @ right
        else:
            each = rows[:, :, None] * right[:, None, :]
        yield each.reshape(steps, -1)


def _summed(sums: Array, g: Array) -> Array:
    """Return sums @ g in the place of g: sums is triangular, half the flops.

    `sums` has zeros below its diagonal.
    """
    # Row-major g is column-major gᵀ, and gᵀ sumsᵀ needs no copy of it.
    found: Array = dtrmm(1.0, sums, g.T, side=1, lower=0, trans_a=1, overwrite_b=1).T
    return found
