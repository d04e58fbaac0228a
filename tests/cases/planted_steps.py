"""Wrong bounds made of sums, sizes, steps, forms and volumes."""

import numpy as np

from gradlab.bounds._scalings import scalings
from gradlab.bounds._shapes import shapes
from gradlab.linalg import graded_product
from tests.cases.wrong_bound import (
    Planted,
    each,
    frobenius,
    gamma,
    log,
    powers,
    radius,
    row_sum,
    slope_at_rest,
    spectral,
)

__all__ = ["PLANTED_STEPS"]


def _column_sum(A):
    return np.linalg.norm(A, 1)


def _sizes(run):
    return graded_product(np.abs(run.chain.factors())).log_norm


def _mu(A):
    """Return μ₂(A − I)."""
    return np.linalg.eigvalsh((A + A.T) / 2)[-1] - 1


def _least(A):
    return np.linalg.norm(A, -2)


def _determinant(A):
    return np.abs(np.linalg.det(A))


def _formed(run, share):
    """Return share · ln κ(P) + Σ ln‖J_t‖_P for the last form that is tried."""
    factors = run.chain.factors()
    *_, (V, R) = shapes(factors)
    moved = sum(log(spectral(R @ J @ V)) for J in factors)
    return share * 2 * log(np.linalg.cond(R)) + moved


def _scaled(run):
    """Return T ln(γ‖D W D⁻¹‖₂), κ(D) forgotten."""
    W = run.cell.W_hh
    *_, d = scalings(W)
    return len(run) * log(gamma(run) * spectral(d[:, None] * W / d))


def _one_least(run):
    """Return the norms of all steps but the one that shrinks most."""
    J = run.chain.factors()
    norms, least = (np.array([log(f(A)) for A in J]) for f in (spectral, _least))
    k = (norms - least).argmax()
    return norms.sum() - norms[k] + least[k]


PLANTED_STEPS = {
    "nearly the frobenius norm": Planted(
        "frobenius_product", "exceeded", each(lambda A: 0.999 * frobenius(A))
    ),
    "frobenius norm over root n": Planted(
        "frobenius_product", "exceeded", each(lambda A: frobenius(A) / len(A) ** 0.5)
    ),
    "frobenius norm of the sizes of sums": Planted(
        "frobenius_product", "blunt", each(lambda A: np.abs(A).sum())
    ),
    "the smaller of the two sums": Planted(
        "mixed_product", "exceeded", each(lambda A: min(_column_sum(A), row_sum(A)))
    ),
    "the two sums, and no root": Planted(
        "mixed_product", "blunt", each(lambda A: _column_sum(A) * row_sum(A))
    ),
    "sizes less a thousandth": Planted(
        "absolute_product", "exceeded", lambda run: _sizes(run) - 1e-3 * len(run)
    ),
    "sizes step by step": Planted(
        "absolute_product", "blunt", each(lambda A: spectral(np.abs(A)))
    ),
    "e to the logarithmic norm": Planted(
        "logarithmic_norm", "exceeded", lambda run: sum(map(_mu, run.chain.factors()))
    ),
    "logarithmic norm without the square": Planted(
        "logarithmic_norm", "exceeded", each(lambda A: max(1 + 2 * _mu(A), 0) ** 0.5)
    ),
    "one plus the norm of the step": Planted(
        "logarithmic_norm", "blunt", each(lambda A: 1 + spectral(A - np.eye(len(A))))
    ),
    "a form without its condition": Planted(
        "common_lyapunov", "exceeded", lambda run: _formed(run, 0.0)
    ),
    "a form with the root of its root": Planted(
        "common_lyapunov", "exceeded", lambda run: _formed(run, 0.25)
    ),
    "a form with all of its condition": Planted(
        "common_lyapunov", "blunt", lambda run: _formed(run, 1.0)
    ),
    "every step shrinks most": Planted(
        "least_singular_product", "blunt", each(_least), direction="below"
    ),
    "only one step shrinks most": Planted(
        "least_singular_product", "exceeded", _one_least, direction="below"
    ),
    "volume, not its mean": Planted(
        "volume_floor", "exceeded", each(_determinant), direction="below"
    ),
    "volume over a dimension less": Planted(
        "volume_floor",
        "exceeded",
        each(lambda A: _determinant(A) ** (1 / max(len(A) - 1, 1))),
        direction="below",
    ),
    "the least for the mean": Planted(
        "volume_floor", "blunt", each(_least), direction="below"
    ),
    "radius of the sizes without transient": Planted(
        "entrywise_radius", "exceeded", powers(lambda W: radius(np.abs(W)), gamma)
    ),
    "row sums without root n": Planted(
        "entrywise_radius", "exceeded", powers(row_sum, gamma)
    ),
    "norm of the sizes": Planted(
        "entrywise_radius", "blunt", powers(lambda W: spectral(np.abs(W)), gamma)
    ),
    "a scaling for free": Planted("scaled_norm", "exceeded", _scaled),
    "no scaling": Planted("scaled_norm", "blunt", powers(spectral, gamma)),
    "orthogonal, by the slope at rest": Planted(
        "orthogonal_ceiling", "exceeded", lambda run: len(run) * log(slope_at_rest(run))
    ),
    "orthogonal, by the frobenius norm": Planted(
        "orthogonal_ceiling", "blunt", powers(frobenius, gamma)
    ),
}
