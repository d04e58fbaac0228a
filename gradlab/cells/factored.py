"""A factored Jacobian J = R (diag(b) + Σ_k diag(a_k) W_k), never formed unless asked.

A state is p blocks of n entries (p = 2 for an LSTM's h and c, 1 otherwise).  The
weights see the first block, gate k feeds one block r_k, and b keeps what is in the last
one, p.  Written out by row block r and column block s,

    (R⁻¹ J)[r, s] = [s = 1] Σ_{k feeding r} diag(a_k) W_k + [r = s = p] diag(b).

Where the first block of the new state is made of the last (an LSTM's h' of c'), R adds
diag(relay) times the last row block to the first; elsewhere R = I.
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
    "plus_row",
    "rows_times",
]

_SHORT, _TOGETHER = 8, 32  # entries of a row that is short, and rows added to at once
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
    """J = R (diag(b) + Σ_k diag(a_k) W_k).

    Attributes
    ----------
    gates : (..., K, n) array
        The slopes a_k.
    weights : (K n, c) array
        W_1 … W_K, stacked.
    feeds : tuple of K ints
        Which block each gate feeds, counted from 0; there is a gate for every block.
    carry : (..., n) array or None
        The diagonal b of the last block; None where nothing is kept.
    relay : (..., n) array or None
        How the last block of the new state enters the first; None where it does not.

    Examples
    --------
    >>> J = GatedJacobian(np.ones((1, 2)), np.eye(2), feeds=(0,), carry=np.full(2, 0.5))
    >>> J.dense().tolist()
    [[1.5, 0.0], [0.0, 1.5]]
    """

    gates: Array
    weights: Matrix
    feeds: tuple[int, ...]
    carry: Array | None = None
    relay: Array | None = None

    @property
    def blocks(self) -> int:
        """p, the blocks of a state."""
        return 1 + max(self.feeds)

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., p n, columns)."""
        *lead, _, n = self.gates.shape
        columns = self.weights.shape[1]
        if self.carry is not None:
            columns += (self.blocks - 1) * n
        return (*lead, self.blocks * n, columns)

    def __getitem__(self, index: Any) -> "GatedJacobian":
        """Index or slice the leading axes."""
        carry = None if self.carry is None else self.carry[index]
        relay = None if self.relay is None else self.relay[index]
        return GatedJacobian(self.gates[index], self.weights, self.feeds, carry, relay)

    def tangent(self, V: Array) -> Array:
        """Return J V at 2 K n c k flops, or 2 p n c k where forming Σ_k pays."""
        top = V[..., : self.weights.shape[1], :]
        if self._forming_pays(V.shape[-1]):
            image = self._gated() @ top
        else:
            image = self._weighted(_times(self.weights, top))
        if self.carry is not None:
            n = self.carry.shape[-1]
            image[..., -n:, :] += self.carry[..., None] * V[..., -n:, :]
        return self._relay_columns(image)

    def cotangent(self, U: Array) -> Array:
        """Return U J at 2 K n c k flops, or 2 p n c k where forming Σ_k pays."""
        U = self._relay_rows(U)
        if self._forming_pays(U.shape[-2]):
            first = U @ self._gated()
        else:
            first = rows_times(self._gate_rows(U), self.weights)
        if self.carry is None:
            return first
        n, split = self.carry.shape[-1], self.weights.shape[1]
        whole = np.zeros((*first.shape[:-1], self.shape[-1]), first.dtype)
        whole[..., :split] = first
        whole[..., -n:] += U[..., -n:] * self.carry[..., None, :]
        return whole

    def gate_cotangent(self, u: Array) -> Array:
        """Return u[r_k] ∘ a_k for all k (..., K n): uᵀ by what W_k yields."""
        return self._gate_rows(self._relay_rows(u[..., None, :]))[..., 0, :]

    def dense(self) -> Array:
        """Return J as an array (..., p n, columns)."""
        first = self._gated()
        if self.carry is None:
            return self._relay_columns(first)
        *_, rows, columns = self.shape
        J = np.zeros((*first.shape[:-1], columns), dtype=first.dtype)
        J[..., : first.shape[-1]] = first
        last = np.arange(-self.carry.shape[-1], 0)
        J[..., rows + last, columns + last] += self.carry
        return self._relay_columns(J)

    def log_abs_det(self) -> Array:
        """Return ln|det J|; Σ ln|a| + ln|det W| where J = diag(a) W is square."""
        if self.carry is not None or len(self.feeds) != 1:
            return np.linalg.slogdet(self.dense())[1]
        with np.errstate(divide="ignore"):  # a zero slope is ln 0 = −inf, and right
            slopes = np.log(np.abs(self.gates[..., 0, :])).sum(-1)
        return slopes + np.linalg.slogdet(self.weights)[1]

    def _forming_pays(self, count: int) -> bool:
        K = len(self.feeds)
        return (K - self.blocks) * count > _COLUMNS * K

    def _relay_columns(self, V: Array) -> Array:
        """Return R V for V (..., p n, k): the last block is passed on to the first."""
        if self.relay is None:
            return V
        n = self.relay.shape[-1]
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
        """Return Σ_k diag(a_k) W_k for all blocks (..., p n, c)."""
        n = self.gates.shape[-1]
        return self._blockwise(self.weights.reshape(len(self.feeds), n, -1))

    def _weighted(self, WV: Array) -> Array:
        """Return Σ_k a_k ∘ (W_k V) for all blocks (..., p n, k)."""
        n = self.gates.shape[-1]
        return self._blockwise(WV.reshape(*WV.shape[:-2], -1, n, WV.shape[-1]))

    def _blockwise(self, parts: Array) -> Array:
        """Return Σ_k diag(a_k) X_k for all blocks; the X_k are (..., K, n, columns)."""
        totals: dict[int, Array] = {}
        for k, r in enumerate(self.feeds):
            term = self.gates[..., k, :, None] * parts[..., k, :, :]
            if r in totals:
                totals[r] += term
            else:
                totals[r] = term
        if len(totals) == 1:
            return totals[0]
        return np.concatenate([totals[r] for r in range(self.blocks)], axis=-2)

    def _gate_rows(self, U: Array) -> Array:
        """Return U[r_k] ∘ a_k for all k (..., rows, K n)."""
        K, n = self.gates.shape[-2:]
        split = U.reshape(*U.shape[:-1], -1, n)
        gates = self.gates[..., None, :, :]
        lead = np.broadcast_shapes(split.shape[:-2], gates.shape[:-2])
        sheet = np.empty((*lead, K, n), np.result_type(U, gates))
        for k, r in enumerate(self.feeds):
            np.multiply(split[..., r, :], gates[..., k, :], out=sheet[..., k, :])
        return sheet.reshape(*lead, K * n)


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
    flat = U.reshape(math.prod(U.shape[:-1]), U.shape[-1])
    if W.size < len(flat):
        W = np.ascontiguousarray(W)  # BLAS is slow at many rows by a small transpose
    return (flat @ W).reshape(*U.shape[:-1], W.shape[-1])


def plus_row(A: Array, b: Array) -> Array:
    """Return A + b for rows A (..., n), where NumPy's loops are no longer than n.

    Short rows are therefore added to many at a time.
    """
    n = A.shape[-1]
    if n > _SHORT or A.size % max(n * _TOGETHER, 1):
        return A + b
    many = np.broadcast_to(b, (_TOGETHER, n)).ravel()
    return (A.reshape(-1, len(many)) + many).reshape(A.shape)
