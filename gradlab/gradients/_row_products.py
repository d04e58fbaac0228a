"""Rows u_b ← u_b J_{t,b} of many sequences at once, in float32 or float64.

With v = u R for the relay R, the row is Σ_k (v[r_k] ∘ a_k) W_k and what is kept: few
rows share one GEMM with the stacked weights over the whole batch.  Where a sequence has
many rows, Σ_k diag(a_k) W_k is formed, at half the flops for an LSTM.
"""

import abc
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.cells.factored import GatedJacobian
from gradlab.typing import Array, Matrix

__all__ = ["AbstractProducts", "DenseProducts", "GatedProducts", "Weights"]

_TALL = 256  # rows of one GEMM: enough to run at full speed, few enough for the cache
_FORMED = 40  # rows of a sequence from which forming Σ_k diag(a_k) W_k pays


class AbstractProducts(abc.ABC):
    """The Jacobians J_{t,b} of some steps, applied to rows in one precision."""

    @abc.abstractmethod
    def times(self, t: int, sequences: Array, rows: Array, out: Array) -> None:
        """Write rows[i] J_{t,b}, b = sequences[i], to `out`; `rows` is overwritten.

        Parameters
        ----------
        t : int
            Which of the steps.
        sequences : (b,) array of int
        rows, out : (b, h, n) contiguous arrays
        """


@final
@dataclass(frozen=True, eq=False)
class DenseProducts(AbstractProducts):
    """Plain matrices (steps, B, n, n), or one (1, 1, n, n) for all."""

    matrices: Array

    def times(self, t: int, sequences: Array, rows: Array, out: Array) -> None:
        """Multiply by matrices[t, b], or all rows by the only one."""
        if self.matrices.shape[:2] == (1, 1):
            n = rows.shape[-1]
            np.matmul(rows.reshape(-1, n), self.matrices[0, 0], out=out.reshape(-1, n))
        else:
            np.matmul(rows, self.matrices[t, sequences], out=out)


@final
@dataclass(frozen=True, eq=False)
class Weights:
    """W_1 … W_K in one precision, with room for a sheet of gate rows and one Σ_k.

    Attributes
    ----------
    stacked : (K n, c) array
    by_unit : (n, K, c) array
    sheet : (rows, K n) array
    gates : (n, p, K) array
        a_k of one step and sequence in its block r_k; zero elsewhere.
    formed : (p, n, c) array
    """

    stacked: Matrix
    by_unit: Array
    sheet: Array
    gates: Array
    formed: Array

    @classmethod
    def of(cls, J: GatedJacobian, dtype: type) -> "Weights":
        """Return the weights of a factored Jacobian."""
        K, n = J.gates.shape[-2:]
        stacked: Matrix = J.weights.astype(dtype, copy=False)
        by_unit = np.ascontiguousarray(stacked.reshape(K, n, -1).swapaxes(0, 1))
        return cls(
            stacked,
            by_unit,
            np.empty((_TALL, K * n), dtype),
            np.zeros((n, J.blocks, K), dtype),
            np.empty((J.blocks, n, stacked.shape[1]), dtype),
        )


@final
@dataclass(frozen=True, eq=False)
class GatedProducts(AbstractProducts):
    """J = R (diag(b) + Σ_k diag(a_k) W_k), its parts as in `GatedJacobian`.

    Attributes
    ----------
    gates : (steps, B, K, n) array
    carry, relay : (steps, B, n) array or None
    feeds : tuple of K ints
    weights : Weights
    """

    gates: Array
    carry: Array | None
    relay: Array | None
    feeds: tuple[int, ...]
    weights: Weights

    @classmethod
    def of(cls, J: GatedJacobian, weights: Weights) -> "GatedProducts":
        """Return the products with J, whose weights are given in their precision."""
        dtype = weights.stacked.dtype
        gates = J.gates.astype(dtype, copy=False)
        carry, relay = (
            None if part is None else part.astype(dtype, copy=False)
            for part in (J.carry, J.relay)
        )
        return cls(gates, carry, relay, J.feeds, weights)

    def times(self, t: int, sequences: Array, rows: Array, out: Array) -> None:
        """Multiply through a sheet of gate rows, or sequence by sequence."""
        height = rows.shape[1]
        if self._blocks < len(self.feeds) and height >= _FORMED:
            for i, b in enumerate(sequences):
                self._times_formed(t, b, rows[i], out[i])
            return
        # A sheet holds some sequences; a sequence that is too tall takes several.
        several = max(_TALL // height, 1)
        for i in range(0, len(rows), several):
            for j in range(0, height, _TALL):
                part = np.s_[i : i + several, j : j + _TALL]
                self._times_sheet(t, sequences[part[0]], rows[part], out[part])

    @property
    def _blocks(self) -> int:
        return len(self.weights.formed)

    def _times_sheet(self, t: int, at: Array, rows: Array, out: Array) -> None:
        K, n = self.gates.shape[2:]
        b, h, size = rows.shape
        if self.relay is not None:
            rows[..., -n:] += self.relay[t, at][:, None] * rows[..., :n]
        split, gates = rows.reshape(b, h, -1, n), self.gates[t, at][:, None]
        flat = self.weights.sheet[: b * h]
        sheet = flat.reshape(b, h, K, n)
        for k, r in enumerate(self.feeds):
            np.multiply(split[:, :, r], gates[:, :, k], out=sheet[:, :, k])
        np.matmul(flat, self.weights.stacked, out=out.reshape(b * h, size)[:, :n])
        carry = None if self.carry is None else self.carry[t, at][:, None]
        _add_kept(carry, rows, out, n)

    def _times_formed(self, t: int, b: int, rows: Array, out: Array) -> None:
        n = self.gates.shape[-1]
        if self.relay is not None:
            rows[..., -n:] += self.relay[t, b] * rows[..., :n]
        formed, gates = self.weights.formed, self.weights.gates
        for k, r in enumerate(self.feeds):
            gates[:, r, k] = self.gates[t, b, k]
        np.matmul(gates, self.weights.by_unit, out=formed.swapaxes(0, 1))
        np.matmul(rows, formed.reshape(-1, n), out=out[:, :n])
        _add_kept(None if self.carry is None else self.carry[t, b], rows, out, n)


def _add_kept(carry: Array | None, rows: Array, out: Array, n: int) -> None:
    """Add b ∘ the last block of rows to that of `out`, whose first block is there."""
    if carry is None:
        return
    if out.shape[-1] == n:
        out += carry * rows
    else:
        out[..., n:-n] = 0.0
        np.multiply(carry, rows[..., -n:], out=out[..., -n:])
