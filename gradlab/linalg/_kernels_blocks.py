"""Products of a sweep in registers: M_ij = d_i Σ_k A[i, order_k] L_kj.

The sums of four rows and eight columns of M stay in registers, and every number that is
loaded is used four or eight times.  Numba has no type for a register, so the loop over
k is written for LLVM, which splits vectors of eight where registers are shorter.
Compiled lines are invisible to coverage; the tests of the engines run them all.
"""

from typing import Any

import llvmlite.ir
import numba
from numba.extending import intrinsic

from gradlab.linalg._kernels_blas import COMPILED
from gradlab.typing import Array, Matrix, Vector

__all__ = ["LANES", "times_frame"]

LANES = 8  # columns of a block
_ROWS = 4  # of a block
_WHOLE, _REAL = llvmlite.ir.IntType(64), llvmlite.ir.DoubleType()
_WIDE = llvmlite.ir.VectorType(_REAL, LANES)


@numba.njit(**COMPILED)
def times_frame(
    A: Matrix, d: Vector, order: Array, L: Matrix, r: int, lower: bool, M: Matrix
) -> None:  # pragma: no cover
    """Set M = diag(d) A[:, order] L, for L (n, r) with whole blocks of columns.

    A `lower` L has explicit zeros above its diagonal where a block crosses it.  Rows of
    M are filled up to whole blocks with zeros.
    """
    n = len(order)
    places, columns = order.ctypes.data, L.ctypes.data
    for i in range(0, n, _ROWS):
        # Rows behind the last one are the last one times 0.
        a, b, c = min(i + 1, n - 1), min(i + 2, n - 1), min(i + 3, n - 1)
        x, y, z = d[a] * (i + 1 == a), d[b] * (i + 2 == b), d[c] * (i + 3 == c)
        rows = (_row(A, i), _row(A, a), _row(A, b), _row(A, c))
        for j in range(0, r, LANES):
            first = j if lower else 0
            source = columns + first * L.strides[0] + j * L.itemsize
            target = _row(M, i) + j * M.itemsize
            _add_up(
                rows,
                places + first * order.itemsize,
                (source, L.strides[0]),
                n - first,
                (d[i], x, y, z),
                (target, M.strides[0]),
            )


@numba.njit(**COMPILED)
def _row(M: Matrix, i: int) -> int:  # pragma: no cover
    return M.ctypes.data + i * M.strides[0]


@intrinsic
def _add_up(
    _: Any, rows: Any, places: Any, L: Any, count: Any, scales: Any, M: Any
) -> Any:
    """Fill a block of M; matrices are given by addresses and bytes between rows."""
    signature = numba.types.void(rows, places, L, count, scales, M)

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        rows, places, L, count, scales, M = values
        sums = _sums(builder, _each(builder, rows), places, _each(builder, L), count)
        target, apart = _each(builder, M)
        for total, scale in zip(sums, _each(builder, scales), strict=True):
            scaled = builder.fmul(total, _spread(builder, scale))
            builder.store(scaled, _pointer(builder, target, _WIDE), align=8)
            target = builder.add(target, apart)
        return context.get_dummy_value()

    return signature, generate


def _sums(builder: Any, rows: list[Any], places: Any, L: list[Any], count: Any) -> Any:
    """Generate the loop over k; return a register of sums for each row."""
    before, loop = builder.block, builder.append_basic_block("add_up")
    after = builder.append_basic_block("added_up")
    builder.branch(loop)
    builder.position_at_end(loop)
    k, source = builder.phi(_WHOLE), builder.phi(_WHOLE)
    sums = [builder.phi(_WIDE) for _ in rows]
    for value, start in ((k, _WHOLE(0)), (source, L[0])):
        value.add_incoming(start, before)
    across = builder.load(_pointer(builder, source, _WIDE), align=8)
    order = _pointer(builder, places, _WHOLE)
    column = builder.load(builder.gep(order, [k]))
    grown = []
    for row, total in zip(rows, sums, strict=True):
        entries = _pointer(builder, row, _REAL)
        entry = builder.load(builder.gep(entries, [column]))
        term = builder.fmul(_spread(builder, entry), across, flags=("contract",))
        grown.append(builder.fadd(total, term, flags=("contract",)))
        total.add_incoming(_WIDE([0.0] * LANES), before)
        total.add_incoming(grown[-1], loop)
    following = builder.add(k, _WHOLE(1))
    k.add_incoming(following, loop)
    source.add_incoming(builder.add(source, L[1]), loop)
    builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
    builder.position_at_end(after)
    return grown


def _each(builder: Any, packed: Any) -> list[Any]:
    """Return the members of a tuple."""
    return [builder.extract_value(packed, i) for i in range(packed.type.count)]


def _spread(builder: Any, number: Any) -> Any:
    """Return a register that holds a number in all places."""
    nothing, place = _WIDE(llvmlite.ir.Undefined), llvmlite.ir.IntType(32)
    one = builder.insert_element(nothing, number, place(0))
    everywhere = llvmlite.ir.VectorType(place, LANES)([0] * LANES)
    return builder.shuffle_vector(one, nothing, everywhere)


def _pointer(builder: Any, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())
