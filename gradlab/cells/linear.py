"""The linear recurrence h' = W_hh h + W_hx x, whose Jacobian is W_hh at every step."""

from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.base import AbstractCell, Outer
from gradlab.cells.factored import DenseJacobian
from gradlab.cells.initialise import random_weights
from gradlab.cells.parameters import require_weights
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = ["Linear"]


@final
@dataclass(frozen=True, eq=False)
class Linear(AbstractCell):
    """h' = W_hh h + W_hx x.

    Parameters
    ----------
    W_hh : (n, n) array_like
        Recurrent weights: eigenvalues below 1 in modulus make gradients vanish, above 1
        diverge.
    W_hx : (n, m) array_like
        Input weights.

    Examples
    --------
    >>> cell = Linear([[0.5, 1.0], [0.0, 0.5]], [[1.0], [0.0]])
    >>> cell.step(np.array([1.0, 1.0]), np.array([2.0]))
    array([3.5, 0.5])
    """

    W_hh: Array
    W_hx: Array

    source: ClassVar[Reference] = Reference(
        "zhang2023dive", "Backpropagation through time"
    )

    def __post_init__(self) -> None:
        """Check shapes and keep read-only copies."""
        W_hh, W_hx = require_weights(self.W_hh, self.W_hx, gates=1)
        object.__setattr__(self, "W_hh", W_hh)
        object.__setattr__(self, "W_hx", W_hx)

    @classmethod
    def random(
        cls, n: int, m: int, *, gain: float, rng: Seed, init: str = "gaussian"
    ) -> Self:
        """Return a random cell; "gaussian" is W_hh ~ N(0, gain²/n), W_hx ~ N(0, 1/m).

        `init` is one of "gaussian", "orthogonal", "identity", "torch".
        """
        return cls(*random_weights(n, m, gates=1, gain=gain, rng=rng, init=init)[:2])

    @property
    def sizes(self) -> tuple[int, int]:
        """(n, m)."""
        n, m = self.W_hx.shape
        return n, m

    @property
    def params(self) -> dict[str, Array]:
        """W_hh, W_hx."""
        return {"W_hh": self.W_hh, "W_hx": self.W_hx}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return W_hh h + W_hx x."""
        W_hh, W_hx = algebra.array(self.W_hh), algebra.array(self.W_hx)
        return h @ W_hh.T + algebra.array(x) @ W_hx.T

    def slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return W_hh, the same at every step and not copied."""
        return DenseJacobian(np.broadcast_to(self.W_hh, (*h.shape, h.shape[-1])))

    def input_slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return W_hx, the same at every step and not copied."""
        return DenseJacobian(np.broadcast_to(self.W_hx, (*h.shape, x.shape[-1])))

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return u hᵀ and u xᵀ."""
        return {"W_hh": Outer(u, h), "W_hx": Outer(u, x)}
