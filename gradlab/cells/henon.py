"""The Hénon map (x, y) → (1 − a x² + y, b x), with |det J| = |b| at every step."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_number
from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.base import AbstractCell, Outer
from gradlab.cells.factored import DenseJacobian
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["Henon"]


@final
@dataclass(frozen=True)
class Henon(AbstractCell):
    """(x, y) → (1 − a x² + y, b x); a cell of two state entries and no input.

    Parameters
    ----------
    a, b : float
        1.4 and 0.3 are the values of [henon1976], where the map is chaotic.

    Examples
    --------
    >>> Henon().step(np.array([1.0, 0.0]), np.zeros(0)).round(12)
    array([-0.4,  0.3])
    """

    a: float = 1.4
    b: float = 0.3

    source: ClassVar[Reference] = Reference("henon1976")

    def __post_init__(self) -> None:
        """Check that a and b are numbers."""
        object.__setattr__(self, "a", require_number("a", self.a))
        object.__setattr__(self, "b", require_number("b", self.b))

    @property
    def sizes(self) -> tuple[int, int]:
        """(2, 0)."""
        return 2, 0

    @property
    def params(self) -> dict[str, Array]:
        """Both numbers, as arrays of no axes."""
        return {"a": np.array(self.a), "b": np.array(self.b)}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return (1 − a x² + y, b x) for h = (x, y)."""
        first, second = h[..., :1], h[..., 1:]
        a, b = algebra.array(self.a), algebra.array(self.b)
        return algebra.concatenate([1 - a * first**2 + second, b * first])

    def slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return [[−2 a x, 1], [b, 0]]."""
        J = np.zeros((*h.shape, 2))
        J[..., 0, 0] = -2 * self.a * h[..., 0]
        J[..., 0, 1] = 1.0
        J[..., 1, 0] = self.b
        return DenseJacobian(J)

    def input_slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return a (..., 2, 0) Jacobian: there is no input."""
        return DenseJacobian(np.zeros((*h.shape, 0)))

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return −u_1 x² and u_2 x."""
        first = h[..., 0]
        return {"a": Outer(-u[..., 0] * first**2), "b": Outer(u[..., 1] * first)}
