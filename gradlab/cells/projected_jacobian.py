"""P J for a gated Jacobian J whose first block of n rows is projected to r of them."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab.cells.factored import AbstractJacobian, GatedJacobian
from gradlab.typing import Array, Matrix

__all__ = ["ProjectedJacobian"]


@final
@dataclass(frozen=True, eq=False)
class ProjectedJacobian(AbstractJacobian):
    """P J with P = diag(projection, I), never formed unless asked.

    Attributes
    ----------
    inner : GatedJacobian
        J, whose rows are of what is shown, n, and of the blocks after it.
    projection : (r, n) array

    Examples
    --------
    >>> J = GatedJacobian(np.ones((1, 2)), np.eye(2), feeds=(0,))
    >>> ProjectedJacobian(J, np.array([[1.0, 1.0]])).dense().tolist()
    [[1.0, 1.0]]
    """

    inner: GatedJacobian
    projection: Matrix

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., rows, columns)."""
        *lead, rows, columns = self.inner.shape
        r, n = self.projection.shape
        return (*lead, r + rows - n, columns)

    def __getitem__(self, index: Any) -> "ProjectedJacobian":
        """Index or slice the leading axes."""
        return ProjectedJacobian(self.inner[index], self.projection)

    def tangent(self, V: Array) -> Array:
        """Return P J V."""
        return self._projected(self.inner.tangent(V))

    def cotangent(self, U: Array) -> Array:
        """Return U P J."""
        return self.inner.cotangent(self._spread(U))

    def gate_cotangent(self, u: Array) -> Array:
        """Return uᵀ by what each W_k yields (..., K n)."""
        return self.inner.gate_cotangent(self._spread(u))

    def dense(self) -> Array:
        """Return P J as an array."""
        return self._projected(self.inner.dense())

    def _projected(self, V: Array) -> Array:
        """Return P V."""
        n = self.projection.shape[1]
        shown = self.projection @ V[..., :n, :]
        return np.concatenate([shown, V[..., n:, :]], axis=-2)

    def _spread(self, U: Array) -> Array:
        """Return U P for rows U (..., r + rows − n)."""
        r = len(self.projection)
        return np.concatenate([U[..., :r] @ self.projection, U[..., r:]], axis=-1)
