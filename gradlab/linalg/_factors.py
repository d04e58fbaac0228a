"""Factors as a sweep takes them: J_t = diag(d_t) A_t, where all may share one A.

The Jacobians of a network are slopes times weights, and the stack of all of them is
never formed.  LU with row pivoting is accurate however uneven the rows of a factor are,
but adds up entries across its columns; so a factor whose columns stay uneven when its
rows are brought to one size, A = A' diag(c), is taken as two, diag(c) and then A', each
of which is uneven in its rows only.
"""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.linalg.powers_of_two import times_power
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["RowScaled", "Steps", "largest", "prepared"]

_EVEN = 2.0**-10  # relative size of a column that costs three digits of it
_LOWEST = -900  # power of two below which products would meet subnormal numbers
_ROOM = 2.0**950  # rows below it stay where they are, whatever n
_MODERATE = 300  # powers of two that the rows of a shared matrix may be away from 1
_LOOP_UP_TO = 8  # entries over which a loop is quicker than a reduction by NumPy


@final
@dataclass(frozen=True, eq=False)
class RowScaled:
    """A stack of factors J_t = diag(rows[t]) matrix, kept in this form; see `of`.

    Attributes
    ----------
    rows : (k, n) ndarray
    matrix : (n, n) ndarray
    sizes : (n,) ndarray
        The largest entry of every row of the matrix, in magnitude.
    """

    rows: Array
    matrix: Matrix
    sizes: Vector

    @classmethod
    def of(cls, rows: Array, matrix: Matrix) -> "RowScaled | None":
        """Return the stack; None where a sweep could not take the matrix as it is.

        >>> RowScaled.of(np.ones((3, 2)), np.array([[1.0, 1e-9], [1.0, 2e-9]])) is None
        True
        """
        (sizes,), (columns,) = _measured(matrix[None])
        _, exponents = np.frexp(sizes[sizes > 0])
        moderate = (np.abs(exponents) <= _MODERATE).all()
        if np.iscomplexobj(rows) or not moderate or (columns <= _EVEN).any():
            return None
        return cls(rows, np.ascontiguousarray(matrix), sizes)

    def __len__(self) -> int:
        """Return the number of factors."""
        return len(self.rows)

    def __getitem__(self, part: slice) -> "RowScaled":
        """Return a stretch of the factors."""
        return RowScaled(self.rows[part], self.matrix, self.sizes)

    def prepared(self) -> "Steps":
        """Return the steps of a sweep over it."""
        rows, sizes = self.rows, np.abs(self.rows) * self.sizes
        move = _move_inside_range(sizes)
        if move.any():
            rows, sizes = (times_power(x, move[:, None]) for x in (rows, sizes))
        done = np.arange(1, len(rows) + 1)
        return Steps(self.matrix[None], rows, sizes, move, done)


@final
@dataclass(frozen=True, eq=False)
class Steps:
    """Steps of a sweep, J_t = diag(scales[t]) matrices[t], read and never written.

    Attributes
    ----------
    matrices : (k, n, n) or (1, n, n) ndarray
        One for each step, or one that all share.
    scales : (k, n) ndarray or None
        None where every factor is its matrix.
    sizes : (k, n) ndarray
        The largest entry of every row of J_t, in magnitude.
    powers : (k,) ndarray of int
        J_t is 2^powers[t] times what it stands for.
    done : (k,) ndarray of int
        How many factors of the stack are gone after each step.
    """

    matrices: Array
    scales: Array | None
    sizes: Array
    powers: Array
    done: Array

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.sizes)

    @property
    def n(self) -> int:
        """The size of the factors."""
        return self.sizes.shape[1]

    @property
    def shift(self) -> float:
        """Ln of what their product is smaller by than that of the factors."""
        return -math.log(2.0) * float(self.powers.sum())

    def __getitem__(self, part: slice) -> "Steps":
        """Return a stretch of the steps."""
        matrices = self.matrices[part] if self.scales is None else self.matrices
        scales = None if self.scales is None else self.scales[part]
        rest = self.sizes[part], self.powers[part], self.done[part]
        return Steps(matrices, scales, *rest)

    def dense(self, steps: slice | Array) -> Factors:
        """Return some of the factors as an array (k, n, n)."""
        if self.scales is None:
            return self.matrices[steps]
        return self.scales[steps][:, :, None] * self.matrices


def prepared(stack: Factors | RowScaled) -> Steps:
    """Return the steps of a sweep over a stack, of which a factor may take two."""
    if isinstance(stack, RowScaled):
        return stack.prepared()
    stack, sizes, done = _with_even_columns(np.ascontiguousarray(stack))
    move = _move_inside_range(sizes)
    moved = np.flatnonzero(move)
    if len(moved):
        stack, sizes = stack.copy(), sizes.copy()
        stack[moved] = times_power(stack[moved], move[moved, None, None])
        sizes[moved] = times_power(sizes[moved], move[moved, None])
    return Steps(stack, None, sizes, move, done)


def _with_even_columns(stack: Factors) -> tuple[Factors, Array, Array]:
    """Return a stack with the same product and even columns, and its row sizes.

    Also how many of the given factors are gone after each of these.
    """
    sizes, columns = _measured(stack)
    uneven = np.flatnonzero(~(columns > _EVEN).all(axis=1))
    done = np.arange(1, len(stack) + 1)
    if not len(uneven):
        return stack, sizes, done
    # Powers of two, so that A' and diag(c) are exact.
    c = np.ldexp(1.0, np.frexp(columns[uneven])[1] - 1)
    stack = stack.copy()
    stack[uneven] /= c[:, None, :]
    stack = np.insert(stack, uneven, np.eye(stack.shape[1]) * c[:, None, :], axis=0)
    return stack, largest(np.abs(stack), 2), np.insert(done, uneven, uneven)


def _measured(stack: Factors) -> tuple[Array, Array]:
    """Return the sizes of rows, and those of columns when rows have size 1."""
    entries = np.abs(stack)
    sizes = largest(entries, 2)
    entries /= np.where(sizes > 0, sizes, 1.0)[:, :, None]
    columns = largest(entries, 1)
    columns[columns == 0.0] = 1.0
    return sizes, columns


def largest(entries: Array, axis: int) -> Array:
    """Return the maximum of nonnegative numbers over an axis, 0 if there are none.

    >>> largest(np.array([[1.0, 3.0], [2.0, 0.0]]), 1).tolist()
    [3.0, 2.0]
    """
    if not 0 < entries.shape[axis] <= _LOOP_UP_TO:
        return entries.max(axis=axis, initial=0.0)
    first, *others = np.moveaxis(entries, axis, 0)
    found = first.copy()
    for line in others:
        np.maximum(found, line, out=found)
    return found


def _move_inside_range(sizes: Array) -> Array:
    """Return for each step the power of two that brings it inside float64's range.

    Nothing is rounded then; almost always all of them are 0.
    """
    tops = largest(sizes, 1)
    if tops.min(initial=1.0) > 2.0**_LOWEST and tops.max(initial=1.0) < _ROOM:
        return np.zeros(len(tops), np.int64)
    _, exponents = np.frexp(tops)
    highest = 1020 - sizes.shape[1].bit_length()
    move = np.where(exponents > highest, highest - exponents, 0)
    return np.where(exponents < _LOWEST, -exponents, move)
