"""Radii r with r^(T+1) ‖(zI − W)⁻¹‖ small on |z| = r, and z with |z| > 1, to be tried.

Nothing here is proved or has to be: the bounds hold for every circle and every point.
Resolvents are estimated by their Frobenius norms, at a few points of each circle.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.linalg.kreiss import kreiss_constant
from gradlab.typing import Matrix, Vector

__all__ = ["Circle", "best_circle", "points_outside"]

_RADII = 24
_ANGLES = np.linspace(0.0, np.pi, 7)
_LEADING = 4  # eigenvalues whose angles are looked at too
_FARTHEST = 2.0  # times the norm
_NEAREST = 1e-3  # of the norm, beyond ρ: computed eigenvalues of a defective W are off
_LARGEST = 256  # of the degree
_KNOWN = 1e11  # a resolvent above it may not be certified in float64
_LEFT = 0.03  # of the resolvent's series beyond the degree


@final
@dataclass(frozen=True)
class Circle:
    """A radius r, and d with ‖(W/r)^d‖ ≤ 3 %, a power of two."""

    radius: float
    degree: int


def best_circle(W: Matrix, T: int) -> Circle:
    """Return the circle whose estimated bound on ‖W^T‖ is the least."""
    norm = float(np.linalg.norm(W, 2))
    S = W / norm
    sizes = np.linalg.eigvals(S)
    order = np.argsort(-np.abs(sizes))[:_LEADING]
    angles = np.concatenate([_ANGLES, np.angle(sizes[order])])
    rho = float(np.abs(sizes).max())
    nearest = min(max(rho / (4 * T), _NEAREST if rho < 0.5 else 0.0), 0.1)
    found = []
    for gap in np.geomspace(max(nearest, 1e-6), _FARTHEST, _RADII):
        degree = _degree(S, rho + gap)
        size = _resolvent_estimate(S, (rho + gap) * np.exp(1j * angles))
        if degree and size < _KNOWN:
            value = (T + 1) * math.log(rho + gap) + math.log(size)
            found.append((value, Circle(norm * (rho + gap), degree)))
    return min(found, key=lambda pair: pair[0])[1]


def points_outside(W: Matrix, T: int) -> Iterator[complex]:
    """Yield points with |z| > 1 where the resolvent may show growth within T powers."""
    found = kreiss_constant(W, rtol=1e-2)
    if np.isfinite(found.z):
        yield complex(found.z)
    values = np.linalg.eigvals(W)
    leading = values[np.abs(values).argmax()]
    direction = np.exp(1j * np.angle(leading))
    for gap in (0.0, *np.geomspace(1e-12, 1.0, 7), 1 / T):
        for z in (leading * (1 + gap), direction * (1 + gap)):
            if np.abs(z) > 1:
                yield complex(z)


def _degree(S: Matrix, radius: float) -> int:
    """Return the least power of two d with ‖(S/r)^d‖_F ≤ 3 %, 0 if too large."""
    power, degree = S / radius, 1
    while np.linalg.norm(power) > _LEFT:
        power, degree = power @ power, 2 * degree
        if degree > _LARGEST:
            return 0
    return degree


def _resolvent_estimate(S: Matrix, points: Vector) -> float:
    eye = np.eye(len(S))
    return max(float(np.linalg.norm(np.linalg.inv(z * eye - S))) for z in points)
