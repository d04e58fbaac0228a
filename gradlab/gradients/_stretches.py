"""A run from its end to its start, some steps at a time: J_t = 2^e Ĵ_t with Ĵ near 1.

The Jacobians of a stretch are made when it is their turn, and dropped after it: never
those of a whole run.  Powers of two are taken out of them, so that slopes far below the
range of float32 do as well as others.
"""

import copy
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.cells.base import AbstractCell
from gradlab.cells.factored import AbstractJacobian, GatedJacobian
from gradlab.dynamics import Trajectory
from gradlab.gradients._row_products import (
    AbstractProducts,
    DenseProducts,
    GatedProducts,
    Weights,
)
from gradlab.typing import Array

__all__ = ["Stretch", "stretches_back"]

_STATES = 2**17  # entries of the states of a stretch, so that its slopes stay in cache
_STEPS = 256
_NEAR = 16  # binary orders around 1 within which nothing is scaled
_FAR = 2.0**48
_NOTHING = -(2**13)  # below every exponent of a float64, products of two included


@final
@dataclass(frozen=True, eq=False)
class Stretch:
    """Some consecutive steps of a run, with J = 2^exponent Ĵ.

    Attributes
    ----------
    start : int
        The first of its steps takes ``states[start]`` on.
    exponent : (steps, B) array of int
    products : tuple of AbstractProducts
        Ĵ in every precision asked for.
    """

    start: int
    exponent: Array
    products: tuple[AbstractProducts, ...]

    def __len__(self) -> int:
        """Return the number of its steps."""
        return len(self.exponent)


def stretches_back(
    trajectory: Trajectory, dtypes: tuple[type, ...]
) -> Iterator[Stretch]:
    """Yield the stretches of a batch from the last one back, a few steps at a time.

    Where float32 is all that is asked for, the slopes are evaluated in it as well.
    """
    states = trajectory.states[:-1]
    steps = min(max(_STATES // states[0].size, 1), _STEPS)
    source = _Slopes.of(trajectory, quick=dtypes == (np.float32,))
    gates: _Gates | None = None
    for start in range(0, len(states), steps)[::-1]:
        part = slice(start, start + steps)
        J = source.at(states[part], trajectory.inputs[part])
        if isinstance(J, GatedJacobian):
            gates = gates or _Gates.of(J, dtypes)
            exponent, products = gates.products(J)
        else:
            exponent, matrices = _near_one(_dense(J))
            products = tuple(
                DenseProducts(matrices.astype(dtype, copy=False)) for dtype in dtypes
            )
        shape = len(states[part]), states.shape[1]
        yield Stretch(start, np.broadcast_to(exponent, shape), products)


@final
@dataclass(frozen=True, eq=False)
class _Gates:
    """What the stretches of one cell share: its weights W = 2^taken Ŵ, max|W| < 2^size.

    The relay is left as it is: what the last block passes on is hardly larger than it.
    """

    weights: tuple[Weights, ...]
    size: int
    taken: int

    @classmethod
    def of(cls, J: GatedJacobian, dtypes: tuple[type, ...]) -> "_Gates":
        size = int(_exponents(J.weights, axes=2))
        taken = 0 if abs(size) <= _NEAR or size == _NOTHING else size
        near = dataclasses.replace(J, weights=np.ldexp(J.weights, -taken))
        return cls(tuple(Weights.of(near, dtype) for dtype in dtypes), size, taken)

    def products(self, J: GatedJacobian) -> tuple[Array, tuple[AbstractProducts, ...]]:
        exponent = _exponents(J.gates, axes=2) + self.size
        if J.carry is not None:
            exponent = np.maximum(exponent, _exponents(J.carry, axes=1))
        exponent = _taken_out(exponent)
        if self.taken or exponent.any():
            shift = -exponent[..., None]
            carry = None if J.carry is None else np.ldexp(J.carry, shift)
            gates = np.ldexp(J.gates, shift[..., None] + self.taken)
            J = dataclasses.replace(J, gates=gates, carry=carry)
        return exponent, tuple(GatedProducts.of(J, W) for W in self.weights)


@final
@dataclass(frozen=True, eq=False)
class _Slopes:
    """Where the slopes come from: a cell, and its twin in float32 if there is one."""

    cell: AbstractCell
    narrow: AbstractCell | None

    @classmethod
    def of(cls, trajectory: Trajectory, *, quick: bool) -> "_Slopes":
        cell = trajectory.cell
        first = cell.slopes(trajectory.states[0], trajectory.inputs[0])
        far = any(_is_far(W) or _is_small(W) for W in cell.params.values())
        if not quick or far or not isinstance(first, GatedJacobian):
            return cls(cell, None)
        twin = copy.copy(cell)
        for name, value in cell.params.items():
            object.__setattr__(twin, name, value.astype(np.float32))
        return cls(cell, twin)

    def at(self, h: Array, x: Array) -> AbstractJacobian:
        """Return ∂h'/∂h, in float32 where that has the range for it."""
        if self.narrow is None:
            return self.cell.slopes(h, x)
        with np.errstate(over="ignore"):  # an inf is far
            narrow = h.astype(np.float32), x.astype(np.float32)
        if not any(map(_is_far, narrow)):
            J = self.narrow.slopes(*narrow)
            if isinstance(J, GatedJacobian) and not _is_low(J.gates):
                return J
        return self.cell.slopes(h, x)


def _is_far(array: Array) -> bool:
    """Whether products of two such arrays may leave the range of float32."""
    return _largest(array) > _FAR


def _is_small(array: Array) -> bool:
    """Whether an array is not zero and yet may be nothing in float32."""
    return 0 < _largest(array) < 1 / _FAR


def _is_low(gates: Array) -> bool:
    """Whether all slopes of some step and sequence have left the neighbourhood of 1."""
    return bool((_exponents(gates, axes=2) < -_NEAR).any())


def _largest(array: Array) -> float:
    return float(max(array.max(initial=0.0), -array.min(initial=0.0)))


def _dense(J: AbstractJacobian) -> Array:
    """Return matrices (steps, B, n, n), or (1, 1, n, n) where all are one and same."""
    matrices = J.dense()
    return matrices[:1, :1] if matrices.strides[:2] == (0, 0) else matrices


def _near_one(matrices: Array) -> tuple[Array, Array]:
    """Return exponents and matrices / 2^exponent."""
    exponent = _taken_out(_exponents(matrices, axes=2))
    if exponent.any():
        matrices = np.ldexp(matrices, -exponent[..., None, None])
    return exponent, matrices


def _taken_out(exponent: Array) -> Array:
    """Return the exponents to take out: none if all are near 0, none of zeros."""
    exponent = np.where(exponent <= _NOTHING // 2, 0, exponent)
    return exponent if (np.abs(exponent) > _NEAR).any() else np.zeros_like(exponent)


def _exponents(array: Array, *, axes: int) -> Array:
    """Return e with max|x| in [2^(e − 1), 2^e) over the last axes."""
    last = tuple(range(-axes, 0))
    largest = np.maximum(array.max(axis=last), -array.min(axis=last))
    return np.where(largest > 0, np.frexp(largest)[1], _NOTHING).astype(np.int64)
