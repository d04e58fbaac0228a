"""Blocks ∂h_T/∂s_t of many sequences on their way back, each with its sketch on top.

Everything is mantissa · 2^exponent, with one exponent for the sketch of what was left
out of a sequence's block and one for the block itself.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, final

import numpy as np

from gradlab._checks import require_memory
from gradlab.gradients._compression import INFLATION, SKETCH, split
from gradlab.gradients._row_products import AbstractProducts
from gradlab.gradients._spectra import Subspace, leading_eigenvalues
from gradlab.typing import Array

__all__ = [
    "Measured",
    "Packet",
    "log_bound_of_sketch",
    "repacked",
    "rescale",
    "sum_of_squares",
]

_LN2 = math.log(2.0)
_STEP = 4  # ranks are rounded up to a multiple, so that few packets hold a batch
_LOW, _HIGH = 2.0**-24, 2.0**24  # squares of rows that are not rescaled
_RANGE = 120  # powers of two that float32 has on both sides of 1
_LARGE = 128  # rows above which Gram matrices are taken in the block's own precision
_RTOL = 2e-8, 1e-15  # of squares of singular values, of rows in float32 and float64
_SPREAD = 0.05  # of λ_1: a λ below it is not right in a Gram matrix of float32
_SMALL = 2.0**-60  # a sum of squares below it may have lost some to underflow

_SKETCH, _BLOCK = range(2)
_PARTS = (slice(0, SKETCH), slice(SKETCH, None))


class Measured(NamedTuple):
    """ln σ_1 ≥ … (b, count), of the hidden columns (b,), and ln‖·‖_F (b,), in nats."""

    singular: Array
    hidden: Array
    frobenius: Array


@final
@dataclass(eq=False)
class Packet:
    """Sequences (b,) whose blocks have equally many rows.

    Attributes
    ----------
    sequences : (b,) array of int
    rows : (b, SKETCH + r, n) array
        The sketch, then the block.
    exponent : (2, b) array of int
    """

    sequences: Array
    rows: Array
    exponent: Array
    _spare: Array = field(init=False)
    _near: list[Subspace | None] = field(default_factory=lambda: [None, None])
    _flat: bool = True

    def __post_init__(self) -> None:
        """Make room for the rows of the next step."""
        self._spare = np.empty_like(self.rows)

    @classmethod
    def first(cls, batch: int, hidden: int, n: int, dtype: type) -> "Packet":
        """Return the blocks ∂h_T/∂s_T = (I, 0)."""
        height = SKETCH + hidden
        # The rows and those of the next step, in units of 8 bytes.
        numbers = 2 * batch * height * n * np.dtype(dtype).itemsize // 8
        require_memory("B", batch, numbers)
        rows: Array = np.zeros((batch, height, n), dtype)
        rows[:, SKETCH:, :hidden] = np.eye(hidden)
        return cls(np.arange(batch), rows, np.zeros((2, batch), dtype=np.int64))

    @property
    def rank(self) -> int:
        """Rows of a block; some may be zero."""
        return self.rows.shape[1] - SKETCH

    def part(self, which: int) -> Array:
        """Return the rows of one part (b, ·, n), a view."""
        return self.rows[:, _PARTS[which]]

    def advance(self, products: AbstractProducts, t: int, exponent: Array) -> None:
        """Multiply all rows by the Jacobian of step t of a stretch."""
        products.times(t, self.sequences, self.rows, self._spare)
        self.rows, self._spare = self._spare, self.rows
        self.exponent += exponent[self.sequences]

    def measure(self, hidden: int, leading: int) -> Measured:
        """Return the sizes of the blocks, and bring them near 1 for the next step."""
        block = self.part(_BLOCK)
        fast = block.dtype == np.float32 and self.rank > _LARGE and self._flat
        if not fast:
            block = block.astype(np.float64, copy=False)
        of_hidden = _gram(block[..., :hidden])
        G = of_hidden
        if hidden < block.shape[-1]:
            G = _gram(block[..., hidden:])
            G += of_hidden
        rtol = _RTOL[self.rows.dtype == np.float64]
        values, self._near[0] = leading_eigenvalues(
            G, leading, self._near[0], rtol=rtol
        )
        trace = np.trace(G, axis1=1, axis2=2)
        if fast:
            values, self._flat = _refined(values, self._near[0], block, trace)
            if not self._flat:
                return self.measure(hidden, leading)
        tops = values[:, :1]
        if G is not of_hidden:
            tops, self._near[1] = leading_eigenvalues(
                of_hidden, 1, self._near[1], rtol=rtol
            )
        logs = self.exponent[_BLOCK] * _LN2
        self._rescale(_BLOCK, trace)
        return Measured(
            _half_log(values) + logs[:, None],
            _half_log(tops[:, 0]) + logs,
            _half_log(trace) + logs,
        )

    def log_sketch(self) -> Array:
        """Return ln‖X‖_F (b,) of the sketch in nats, and bring it near 1."""
        squares = sum_of_squares(self.part(_SKETCH))
        logs = _half_log(squares) + self.exponent[_SKETCH] * _LN2
        self._rescale(_SKETCH, squares)
        return logs

    def _rescale(self, which: int, squares: Array) -> None:
        self.exponent[which] += rescale(self.part(which), squares)

    def without_small_rows(
        self, *, tol: float, rank: int, rng: np.random.Generator
    ) -> Iterable[tuple[int, Array, Array]]:
        """Yield (sequence, its rows, its exponents), small rows moved to the sketch."""
        for i, b in enumerate(self.sequences):
            rows, exponent = self.rows[i], self.exponent[:, i]
            found = split(rows[SKETCH:], tol=tol, rank=rank, rng=rng)
            if found is not None:
                sketch, exponent = _joined(rows[:SKETCH], found.sketch, exponent)
                rows = np.concatenate([sketch.astype(rows.dtype), found.kept])
            yield int(b), rows, exponent

    def only(self, staying: Array) -> "Packet | None":
        """Return the packet of those sequences of it that stay, (B,) of bool."""
        here = staying[self.sequences]
        if here.all():
            return self
        if not here.any():
            return None
        return Packet(self.sequences[here], self.rows[here], self.exponent[:, here])


def repacked(blocks: Iterable[tuple[int, Array, Array]]) -> list[Packet]:
    """Return packets of sequences with about equally many rows, padded with zeros."""
    by_height: dict[int, list[tuple[int, Array, Array]]] = {}
    for block in blocks:
        by_height.setdefault(-(-len(block[1]) // _STEP), []).append(block)
    packets = []
    for members in by_height.values():
        sequences, parts, exponents = zip(*members, strict=True)
        height = max(map(len, parts))
        rows = np.zeros((len(members), height, parts[0].shape[1]), parts[0].dtype)
        for place, part in zip(rows, parts, strict=True):
            place[: len(part)] = part
        packets.append(Packet(np.array(sequences), rows, np.stack(exponents, axis=1)))
    return packets


def rescale(rows: Array, squares: Array) -> Array:
    """Divide rows (b, h, n) by powers of two where ‖·‖² is far from 1; return these.

    In place.  A square of 0 may have underflowed, so the entries are looked at then.
    """
    if squares.min() > _LOW and squares.max() < _HIGH:
        return np.zeros(len(rows), dtype=np.int64)
    largest = np.maximum(rows.max(axis=(1, 2)), -rows.min(axis=(1, 2)))
    exponent = np.clip(np.frexp(largest)[1], -_RANGE, _RANGE)
    if exponent.any():
        rows *= np.ldexp(np.ones((), rows.dtype), -exponent)[:, None, None]
    return exponent


def log_bound_of_sketch(log_sketch: Array) -> Array:
    """Return ln of what ‖A‖_F exceeds with probability DOUBT at most."""
    return log_sketch + math.log(INFLATION) / 2


def _joined(X: Array, Y: Array, exponent: Array) -> tuple[Array, Array]:
    """Return X · 2^e_X + Y · 2^e_K and all exponents anew."""
    exponent = exponent.copy()
    if not X.any():
        exponent[_SKETCH] = exponent[_BLOCK]
    shift = int(exponent[_BLOCK] - exponent[_SKETCH])
    low, high = min(shift, 0), max(shift, 0)  # each is shifted down, never up
    exponent[_SKETCH] += high
    return np.ldexp(X.astype(np.float64), -high) + np.ldexp(Y, low), exponent


def _gram(rows: Array) -> Array:
    return rows @ np.swapaxes(rows, 1, 2)


def _refined(
    values: Array, near: Subspace | None, block: Array, trace: Array
) -> tuple[Array, bool]:
    """Return Ritz values of K Kᵀ from Uᵀ K itself, and whether they can be trusted.

    Squares of float32 over- or underflow early, and what is far below λ_1 is lost.
    """
    if near is None:
        return values, False
    rows = np.swapaxes(near.columns, 1, 2) @ block
    count = values.shape[1]
    found = np.linalg.eigvalsh(_gram(rows.astype(np.float64)))[:, ::-1][:, :count]
    flat = (found[:, -1] >= _SPREAD * found[:, 0]) & (trace > _SMALL)
    return found, bool(flat.all())


def sum_of_squares(rows: Array) -> Array:
    """Return ‖·‖_F² (b,) in float64."""
    wide = rows.astype(np.float64, copy=False)
    return np.einsum("bij,bij->b", wide, wide)


def _half_log(squares: Array) -> Array:
    """Return ln √x; rounding below 0 counts as 0, whose logarithm is −inf."""
    with np.errstate(divide="ignore"):
        return np.log(np.maximum(squares, 0.0).astype(np.float64)) / 2
