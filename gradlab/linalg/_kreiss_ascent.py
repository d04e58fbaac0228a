"""Newton's method on f = ln σ_min(zI − A) − ln d(z), on a curve or in both directions.

With z a function of ln d and the place on its curve, the derivatives of f follow from
those of σ_min (`gradlab.linalg._least_singular`).  Where the Hessian is not positive
its eigenvalues are taken as if they were, so every step goes down.
"""

import math
from typing import NamedTuple

import numpy as np

from gradlab.linalg._curves import Circles, Lines
from gradlab.linalg._least_singular import least_singular, rounding, size_above
from gradlab.typing import Matrix, Vector

__all__ = ["Minimum", "minimum"]

_STEPS, _HALVINGS = 50, 12
_LONGEST = 1.0  # of a step in ln d, and in the place by its distance from the boundary
_NOISES = 4  # roundings of σ_min that a promised decrease must exceed
_FLATTEST = 1e-3  # curvature of f that is believed


class Minimum(NamedTuple):
    """A point, and σ_min there."""

    z: complex
    sigma: float


class _Value(NamedTuple):
    f: float
    sigma: float
    gradient: Vector
    hessian: Matrix


class _Slice(NamedTuple):
    """What f depends on besides ln d and the place; σ is not believed below `noise`."""

    A: Matrix
    curves: Circles | Lines
    along: bool
    noise: float

    def value(self, d: float, place: float) -> _Value:
        """Return f with two derivatives; along a curve, those in ln d are 0."""
        z, first, second = self.curves.jet(d, place)
        sigma, g, H = least_singular(self.A, z)
        sigma = max(sigma, self.noise)
        J = np.array([first.real, first.imag])
        bend = g[0] * second.real + g[1] * second.imag
        gradient = J.T @ g / sigma
        with np.errstate(invalid="ignore", over="ignore"):
            hessian = (J.T @ H @ J + bend) / sigma - np.outer(gradient, gradient)
        hessian = np.where(np.isfinite(hessian), hessian, 0.0)
        if self.along:
            gradient[0] = 0.0
            hessian[0, :] = hessian[:, 0] = 0.0
            return _Value(math.log(sigma), sigma, gradient, hessian)
        gradient[0] -= 1.0
        return _Value(math.log(sigma / d), sigma, gradient, hessian)


def minimum(
    A: Matrix, curves: Circles | Lines, z: complex, *, along: bool = False
) -> Minimum:
    """Return a local minimum of σ_min/d near z; of σ_min along its curve if `along`.

    Examples
    --------
    >>> found = minimum(np.array([[0.9, 1.0], [0.0, 0.9]]), Circles(), 1.2 + 0.1j)
    >>> round((abs(found.z) - 1) / found.sigma, 12)  # the Kreiss constant
    2.6
    """
    f = _Slice(A, curves, along, rounding(len(A), size_above(A) + abs(z)))
    t, place = curves.locate(z)
    d = t - curves.start
    at = f.value(d, place)
    for _ in range(_STEPS):
        step = _step(at, 1.0 if along else d)
        drop = float(at.gradient @ step)
        if -drop <= _NOISES * f.noise / at.sigma:
            break
        found = None
        for halving in range(_HALVINGS):
            part = step / 2**halving
            moved = d * math.exp(part[0]), place + float(part[1])
            there = f.value(*moved)
            if there.f < at.f + 1e-4 * drop / 2**halving:
                found = there
                break
        if found is None:
            break
        at, (d, place) = found, moved
    return Minimum(curves.jet(d, place).z, at.sigma)


def _step(at: _Value, scale: float) -> Vector:
    w, V = np.linalg.eigh(at.hessian)
    step = -V @ ((V.T @ at.gradient) / np.maximum(np.abs(w), _FLATTEST))
    size = max(abs(step[0]), abs(step[1]) / max(scale, 1e-3), _LONGEST)
    return step * (_LONGEST / size)
