"""Eight numbers at a time: inner loops of an LU whose columns lie in memory as rows.

Numba has no type for a register, so these loops are written for LLVM, which splits
vectors of eight where registers are shorter.  Rows are given by addresses, and `blocks`
are eight numbers each.  Compiled lines are invisible to coverage; the tests of the
engines run them all.
"""

from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.ir
import numba
from numba.extending import intrinsic

__all__ = ["LANES", "add_up", "eliminate", "largest", "subtract"]

LANES = 8
_WHOLE, _REAL = llvmlite.ir.IntType(64), llvmlite.ir.DoubleType()
_WHOLES, _REALS = (llvmlite.ir.VectorType(kind, LANES) for kind in (_WHOLE, _REAL))
_PLACES = _WHOLES(list(range(LANES)))
_NONE, _ALL = _WHOLES([0] * LANES), _WHOLES([-1] * LANES)  # bits
_SIZE = _WHOLES([2**63 - 1] * LANES)  # all bits of a float but the sign


@intrinsic
def add_up(
    _: Any, rows: Any, order: Any, A: Any, count: Any, scale: Any, out: Any
) -> Any:
    """Set a block of every row of `out` to d Σ_k x[order_k] A[order_k], x its row.

    A is the address of the block and the bytes from row to row.
    """
    signature = numba.types.void(rows, order, A, count, scale, out)

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        rows, order, A, count, scale, out = values
        address, apart = _each(builder, A)

        def add(k: Any, *sums: Any) -> list[Any]:
            place = _load(builder, order, k, _WHOLE)
            line = builder.add(address, builder.mul(place, apart))
            block = _load(builder, line, _WHOLE(0), _REALS)
            entries = (_load(builder, x, place, _REAL) for x in _each(builder, rows))
            terms = (_times(builder, _spread(builder, x), block) for x in entries)
            return [
                builder.fadd(total, term, flags=("contract",))
                for total, term in zip(sums, terms, strict=True)
            ]

        zeros = [_REALS([0.0] * LANES)] * rows.type.count
        d = _load(builder, scale, _WHOLE(0), _REALS)
        for total, row in zip(
            _loop(builder, count, zeros, add), _each(builder, out), strict=True
        ):
            _store(builder, builder.fmul(total, d), row, _WHOLE(0))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def largest(_: Any, row: Any, gone: Any, blocks: Any) -> Any:
    """Return the place of the largest number of a row, among those not gone."""
    signature = numba.types.int64(row, gone, blocks)

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        row, gone, blocks = values

        def look(k: Any, best: Any, where: Any) -> tuple[Any, Any]:
            x = _load(builder, row, k, _REALS)
            out = _load(builder, gone, k, _WHOLES)
            return _larger(builder, x, out, k, best, where)

        return _place(builder, *_loop(builder, blocks, [_ALL, _NONE], look))

    return signature, generate


@intrinsic
def eliminate(
    _: Any,
    column: Any,
    place: Any,
    inverse: Any,
    factor: Any,
    gone: Any,
    others: Any,
    pivots: Any,
    blocks: Any,
) -> Any:
    """Eliminate a column from others; return the place of the largest of the first.

    The factor is the column over its pivot at `place`, 1 there, which then is gone.
    """
    signature = numba.types.int64(
        column, place, inverse, factor, gone, others, pivots, blocks
    )

    def generate(_: Any, builder: Any, __: Any, values: Any) -> Any:
        column, place, inverse, factor, gone, others, pivots, blocks = values
        others, pivots = _each(builder, others), _each(builder, pivots)
        one, pivot_place = _REALS([1.0] * LANES), _spread(builder, place)

        def step(k: Any, best: Any, where: Any) -> tuple[Any, Any]:
            places = builder.add(_spread(builder, _eight(builder, k)), _PLACES)
            here = builder.icmp_signed("==", places, pivot_place)
            before = _load(builder, gone, k, _WHOLES)
            out = builder.select(here, _ALL, before)
            _store(builder, out, gone, k)
            entries = _load(builder, column, k, _REALS)
            entries = builder.fmul(entries, _spread(builder, inverse))
            f = builder.select(here, one, entries)
            _store(builder, f, factor, k)
            left = [
                _less(builder, _load(builder, other, k, _REALS), [(u, f)], out)
                for other, u in zip(others, pivots, strict=True)
            ]
            for x, other in zip(left, others, strict=True):
                _store(builder, x, other, k)
            return _larger(builder, left[0], out, k, best, where)

        return _place(builder, *_loop(builder, blocks, [_ALL, _NONE], step))

    return signature, generate


