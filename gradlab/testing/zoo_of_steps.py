"""Wrong bounds made of sums, sizes, steps, forms and volumes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradlab.bounds._scalings import scalings
from gradlab.bounds._shapes import shapes
from gradlab.dynamics.trajectory import Trajectory as Run
from gradlab.linalg.graded import graded_product
from gradlab.testing.wrong_bound import (
    WrongBound,
    each,
    frobenius,
    gamma,
    log,
    powers,
    radius,
    row_sum,
    slope_at_rest,
    spectral,
    weights,
)
from gradlab.typing import Matrix

__all__ = ["STEPS"]


def _column_sum(A: Matrix) -> Any:
    return np.linalg.norm(A, 1)


def _sizes(run: Run) -> float:
    return graded_product(np.abs(run.chain.factors())).log_norm


def _mu(A: Matrix) -> Any:
    """Return μ₂(A − I)."""
    return np.linalg.eigvalsh((A + A.T) / 2)[-1] - 1


def _least(A: Matrix) -> Any:
    return np.linalg.norm(A, -2)


def _determinant(A: Matrix) -> Any:
    return np.abs(np.linalg.det(A))


def _formed(run: Run, share: float) -> Any:
    """Return share · ln κ(P) + Σ ln‖J_t‖_P for the last form that is tried."""
    factors = run.chain.factors()
    *_, (V, R) = shapes(factors)
    moved = sum(log(spectral(R @ J @ V)) for J in factors)
    return share * 2 * log(np.linalg.cond(R)) + moved


def _scaled(run: Run) -> Any:
    """Return T ln(γ‖D W D⁻¹‖₂), κ(D) forgotten."""
    W = weights(run)
    *_, d = scalings(W)
    return len(run) * log(gamma(run) * spectral(d[:, None] * W / d))


def _one_least(run: Run) -> Any:
    """Return the norms of all steps but the one that shrinks most."""
    J = run.chain.factors()
    norms, least = (np.array([log(f(A)) for A in J]) for f in (spectral, _least))
    k = (norms - least).argmax()
    return norms.sum() - norms[k] + least[k]


STEPS: Mapping[str, WrongBound] = {
    "nearly the frobenius norm": WrongBound(
        "frobenius_product", "exceeded", each(lambda A: 0.999 * frobenius(A))
    ),
    "frobenius norm over root n": WrongBound(
        "frobenius_product", "exceeded", each(lambda A: frobenius(A) / len(A) ** 0.5)
    ),
    "frobenius norm of the sizes of sums": WrongBound(
        "frobenius_product", "blunt", each(lambda A: np.abs(A).sum())
    ),
    "the smaller of the two sums": WrongBound(
        "mixed_product", "exceeded", each(lambda A: min(_column_sum(A), row_sum(A)))
    ),
    "the two sums, and no root": WrongBound(
        "mixed_product", "blunt", each(lambda A: _column_sum(A) * row_sum(A))
    ),
    "sizes less a thousandth": WrongBound(
        "absolute_product", "exceeded", lambda run: _sizes(run) - 1e-3 * len(run)
    ),
    "sizes step by step": WrongBound(
        "absolute_product", "blunt", each(lambda A: spectral(np.abs(A)))
    ),
    "e to the logarithmic norm": WrongBound(
        "logarithmic_norm", "exceeded", lambda run: sum(map(_mu, run.chain.factors()))
    ),
    "logarithmic norm without the square": WrongBound(
        "logarithmic_norm", "exceeded", each(lambda A: max(1 + 2 * _mu(A), 0) ** 0.5)
    ),
    "one plus the norm of the step": WrongBound(
        "logarithmic_norm", "blunt", each(lambda A: 1 + spectral(A - np.eye(len(A))))
    ),
    "a form without its condition": WrongBound(
        "common_lyapunov", "exceeded", lambda run: _formed(run, 0.0)
    ),
    "a form with the root of its root": WrongBound(
        "common_lyapunov", "exceeded", lambda run: _formed(run, 0.25)
    ),
    "a form with all of its condition": WrongBound(
        "common_lyapunov", "blunt", lambda run: _formed(run, 1.0)
    ),
    "every step shrinks most": WrongBound(
        "least_singular_product", "blunt", each(_least), direction="below"
    ),
    "only one step shrinks most": WrongBound(
        "least_singular_product", "exceeded", _one_least, direction="below"
    ),
    "volume, not its mean": WrongBound(
        "volume_floor", "exceeded", each(_determinant), direction="below"
    ),
    "volume over a dimension less": WrongBound(
        "volume_floor",
        "exceeded",
        each(lambda A: _determinant(A) ** (1 / max(len(A) - 1, 1))),
        direction="below",
    ),
    "the least for the mean": WrongBound(
        "volume_floor", "blunt", each(_least), direction="below"
    ),
    "radius of the sizes without transient": WrongBound(
        "entrywise_radius", "exceeded", powers(lambda W: radius(np.abs(W)), gamma)
    ),
    "row sums without root n": WrongBound(
        "entrywise_radius", "exceeded", powers(row_sum, gamma)
    ),
    "norm of the sizes": WrongBound(
        "entrywise_radius", "blunt", powers(lambda W: spectral(np.abs(W)), gamma)
    ),
    "a scaling for free": WrongBound("scaled_norm", "exceeded", _scaled),
    "no scaling": WrongBound("scaled_norm", "blunt", powers(spectral, gamma)),
    "the radius for that of all slopes": WrongBound(
        "slope_set", "exceeded", powers(radius, gamma)
    ),
    "all slopes, and no form": WrongBound(
        "slope_set", "blunt", powers(spectral, gamma)
    ),
    "orthogonal, by the slope at rest": WrongBound(
        "orthogonal_ceiling", "exceeded", lambda run: len(run) * log(slope_at_rest(run))
    ),
    "orthogonal, by the frobenius norm": WrongBound(
        "orthogonal_ceiling", "blunt", powers(frobenius, gamma)
    ),
}
