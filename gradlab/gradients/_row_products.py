"""Rows u_b ← u_b J_{t,b} of many sequences at once, in float32 or float64.

With u R for the relay R, the row is Σ_k (u ∘ a_k) W_k and what is carried along: few
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
    formed : (p, n, c) array
    """

    stacked: Matrix
    by_unit: Array
    sheet: Array
    formed: Array

    @classmethod
    def of(cls, J: GatedJacobian, dtype: type) -> "Weights":
        """Return the weights of a factored Jacobian."""
        *_, p, K, n = J.gates.shape
        stacked: Matrix = J.weights.astype(dtype, copy=False)
        by_unit = np.ascontiguousarray(stacked.reshape(K, n, -1).swapaxes(0, 1))
        return cls(
            stacked,
            by_unit,
            np.empty((_TALL, K * n), dtype),
            np.empty((p, n, stacked.shape[1]), dtype),
        )


@final
@dataclass(frozen=True, eq=False)
class GatedProducts(AbstractProducts):
    """J = R (diag(b) + Σ_k diag(a_k) W_k), without the blocks that are zero throughout.

    Attributes
    ----------
    gates : (steps, B, p, K, n) array
    carry : (steps, B, p, p, n) array or None
    relay : (steps, B, n) array or None
    feeds : tuple of K tuples
        Row blocks that see gate k.
    carries : tuple of pairs
        Which (r, s) of the carry there are.
    weights : Weights
    """

    gates: Array
    carry: Array | None
    relay: Array | None
    feeds: tuple[tuple[int, ...], ...]
    carries: tuple[tuple[int, int], ...]
    weights: Weights

    @classmethod
    def of(cls, J: GatedJacobian, weights: Weights) -> "GatedProducts":
        """Return the products with J, whose weights are given in their precision."""
        *_, p, K, _ = J.gates.shape
        blocks, dtype = range(p), weights.stacked.dtype
        feeds = tuple(
            tuple(r for r in blocks if J.gates[..., r, k, :].any()) for k in range(K)
        )
        carries: tuple[tuple[int, int], ...] = ()
        if J.carry is not None:
            places = ((r, s) for s in blocks for r in blocks)
            carries = tuple(at for at in places if J.carry[..., *at, :].any())
        carry, relay = (
            None if part is None else part.astype(dtype, copy=False)
            for part in (J.carry, J.relay)
        )
        gates = J.gates.astype(dtype, copy=False)
        return cls(gates, carry, relay, feeds, carries, weights)

    def times(self, t: int, sequences: Array, rows: Array, out: Array) -> None:
        """Multiply through a sheet of gate rows, or sequence by sequence."""
        p, K = self.gates.shape[2:4]
        height = rows.shape[1]
        if p < K and height >= _FORMED:
            for i, b in enumerate(sequences):
                self._times_formed(t, b, rows[i], out[i])
            return
        # A sheet holds some sequences; a sequence that is too tall takes several.
        several = max(_TALL // height, 1)
        for i in range(0, len(rows), several):
            for j in range(0, height, _TALL):
                part = np.s_[i : i + several, j : j + _TALL]
                self._times_sheet(t, sequences[part[0]], rows[part], out[part])

    def _times_sheet(self, t: int, at: Array, rows: Array, out: Array) -> None:
        p, K, n = self.gates.shape[2:]
        b, h, _ = rows.shape
        split = rows.reshape(b, h, p, n)
        if self.relay is not None:
            split[:, :, -1] += self.relay[t, at][:, None] * split[:, :, 0]
        gates = self.gates[t, at][:, None]
        flat = self.weights.sheet[: b * h]
        sheet = flat.reshape(b, h, K, n)
        for k, blocks in enumerate(self.feeds):
            _sum_of_products(
                [(split[:, :, r], gates[:, :, r, k]) for r in blocks], sheet[:, :, k]
            )
        np.matmul(flat, self.weights.stacked, out=out.reshape(b * h, p * n)[:, :n])
        if self.carry is not None:
            carry = self.carry[t, at][:, None]
            self._add_carried(split, carry, out.reshape(b, h, p, n))

    def _times_formed(self, t: int, b: int, rows: Array, out: Array) -> None:
        p, _, n = self.gates.shape[2:]
        split = rows.reshape(len(rows), p, n)
        if self.relay is not None:
            split[:, -1] += self.relay[t, b] * split[:, 0]
        formed = self.weights.formed
        by_unit = self.gates[t, b].transpose(2, 0, 1)
        np.matmul(by_unit, self.weights.by_unit, out=formed.swapaxes(0, 1))
        np.matmul(rows, formed.reshape(p * n, n), out=out[:, :n])
        if self.carry is not None:
            self._add_carried(split, self.carry[t, b], out.reshape(len(rows), p, n))

    def _add_carried(self, split: Array, carry: Array, out: Array) -> None:
        """Add what is carried along to `out`, whose first block is there already."""
        for s in range(out.shape[-2]):
            terms = [
                (split[..., r, :], carry[..., r, s, :])
                for r, column in self.carries
                if column == s
            ]
            if s == 0:
                _add_products(terms, out[..., s, :])
            else:
                _sum_of_products(terms, out[..., s, :])


def _sum_of_products(terms: list[tuple[Array, Array]], out: Array) -> None:
    """Write Σ x ∘ y to `out`."""
    if terms:
        np.multiply(*terms[0], out=out)
        _add_products(terms[1:], out)
    else:
        out[...] = 0.0


def _add_products(terms: list[tuple[Array, Array]], out: Array) -> None:
    for x, y in terms:
        out += x * y
