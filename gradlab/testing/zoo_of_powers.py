"""Wrong bounds on the powers of one matrix."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import linalg

from gradlab.bounds._circles import best_circle
from gradlab.bounds.cauchy_power import CauchyPower
from gradlab.bounds.kreiss_ceiling import KreissCeiling
from gradlab.dynamics.trajectory import Trajectory as Run
from gradlab.testing.wrong_bound import (
    WrongBound,
    frobenius,
    log,
    powers,
    radius,
    spectral,
    weights,
)
from gradlab.typing import Matrix, Vector

__all__ = ["POWERS"]

_TURNS = np.exp(1j * np.linspace(0, np.pi, 361))


def _one(_: Run) -> float:
    return 1.0


def _triangle(W: Matrix) -> Matrix:
    return linalg.schur(W, output="complex")[0]


def _numerical_radius(W: Matrix) -> Any:
    """Return max |xᴴWx| over half a degree each: right to 1e-5."""
    rotated = _TURNS[:, None, None] * W
    return np.abs(np.linalg.eigvalsh((rotated + rotated.conj().mT) / 2)).max()


def _block(run: Run) -> tuple[int, int, Any, Any]:
    """Return n, T, ln|λ| and ln|c| of λI + cN or its transpose."""
    W = weights(run)
    link = np.abs(W - np.diag(np.diag(W))).max()
    return len(W), len(run), log(abs(W[0, 0])), log(link)


def _paths(run: Run, steps: int, more: int) -> Any:
    n, T, eigenvalue, link = _block(run)
    if n == 1:
        link = 0.0
    rest = (T - n + 1) * eigenvalue if n <= T else 0.0
    chosen = math.comb(T + steps, n - 1 + more)
    return log(chosen) + rest + (n - 1) * link if n > 1 else log(chosen) + rest


def _log_radius(run: Run) -> Any:
    W = weights(run)
    return log(best_circle(W, len(run)).radius) if W.any() else 0.0


def _sizes(W: Matrix) -> Vector:
    return np.sort(np.abs(np.linalg.eigvals(W)))[::-1]


POWERS: Mapping[str, WrongBound] = {
    "the diagonal of the triangle": WrongBound(
        "triangular_transient",
        "exceeded",
        powers(lambda W: np.abs(np.diag(_triangle(W))).max(), _one),
    ),
    "the norm of the triangle": WrongBound(
        "triangular_transient",
        "blunt",
        powers(lambda W: spectral(np.abs(_triangle(W))), _one),
    ),
    "paths of one step more": WrongBound(
        "jordan_floor", "exceeded", lambda run: _paths(run, 1, 0), direction="below"
    ),
    "paths with one link more": WrongBound(
        "jordan_floor", "exceeded", lambda run: _paths(run, 0, 1), direction="below"
    ),
    "no polynomial factor": WrongBound(
        "jordan_floor", "blunt", powers(radius, _one), direction="below"
    ),
    "real parts only": WrongBound(
        "diagonal_recurrence",
        "exceeded",
        powers(lambda W: np.abs(np.linalg.eigvals(W).real).max(), _one),
    ),
    "the mean of the sizes": WrongBound(
        "diagonal_recurrence", "exceeded", powers(lambda W: _sizes(W).mean(), _one)
    ),
    "all sizes at once": WrongBound(
        "diagonal_recurrence", "blunt", powers(frobenius, _one)
    ),
    "orthogonal, and growing": WrongBound(
        "orthogonal_floor", "exceeded", lambda run: 1e-6 * len(run), direction="below"
    ),
    "orthogonal, by its volume's logarithm": WrongBound(
        "orthogonal_floor",
        "blunt",
        lambda run: -1e-9 - len(run) * log(len(weights(run))),
        direction="below",
    ),
    "numerical radius without the two": WrongBound(
        "numerical_radius", "exceeded", powers(_numerical_radius, _one)
    ),
    "nearly two": WrongBound(
        "numerical_radius",
        "exceeded",
        lambda run: powers(_numerical_radius, _one)(run) + log(1.99),
    ),
    "two times the norm": WrongBound(
        "numerical_radius",
        "blunt",
        lambda run: powers(spectral, _one)(run) + log(2.0),
    ),
    "one power of r too few": WrongBound(
        "cauchy_power",
        "blunt",
        lambda run: CauchyPower().log_bound(run) - _log_radius(run),
    ),
    "one power of r too many": WrongBound(
        "cauchy_power",
        "exceeded",
        lambda run: CauchyPower().log_bound(run) + _log_radius(run),
    ),
    "the dimension forgotten": WrongBound(
        "kreiss_ceiling",
        "exceeded",
        lambda run: KreissCeiling().log_bound(run) - log(len(weights(run))),
    ),
    "the number of steps forgotten": WrongBound(
        "kreiss_ceiling",
        "blunt",
        lambda run: KreissCeiling().log_bound(run) + log(len(run) + 1),
    ),
}
