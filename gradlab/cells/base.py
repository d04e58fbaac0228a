"""A cell is one step h' = F(h, x; θ) with its Jacobians stated in closed form."""

import abc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_array
from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.factored import AbstractJacobian
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike

__all__ = ["AbstractCell", "Cotangent", "Outer"]


@final
@dataclass(frozen=True, eq=False)
class Outer:
    """A parameter's cotangent uᵀ∂h'/∂θ as left ⊗ right, over leading axes.

    ``right=None`` says that `left` is the cotangent itself (biases, scalars).  The
    factors are kept apart because a sum over time of outer products is one GEMM.

    >>> outer = Outer(np.ones((5, 2)), np.full((5, 3), 2.0))  # at five times
    >>> outer.each().shape, outer.total(1).tolist()
    ((5, 2, 3), [[10.0, 10.0, 10.0], [10.0, 10.0, 10.0]])
    """

    left: Array
    right: Array | None = None

    def each(self) -> Array:
        """Return the cotangent of every leading index: (..., *θ.shape)."""
        if self.right is None:
            return self.left
        return self.left[..., :, None] * self.right[..., None, :]

    def total(self, axes: int) -> Array:
        """Return the sum over the first `axes` axes."""
        if self.right is None:
            return self.left.sum(axis=tuple(range(axes)))
        summed = range(axes)
        return np.tensordot(self.left, self.right, axes=(summed, summed))


@final
@dataclass(frozen=True, eq=False)
class Cotangent:
    """What a row u becomes one step back: uᵀJ, uᵀ∂h'/∂x and {name: uᵀ∂h'/∂θ}.

    >>> from gradlab.cells import Logistic
    >>> state, _, params = Logistic(4.0).cotangent([0.25], [], [1.0])
    >>> state, params  # r (1 − 2h) and h (1 − h)
    (array([2.]), {'r': array(0.1875)})
    """

    state: Array
    input: Array
    params: Mapping[str, Array]

    def __iter__(self) -> Iterator[Array | Mapping[str, Array]]:
        """Unpack as ``state, input, params = cell.cotangent(h, x, u)``."""
        return iter((self.state, self.input, self.params))


class AbstractCell(abc.ABC):
    """One step of a recurrence: ``step``, and its derivatives stated beside it.

    States h (..., n) and inputs x (..., m) may have any leading axes; everything is
    done over them at once, with no Python loop.  `jacobian`, `input_jacobian`,
    `tangent` and `cotangent` check what they are given; `step`, `slopes`,
    `input_slopes` and `parameter_cotangents` run inside loops: give them arrays that
    fit.
    """

    source: ClassVar[Reference]

    @property
    @abc.abstractmethod
    def sizes(self) -> tuple[int, int]:
        """(n, m): entries of the state and of the input."""

    @property
    def hidden(self) -> int:
        """Entries of the hidden part, which is first in the state (h in an LSTM)."""
        return self.sizes[0]

    @property
    def units(self) -> int:
        """Units, of which gates have one entry each; h may be a projection of them."""
        return self.hidden

    @property
    @abc.abstractmethod
    def params(self) -> dict[str, Array]:
        """The parameters by name, in the order of the constructor."""

    @abc.abstractmethod
    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return h' = F(h, x) in the given number system."""

    @abc.abstractmethod
    def slopes(self, h: Array, x: Array) -> AbstractJacobian:
        """Return ∂h'/∂h in factored form; entry (i, j) is ∂h'_i/∂h_j."""

    @abc.abstractmethod
    def input_slopes(self, h: Array, x: Array) -> AbstractJacobian:
        """Return ∂h'/∂x in factored form; entry (i, j) is ∂h'_i/∂x_j."""

    @abc.abstractmethod
    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return uᵀ∂h'/∂θ for every parameter, u (..., n), kept as outer products."""

    def gate_values(self, h: Array, x: Array) -> dict[str, Array]:
        """Return how far each gate is open (..., n), 0 … 1, by its letter; {} if none.

        In the same order as in the weights, with the candidate (g of an LSTM, n of a
        GRU) left out: it is written through a gate and is none.
        """
        return {}

    def jacobian(self, h: ArrayLike, x: ArrayLike) -> Array:
        """Return ∂h'/∂h (..., n, n); entry (i, j) is ∂h'_i/∂h_j."""
        return self.slopes(*self._point(h, x)).dense()

    def input_jacobian(self, h: ArrayLike, x: ArrayLike) -> Array:
        """Return ∂h'/∂x (..., n, m); entry (i, j) is ∂h'_i/∂x_j."""
        return self.input_slopes(*self._point(h, x)).dense()

    def tangent(self, h: ArrayLike, x: ArrayLike, V: ArrayLike) -> Array:
        """Return J V for columns V (..., n, k), or J v for v of the shape of h."""
        h, x = self._point(h, x)
        J, V = self.slopes(h, x), np.asarray(V)
        return J.tangent(V) if V.ndim > h.ndim else J.tangent(V[..., None])[..., 0]

    def cotangent(self, h: ArrayLike, x: ArrayLike, u: ArrayLike) -> Cotangent:
        """Return (uᵀJ, uᵀ∂h'/∂x, {name: uᵀ∂h'/∂θ}) for u of the shape of h."""
        h, x = self._point(h, x)
        u = np.asarray(u)
        row = u[..., None, :]
        outers = self.parameter_cotangents(h, x, u)
        return Cotangent(
            self.slopes(h, x).cotangent(row)[..., 0, :],
            self.input_slopes(h, x).cotangent(row)[..., 0, :],
            {name: outer.each() for name, outer in outers.items()},
        )

    def _point(self, h: ArrayLike, x: ArrayLike) -> tuple[Array, Array]:
        """Return h (..., n) and x (..., m) as finite float64 arrays that fit."""
        n, m = self.sizes
        state = require_array("h", h, "(..., n)", sizes={"n": n})
        return state, require_array("x", x, "(..., m)", sizes={"m": m})
