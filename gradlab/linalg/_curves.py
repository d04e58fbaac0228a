"""Circles |z| = t, t ≥ 1, and lines Re z = t, t ≥ 0: curves on which ‖R‖ has maxima.

R(z) = (zI − A)⁻¹ is analytic outside of the spectrum, so M(t) = max ‖R‖ on the curve t
is such that ln M is convex: in ln t on circles (Hadamard's three circles), in t on
lines (the three lines).  A chord of ln M is therefore above it, and with d(t) = t − 1
or t and s(t) = ln t or t

    d(t) M(t) ≤ max of d(t) e^{α + β s(t)} between two nodes,

whose place is t = β/(1 + β) or −1/β.  Beyond the numerical range, M(t) ≤ 1/(t − w).
"""

import cmath
import math
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from gradlab.linalg._least_singular import size_above
from gradlab.linalg._level_sets import circle_crossings, line_crossings, middles
from gradlab.linalg.field_of_values import numerical_radius, radius_between, supports
from gradlab.typing import Array, Matrix, Vector

__all__ = ["Circles", "Jet", "Lines"]

_ANGLES = 16


class Jet(NamedTuple):
    """z as a function of ln d and the place on the curve, with two derivatives."""

    z: complex
    first: Vector
    second: Array


@final
@dataclass(frozen=True)
class Circles:
    """Circles around the unit disc; the place on one is the angle."""

    start = 1.0

    def point(self, t: float, places: Array) -> Array:
        """Return the points t e^{iθ}."""
        return t * np.exp(1j * places)

    def jet(self, distance: float, place: float) -> Jet:
        """Return (1 + d) e^{iθ} with derivatives in ln d and θ."""
        e = cmath.exp(1j * place)
        z, d = (1 + distance) * e, distance * e
        second = np.array([[d, 1j * d], [1j * d, -z]])
        return Jet(z, np.array([d, 1j * z]), second)

    def locate(self, z: complex) -> tuple[float, float]:
        """Return the circle and the angle of a point."""
        return abs(z), cmath.phase(z)

    def level(self, z: Vector) -> Vector:
        """Return the curve on which each point lies: |z|."""
        return np.abs(z)

    def place(self, z: Vector) -> Vector:
        """Return the angle of each point."""
        return np.angle(z)

    def between(self, A: Matrix, t: float, level: float) -> Vector:
        """Return places between neighbouring crossings of the level on circle t."""
        return middles(circle_crossings(A, t, level), period=2 * math.pi)

    def spread(self, A: Matrix) -> Vector:
        """Return places all around, half of them if A is real."""
        if np.isrealobj(A):
            return math.pi * np.arange(_ANGLES + 1) / _ANGLES
        return math.pi * np.arange(-_ANGLES, _ANGLES) / _ANGLES

    def extent(self, A: Matrix) -> tuple[float, float]:
        """Return bounds on w(A), sharp only if it may be 1 or below."""
        lower, upper = radius_between(A, _ANGLES)
        if lower > 1 + 1e-6:
            return lower, upper
        found = numerical_radius(A)
        return found.lower, found.upper

    def highest(
        self, a: tuple[float, float], b: tuple[float, float]
    ) -> tuple[float, float]:
        """Return max ln[(t − 1) M] below the chord of (t, ln M) from a to b, and t."""
        slope = (b[1] - a[1]) / math.log(b[0] / a[0])
        t = slope / (1 + slope) if slope < -1 else math.inf
        t = min(max(t, a[0]), b[0])
        return math.log(t - 1) + a[1] + slope * math.log(t / a[0]), t

    def apart(self, t: float, tolerance: float) -> tuple[float, float]:
        """Return nodes on both sides of t whose chord costs at most the tolerance.

        ln M curves by no more than −(ln(t − 1))'' = t/(t − 1)² in ln t at a maximum.
        """
        h = 0.9 * (t - 1) * math.sqrt(2 * tolerance / t)
        return t * math.exp(-h), t * math.exp(h)


@final
@dataclass(frozen=True)
class Lines:
    """Lines beside the left half-plane; the place on one is the height."""

    start = 0.0

    def point(self, t: float, places: Array) -> Array:
        """Return the points t + iy."""
        return t + 1j * places

    def jet(self, distance: float, place: float) -> Jet:
        """Return d + iy with derivatives in ln d and y."""
        second = np.array([[distance, 0.0], [0.0, 0.0]], dtype=complex)
        return Jet(complex(distance, place), np.array([distance, 1j]), second)

    def locate(self, z: complex) -> tuple[float, float]:
        """Return the line and the height of a point."""
        return z.real, z.imag

    def level(self, z: Vector) -> Vector:
        """Return the curve on which each point lies: Re z."""
        return np.real(z)

    def place(self, z: Vector) -> Vector:
        """Return the height of each point."""
        return np.imag(z)

    def between(self, A: Matrix, t: float, level: float) -> Vector:
        """Return places between neighbouring crossings of the level on line t."""
        return middles(line_crossings(A, t, level))

    def spread(self, A: Matrix) -> Vector:
        """Return heights as far as A reaches, the upper half of them if A is real."""
        heights = size_above(A) * np.linspace(-1.0, 1.0, 2 * _ANGLES + 1)
        return heights[_ANGLES:] if np.isrealobj(A) else heights

    def extent(self, A: Matrix) -> tuple[float, float]:
        """Return the largest eigenvalue of the Hermitian part twice: it is sharp."""
        h = float(supports(A, np.zeros(1))[0][0])
        return h, h

    def highest(
        self, a: tuple[float, float], b: tuple[float, float]
    ) -> tuple[float, float]:
        """Return max ln[t M] below the chord of (t, ln M) from a to b, and t."""
        slope = (b[1] - a[1]) / (b[0] - a[0])
        t = -1 / slope if slope < 0 else math.inf
        t = min(max(t, a[0]), b[0])
        return math.log(t) + a[1] + slope * (t - a[0]), t

    def apart(self, t: float, tolerance: float) -> tuple[float, float]:
        """Return nodes on both sides of t whose chord costs at most the tolerance.

        ln M curves by no more than −(ln t)'' = 1/t² at a maximum.
        """
        h = 0.9 * math.sqrt(2 * tolerance)
        return t * (1 - h), t * (1 + h)
