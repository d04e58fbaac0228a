"""Whole complex numbers x + iy, for eliminations that must not round.

They do what Python's integers do for real ones; w // z is taken only where z divides w.
"""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.linalg._integers import whole
from gradlab.typing import Array

__all__ = ["GaussianInteger", "log_size", "phase", "whole_numbers"]


@final
@dataclass(frozen=True, slots=True)
class GaussianInteger:
    """x + iy with whole x and y.

    >>> z = GaussianInteger(2, 1)
    >>> (z * z - z) // z
    GaussianInteger(x=1, y=1)
    >>> z / GaussianInteger(0, 2)
    (0.5-1j)
    """

    x: int
    y: int

    def __add__(self, other: "GaussianInteger") -> "GaussianInteger":
        """Return the sum."""
        return GaussianInteger(self.x + other.x, self.y + other.y)

    def __sub__(self, other: "GaussianInteger") -> "GaussianInteger":
        """Return the difference."""
        return GaussianInteger(self.x - other.x, self.y - other.y)

    def __mul__(self, other: "GaussianInteger") -> "GaussianInteger":
        """Return the product."""
        x = self.x * other.x - self.y * other.y
        return GaussianInteger(x, self.x * other.y + self.y * other.x)

    def __floordiv__(self, other: "GaussianInteger") -> "GaussianInteger":
        """Return the quotient where it is whole."""
        by = self * other.conjugate()
        return GaussianInteger(by.x // other.norm, by.y // other.norm)

    def __truediv__(self, other: "GaussianInteger") -> complex:
        """Return the quotient, rounded."""
        by = self * other.conjugate()
        return complex(by.x / other.norm, by.y / other.norm)

    def __abs__(self) -> int:
        """Return the modulus, rounded down: 0 of nothing but 0."""
        return math.isqrt(self.norm)

    @property
    def norm(self) -> int:
        """x² + y²."""
        return self.x**2 + self.y**2

    def conjugate(self) -> "GaussianInteger":
        """Return x − iy."""
        return GaussianInteger(self.x, -self.y)


def whole_numbers(matrix: Array) -> tuple[Array, int]:
    """Return an array of whole numbers and a power e: the array times 2^−e."""
    if not np.iscomplexobj(matrix):
        return whole(matrix)
    (real, imag), power = whole(np.array([matrix.real, matrix.imag]))
    return np.frompyfunc(GaussianInteger, 2, 1)(real, imag), power


def log_size(z: int | GaussianInteger) -> float:
    """Return ln|z|, z not 0."""
    return math.log(z.norm) / 2 if isinstance(z, GaussianInteger) else math.log(abs(z))


def phase(z: int | GaussianInteger) -> complex:
    """Return z/|z|, z not 0."""
    if isinstance(z, int):
        return 1.0 if z > 0 else -1.0
    turned = complex(z.x / abs(z), z.y / abs(z))
    return turned / abs(turned)
