"""The logistic map h → r h (1 − h), with slope r (1 − 2h)."""

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

__all__ = ["Logistic"]


@final
@dataclass(frozen=True)
class Logistic(AbstractCell):
    """h → r h (1 − h); a cell of one state entry and no input.

    Parameters
    ----------
    r : float
        Growth rate; [0, 1] is mapped into itself for 0 ≤ r ≤ 4, and r = 4 is chaotic
        with λ = ln 2 [may1976simple].

    Examples
    --------
    >>> Logistic(4.0).step(np.array([0.25]), np.zeros(0))
    array([0.75])
    """

    r: float

    source: ClassVar[Reference] = Reference("may1976simple")

    def __post_init__(self) -> None:
        """Check that r is a number."""
        object.__setattr__(self, "r", require_number("r", self.r))

    @property
    def sizes(self) -> tuple[int, int]:
        """(1, 0)."""
        return 1, 0

    @property
    def params(self) -> dict[str, Array]:
        """The growth rate, as an array of no axes."""
        return {"r": np.array(self.r)}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return r h (1 − h)."""
        return algebra.array(self.r) * h * (1 - h)

    def slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return r (1 − 2h)."""
        return DenseJacobian((self.r * (1 - 2 * h))[..., None])

    def input_slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return a (..., 1, 0) Jacobian: there is no input."""
        return DenseJacobian(np.zeros((*h.shape, 0)))

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return u h (1 − h)."""
        return {"r": Outer((u * h * (1 - h))[..., 0])}