@intrinsic
def subtract(_: Any, rows: Any, factors: Any, U: Any, gone: Any, blocks: Any) -> Any:
    """Subtract Σ_a U[q][a] factors[a] from rows[q], for all q; what is gone is 0."""
    signature = numba.types.void(rows, factors, U, gone, blocks)

    def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
        rows, factors, U, gone, blocks = values
        rows, factors = _each(builder, rows), _each(builder, factors)
        U = [_each(builder, of_row) for of_row in _each(builder, U)]

        def step(k: Any) -> list[Any]:
            loaded = [_load(builder, factor, k, _REALS) for factor in factors]
            out = _load(builder, gone, k, _WHOLES)
            for row, of_row in zip(rows, U, strict=True):
                terms = list(zip(of_row, loaded, strict=True))
                x = _less(builder, _load(builder, row, k, _REALS), terms, out)
                _store(builder, x, row, k)
            return []

        _loop(builder, blocks, [], step)
        return context.get_dummy_value()

    return signature, generate


def _loop(
    builder: Any, count: Any, starts: list[Any], step: Callable[..., Sequence[Any]]
) -> Sequence[Any]:
    """Generate a loop over k = 0 … count − 1, count >= 1, that carries values along."""
    before, here = builder.block, builder.append_basic_block("loop")
    builder.branch(here)
    builder.position_at_end(here)
    k = builder.phi(_WHOLE)
    carried = [builder.phi(start.type) for start in starts]
    grown = step(k, *carried)
    following = builder.add(k, _WHOLE(1))
    for value, start, end in zip(
        [k, *carried], [_WHOLE(0), *starts], [following, *grown], strict=True
    ):
        value.add_incoming(start, before)
        value.add_incoming(end, here)
    after = builder.append_basic_block("after")
    builder.cbranch(builder.icmp_signed("<", following, count), here, after)
    builder.position_at_end(after)
    return grown


def _larger(
    builder: Any, x: Any, out: Any, k: Any, best: Any, where: Any
) -> tuple[Any, Any]:
    """Return the largest sizes so far, lane by lane, and the blocks they are in."""
    # The bits of floats are ordered as their sizes; what is gone is below all.
    size = builder.or_(builder.and_(builder.bitcast(x, _WHOLES), _SIZE), out)
    more = builder.icmp_signed(">", size, best)
    blocks = _spread(builder, k)
    return builder.select(more, size, best), builder.select(more, blocks, where)


def _place(builder: Any, best: Any, where: Any) -> Any:
    """Return the first place of the largest size of all lanes."""
    top = _spread(builder, _reduced(builder, "smax", best))
    places = builder.add(_eight(builder, where), _PLACES)
    at_top = builder.icmp_signed("==", best, top)
    return _reduced(builder, "smin", builder.select(at_top, places, _SIZE))


def _reduced(builder: Any, name: str, values: Any) -> Any:
    kind = llvmlite.ir.FunctionType(_WHOLE, [_WHOLES])
    name = f"llvm.vector.reduce.{name}.v{LANES}i64"
    return builder.call(builder.module.declare_intrinsic(name, (), kind), [values])


def _less(builder: Any, x: Any, terms: Sequence[tuple[Any, Any]], out: Any) -> Any:
    """Return x − Σ u f, and exact zeros where rows are gone."""
    for u, f in terms:
        term = _times(builder, _spread(builder, u), f)
        x = builder.fsub(x, term, flags=("contract",))
    kept = builder.and_(builder.bitcast(x, _WHOLES), builder.not_(out))
    return builder.bitcast(kept, _REALS)


def _times(builder: Any, x: Any, y: Any) -> Any:
    return builder.fmul(x, y, flags=("contract",))


def _eight(builder: Any, k: Any) -> Any:
    return builder.shl(k, k.type(3) if k.type is _WHOLE else _WHOLES([3] * LANES))


def _spread(builder: Any, number: Any) -> Any:
    """Return a register that holds a number in all places."""
    nothing = llvmlite.ir.VectorType(number.type, LANES)(llvmlite.ir.Undefined)
    place = llvmlite.ir.IntType(32)
    one = builder.insert_element(nothing, number, place(0))
    everywhere = llvmlite.ir.VectorType(place, LANES)([0] * LANES)
    return builder.shuffle_vector(one, nothing, everywhere)


def _each(builder: Any, packed: Any) -> list[Any]:
    """Return the members of a tuple."""
    return [builder.extract_value(packed, i) for i in range(packed.type.count)]


def _load(builder: Any, address: Any, k: Any, kind: Any) -> Any:
    return builder.load(_at(builder, address, k, kind), align=8)


def _store(builder: Any, value: Any, address: Any, k: Any) -> None:
    builder.store(value, _at(builder, address, k, value.type), align=8)


def _at(builder: Any, address: Any, k: Any, kind: Any) -> Any:
    return builder.gep(builder.inttoptr(address, kind.as_pointer()), [k])
