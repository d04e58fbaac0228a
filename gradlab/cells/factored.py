"""A factored Jacobian J = diag(b) + Σ_k diag(a_k) W_k, never formed unless asked.

A state is p blocks of n entries (p = 2 for an LSTM's h and c, 1 otherwise), and the
weights see the first block only.  Written out by row block r and column block s,

    J[r, s] = diag(b[r, s]) + [s = 0] Σ_k diag(a[r, k]) W_k.

Leading axes (time, a batch) are carried along everywhere.
"""

import abc
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from gradlab.typing import Array, Matrix

__all__ = [
    "AbstractJacobian",
    "DenseJacobian",
    "GatedJacobian",
    "TransposedJacobian",
]


class AbstractJacobian(abc.ABC):
    """Jacobians ∂h'/∂h (or ∂h'/∂x) over some leading axes, applied without forming."""

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, ...]:
        """(..., rows, columns)."""

    @abc.abstractmethod
    def __getitem__(self, index: Any) -> Self:
        """Index or slice the leading axes."""

    @abc.abstractmethod
    def tangent(self, V: Array) -> Array:
        """Return J V for V (..., columns, k)."""

    @abc.abstractmethod
    def cotangent(self, U: Array) -> Array:
        """Return U J for rows U (..., k, rows)."""

    @abc.abstractmethod
    def dense(self) -> Array:
        """Return J as an array (..., rows, columns)."""

    def log_abs_det(self) -> Array:
        """Return ln|det J| (...), −inf where J is singular."""
        return np.linalg.slogdet(self.dense())[1]


@final
@dataclass(frozen=True, eq=False)
class DenseJacobian(AbstractJacobian):
    """Jacobians given as plain matrices (..., rows, columns)."""

    matrices: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., rows, columns)."""
        return self.matrices.shape

    def __getitem__(self, index: Any) -> "DenseJacobian":
        """Index or slice the leading axes."""
        return DenseJacobian(self.matrices[index])

    def tangent(self, V: Array) -> Array:
        """Return J V."""
        return self.matrices @ V

    def cotangent(self, U: Array) -> Array:
        """Return U J."""
        return U @ self.matrices

    def dense(self) -> Array:
        """Return the matrices themselves."""
        return self.matrices


@final
@dataclass(frozen=True, eq=False)
class GatedJacobian(AbstractJacobian):
    """J[r, s] = diag(b[r, s]) + [s = 0] Σ_k diag(a[r, k]) W_k.

    Attributes
    ----------
    gates : (..., p, K, n) array
        The slopes a[r, k].
    weights : (K n, c) array
        W_1 … W_K, stacked.
    carry : (..., p, p, n) array or None
        The diagonals b[r, s]; None where there are none.
    """

    gates: Array
    weights: Matrix
    carry: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., p n, columns)."""
        *lead, p, _, n = self.gates.shape
        columns = self.weights.shape[1] if self.carry is None else p * n
        return (*lead, p * n, columns)

    def __getitem__(self, index: Any) -> "GatedJacobian":
        """Index or slice the leading axes."""
        carry = None if self.carry is None else self.carry[index]
        return GatedJacobian(self.gates[index], self.weights, carry)

    def tangent(self, V: Array) -> Array:
        """Return J V at 2 K n c k flops, the n²-sized Jacobian never formed."""
        *_, p, K, n = self.gates.shape
        W = self.weights
        WV = W @ V[..., : W.shape[1], :]
        WV = WV.reshape(*WV.shape[:-2], K, n, WV.shape[-1])
        blocks = np.einsum("...rkn,...knj->...rnj", self.gates, WV)
        if self.carry is not None:
            split = V.reshape(*V.shape[:-2], p, n, V.shape[-1])
            blocks = blocks + np.einsum("...rsn,...snj->...rnj", self.carry, split)
        return blocks.reshape(*blocks.shape[:-3], p * n, blocks.shape[-1])

    def cotangent(self, U: Array) -> Array:
        """Return U J at 2 K n c k flops."""
        *_, p, K, n = self.gates.shape
        split = U.reshape(*U.shape[:-1], p, n)
        gated = np.einsum("...jrn,...rkn->...jkn", split, self.gates)
        first = gated.reshape(*gated.shape[:-2], K * n) @ self.weights
        if self.carry is None:
            return first
        rest = np.einsum("...jrn,...rsn->...jsn", split, self.carry)
        rest[..., 0, :] += first
        return rest.reshape(*rest.shape[:-2], p * n)

    def dense(self) -> Array:
        """Return J as an array (..., p n, columns)."""
        *lead, p, K, n = self.gates.shape
        W = self.weights.reshape(K, n, -1)
        first = np.einsum("...rkn,knc->...rnc", self.gates, W)
        if self.carry is None:
            return first.reshape(*lead, p * n, W.shape[-1])
        J = np.zeros((*lead, p, n, p, n), dtype=first.dtype)
        J[..., 0, :] = first
        place = np.arange(n)
        # Advanced indices on both n axes come out in front: (n, ..., p, p).
        J[..., :, place, :, place] += np.moveaxis(self.carry, -1, 0)
        return J.reshape(*lead, p * n, p * n)

    def log_abs_det(self) -> Array:
        """Return ln|det J|; Σ ln|a| + ln|det W| where J = diag(a) W is square."""
        *_, p, K, n = self.gates.shape
        if self.carry is not None or p * K != 1:
            return np.linalg.slogdet(self.dense())[1]
        with np.errstate(divide="ignore"):  # a zero slope is ln 0 = −inf, and right
            slopes = np.log(np.abs(self.gates[..., 0, 0, :])).sum(-1)
        return slopes + np.linalg.slogdet(self.weights)[1]


@final
@dataclass(frozen=True, eq=False)
class TransposedJacobian(AbstractJacobian):
    """Jᵀ of another factored Jacobian."""

    inner: AbstractJacobian

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., columns, rows) of the inner Jacobian."""
        *lead, rows, columns = self.inner.shape
        return (*lead, columns, rows)

    def __getitem__(self, index: Any) -> "TransposedJacobian":
        """Index or slice the leading axes."""
        return TransposedJacobian(self.inner[index])

    def tangent(self, V: Array) -> Array:
        """Return Jᵀ V = (Vᵀ J)ᵀ."""
        return np.swapaxes(self.inner.cotangent(np.swapaxes(V, -1, -2)), -1, -2)

    def cotangent(self, U: Array) -> Array:
        """Return U Jᵀ = (J Uᵀ)ᵀ."""
        return np.swapaxes(self.inner.tangent(np.swapaxes(U, -1, -2)), -1, -2)

    def dense(self) -> Array:
        """Return Jᵀ as an array."""
        return np.swapaxes(self.inner.dense(), -1, -2)

    def log_abs_det(self) -> Array:
        """Return ln|det J|."""
        return self.inner.log_abs_det()
