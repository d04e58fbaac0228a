"""∂c' = Σ_k told_k ∘ W_k ∂h + kept ∘ ∂c and ∂h' = W_hr (shown ∘ ∂c' + opened ∘ W_o ∂h).

k runs over the gates i, f, g; leading axes (time, a batch) are carried along.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab.cells.factored import AbstractJacobian
from gradlab.typing import Array, Matrix

__all__ = ["ProjectedJacobian"]


@final
@dataclass(frozen=True, eq=False)
class ProjectedJacobian(AbstractJacobian):
    """The Jacobian of one step of a projected LSTM, never formed unless asked.

    Attributes
    ----------
    told : (..., 3, n) array
        ∂c'/∂(i, f, g).
    opened, shown : (..., n) array
        ∂(σ(o) tanh c')/∂o with c' held, and ∂(σ(o) tanh c')/∂c'.
    kept : (..., n) array or None
        ∂c'/∂c; None where the argument has no part c: the Jacobian by the input.
    weights : (4n, k) array
        W_i, W_f, W_g, W_o, stacked.
    projection : (r, n) array
        W_hr.
    """

    told: Array
    opened: Array
    shown: Array
    kept: Array | None
    weights: Matrix
    projection: Matrix

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., r + n, columns)."""
        r, n = self.projection.shape
        own = 0 if self.kept is None else n
        return (*self.opened.shape[:-1], r + n, self.weights.shape[1] + own)

    def __getitem__(self, index: Any) -> "ProjectedJacobian":
        """Index or slice the leading axes."""
        return ProjectedJacobian(
            self.told[index],
            self.opened[index],
            self.shown[index],
            None if self.kept is None else self.kept[index],
            self.weights,
            self.projection,
        )

    def tangent(self, V: Array) -> Array:
        """Return J V."""
        n, split = self.projection.shape[1], self.weights.shape[1]
        WV = self.weights @ V[..., :split, :]
        parts = WV.reshape(*WV.shape[:-2], 4, n, WV.shape[-1])
        c = (self.told[..., None] * parts[..., :3, :, :]).sum(-3)
        if self.kept is not None:
            c = c + self.kept[..., None] * V[..., split:, :]
        opened = self.opened[..., None] * parts[..., 3, :, :]
        h = self.projection @ (self.shown[..., None] * c + opened)
        return np.concatenate([h, c], axis=-2)

    def cotangent(self, U: Array) -> Array:
        """Return U J."""
        first = self.gate_rows(U) @ self.weights
        if self.kept is None:
            return first
        return np.concatenate([first, self._told_rows(U) * self._row(self.kept)], -1)

    def dense(self) -> Array:
        """Return J as an array (..., r + n, columns)."""
        return self.tangent(np.eye(self.shape[-1]))

    def gate_rows(self, U: Array) -> Array:
        """Return U ∂(h', c')/∂(i, f, g, o), rows of 4n entries."""
        c = self._told_rows(U)
        told = [c * self._row(self.told[..., k, :]) for k in range(3)]
        r = len(self.projection)
        opened = (U[..., :r] @ self.projection) * self._row(self.opened)
        return np.concatenate([*told, opened], axis=-1)

    def _told_rows(self, U: Array) -> Array:
        """Return U ∂(h', c')/∂c' with h' through c' as well."""
        r = len(self.projection)
        return U[..., r:] + (U[..., :r] @ self.projection) * self._row(self.shown)

    @staticmethod
    def _row(slopes: Array) -> Array:
        return slopes[..., None, :]
