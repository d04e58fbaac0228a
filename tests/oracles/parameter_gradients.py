"""Exact derivatives by the parameters: what a window leaves out, and what chance adds.

The float64 Jacobians and ∂f_t/∂θ of a run are rationals.  D_t = ∂f_t/∂θ + J_t D_{t−1}
goes forward in time; nothing is bounded on the way, and no logarithm is taken.
"""

import itertools
import math
from fractions import Fraction

import flint
import numpy as np

from tests.oracles.exact_norms import exact
from tests.oracles.gain import gain_at_most

__all__ = ["spread", "spread_at_most", "spread_of_outcomes", "tail_at_most"]


def tail_at_most(trajectory, window, log_bound):
    """Decide ‖Σ_{t≤T−k} δ J_T⋯J_{t+1} ∂f_t/∂θ‖₂ ≤ e^b for every ‖δ‖₂ ≤ 1."""
    T, D = len(trajectory), None
    for t, (J, F) in enumerate(_steps(trajectory), start=1):
        heard = F if t <= T - window else 0 * F
        D = heard if D is None else heard + J * D
    return gain_at_most(D, log_bound)


def spread_at_most(trajectory, keep, log_bound):
    """Decide Σ_p Var(δ z_T)_p ≤ e^{2b} for every ‖δ‖₂ ≤ 1."""
    doubled = 2 * Fraction(log_bound) if math.isfinite(log_bound) else log_bound
    return gain_at_most(spread(trajectory, keep), doubled)


def spread(trajectory, keep):
    """Return Σ_p Cov (z_T)_p (n, n) of z_t = ∂f_t/∂θ + ξ_t J_t z_{t−1}.

    A step makes J [C/π + (1/π − 1) D Dᵀ] Jᵀ of the covariance C and the mean D before.
    """
    pi, D, C = _rational(keep), None, None
    for J, F in _steps(trajectory):
        if D is None:
            D, C = F, 0 * F * F.transpose()
        else:
            C = J * (C / pi + (1 / pi - 1) * D * D.transpose()) * J.transpose()
            D = F + J * D
    return C


def spread_of_outcomes(trajectory, keep):
    """Return the same from all outcomes of ξ, with their chances."""
    pi, steps = _rational(keep), list(_steps(trajectory))
    mean, square = 0 * steps[0][1], 0 * steps[0][0]
    for kept in itertools.product((False, True), repeat=len(steps) - 1):
        z, chance = steps[0][1], flint.fmpq(1)
        for keeps, (J, F) in zip(kept, steps[1:], strict=True):
            chance *= pi if keeps else 1 - pi
            z = F + J * z / pi if keeps else F
        mean += chance * z
        square += chance * z * z.transpose()
    return square - mean * mean.transpose()


def _steps(trajectory):
    """Yield J_t and ∂f_t/∂θ (n, P), a unit cotangent at a time."""
    cell = trajectory.cell
    for h, x, J in zip(
        trajectory.states[:-1],
        trajectory.inputs,
        trajectory.chain.factors(),
        strict=True,
    ):
        rows = []
        for unit in np.eye(len(h)):
            outers = cell.parameter_cotangents(h, x, unit).values()
            rows.append([entry for outer in outers for entry in _entries(outer)])
        yield exact(J), flint.fmpq_mat(rows)


def _entries(outer):
    left = [_rational(u) for u in np.ravel(outer.left)]
    if outer.right is None:
        return left
    right = [_rational(r) for r in outer.right]
    return [u * r for u in left for r in right]


def _rational(x):
    value = Fraction(float(x))
    return flint.fmpq(value.numerator, value.denominator)
