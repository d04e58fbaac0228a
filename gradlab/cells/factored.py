"""A factored Jacobian J = diag(b) + Σ_k diag(a_k) W_k, never formed unless asked.

A state is p blocks of n entries (p = 2 for an LSTM's h and c, 1 otherwise), and the
weights see the first block only.  Written out by row block r and column block s,

    J[r, s] = diag(b[r, s]) + [s = 0] Σ_k diag(a[r, k]) W_k.

Where the first block of the new state is made of the last (an LSTM's h' of c'), J is
diag(relay) times its last row block, added to its first one: R J with R = I + relay.
Leading axes (time, a batch) are carried along everywhere.
"""

import abc
import math
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from gradlab.typing import Array, Matrix

__all__ = [
    "AbstractJacobian",
    "DenseJacobian",
    "GatedJacobian",
    "TransposedJacobian",
    "rows_times",
]

_COLUMNS = 8  # forming Σ_k diag(a_k) W_k costs about this many columns of W_k V


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

    def evaluated(self) -> "AbstractJacobian":
        """Return J with all its numbers at hand; here they are."""
        return self

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
    relay : (..., n) array or None
        How the last block of the new state enters the first, so that the first row
        block of J is diag(relay) times its last one more than what is said above; None
        where it does not.
    """

    gates: Array
    weights: Matrix
    carry: Array | None = None
    relay: Array | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., p n, columns)."""
        *lead, p, _, n = self.gates.shape
        columns = self.weights.shape[1] if self.carry is None else p * n
        return (*lead, p * n, columns)

    def __getitem__(self, index: Any) -> "GatedJacobian":
        """Index or slice the leading axes."""
        carry = None if self.carry is None else self.carry[index]
        relay = None if self.relay is None else self.relay[index]
        return GatedJacobian(self.gates[index], self.weights, carry, relay)

    def tangent(self, V: Array) -> Array:
        """Return J V at 2 K n c k flops, or 2 p n c k where forming Σ_k pays."""
        *_, p, K, n = self.gates.shape
        top = V[..., : self.weights.shape[1], :]
        if (K - p) * V.shape[-1] > _COLUMNS * p * K:
            blocks = self._gated() @ top
        else:
            blocks = self._weighted(_times(self.weights, top))
        if self.carry is not None:
            split = V.reshape(*V.shape[:-2], 1, p, n, V.shape[-1])
            carried = (self.carry[..., None] * split).sum(-3)
            blocks = blocks + carried.reshape(*blocks.shape)
        return self._relay_columns(blocks)

    def cotangent(self, U: Array) -> Array:
        """Return U J at 2 K n c k flops, or 2 p n c k where forming Σ_k pays."""
        *_, p, K, n = self.gates.shape
        U = self._relay_rows(U)
        if (K - p) * U.shape[-2] > _COLUMNS * p * K:
            first = U @ self._gated()
        else:
            first = rows_times(self._gate_rows(U), self.weights)
        if self.carry is None:
            return first
        split = U.reshape(*U.shape[:-1], p, 1, n)
        rest = (split * self.carry[..., None, :, :, :]).sum(-3)
        rest[..., 0, :] += first
        return rest.reshape(*rest.shape[:-2], p * n)

    def gate_cotangent(self, u: Array) -> Array:
        """Return Σ_r u[r] ∘ a[r, k] for all k (..., K n): uᵀ by what W_k yields."""
        return self._gate_rows(self._relay_rows(u[..., None, :]))[..., 0, :]

    def dense(self) -> Array:
        """Return J as an array (..., p n, columns)."""
        first = self._gated()
        if self.carry is None:
            return self._relay_columns(first)
        *lead, p, _, n = self.gates.shape
        J = np.zeros((*lead, p, n, p, n), dtype=first.dtype)
        J[..., 0, :] = first.reshape(*lead, p, n, n)
        place = np.arange(n)
        # Advanced indices on both n axes come out in front: (n, ..., p, p).
        J[..., :, place, :, place] += np.moveaxis(self.carry, -1, 0)
        return self._relay_columns(J.reshape(*lead, p * n, p * n))

    def _relay_columns(self, V: Array) -> Array:
        """Return R V for V (..., p n, k): the last block is passed on to the first."""
        if self.relay is None:
            return V
        n = self.relay.shape[-1]
        V = np.array(V)
        V[..., :n, :] += self.relay[..., :, None] * V[..., -n:, :]
        return V

    def _relay_rows(self, U: Array) -> Array:
        """Return U R for rows U (..., k, p n)."""
        if self.relay is None:
            return U
        n = self.relay.shape[-1]
        passed = U[..., :n] * self.relay[..., None, :]
        U = np.array(np.broadcast_to(U, (*passed.shape[:-1], U.shape[-1])))
        U[..., -n:] += passed
        return U

    def _gated(self) -> Array:
        """Return Σ_k diag(a[r, k]) W_k for all r (..., p n, c)."""
        *lead, p, K, n = self.gates.shape
        W = self.weights.reshape(K, n, -1)
        total = self.gates[..., 0, :, None] * W[0]
        for k in range(1, K):
            total += self.gates[..., k, :, None] * W[k]
        return total.reshape(*lead, p * n, W.shape[-1])

    def _weighted(self, WV: Array) -> Array:
        """Return Σ_k a[r, k] ∘ (W_k V) for all r (..., p n, k)."""
        *_, p, K, n = self.gates.shape
        parts = WV.reshape(*WV.shape[:-2], 1, K, n, WV.shape[-1])
        total = self.gates[..., 0, :, None] * parts[..., 0, :, :]
        for k in range(1, K):
            total += self.gates[..., k, :, None] * parts[..., k, :, :]
        return total.reshape(*total.shape[:-3], p * n, total.shape[-1])

    def _gate_rows(self, U: Array) -> Array:
        """Return Σ_r U[r] ∘ a[r, k] for all k (..., rows, K n)."""
        *_, p, K, n = self.gates.shape
        split = U.reshape(*U.shape[:-1], p, 1, n)
        total = split[..., 0, :, :] * self.gates[..., None, 0, :, :]
        for r in range(1, p):
            total += split[..., r, :, :] * self.gates[..., None, r, :, :]
        return total.reshape(*total.shape[:-2], K * n)

    def log_abs_det(self) -> Array:
        """Return ln|det J|; Σ ln|a| + ln|det W| where J = diag(a) W is square."""
        p, K = self.gates.shape[-3:-1]
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

    def evaluated(self) -> "TransposedJacobian":
        """Return Jᵀ with all its numbers at hand."""
        return TransposedJacobian(self.inner.evaluated())

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


def _times(W: Matrix, V: Array) -> Array:
    """Return W V for V (..., c, k); over leading axes as one product, not many."""
    if V.ndim == 2:
        return W @ V
    return np.swapaxes(rows_times(np.swapaxes(V, -1, -2), W.T), -1, -2)


def rows_times(U: Array, W: Matrix) -> Array:
    """Return U W for U (..., k, c); over leading axes as one product, not many."""
    if U.ndim <= 2:
        return U @ W
    flat = U.reshape(math.prod(U.shape[:-1]), U.shape[-1]) @ W
    return flat.reshape(*U.shape[:-1], W.shape[-1])
