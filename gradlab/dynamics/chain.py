"""A chain of Jacobians J_1 … J_T that knows its order: ∂h_T/∂h_0 = J_T ⋯ J_1.

It offers that product from the left and from the right, and no other.
"""

import math
from collections.abc import Iterator
from typing import final

import numpy as np

from gradlab._checks import require_array, require_count, require_memory, require_stack
from gradlab.cells.factored import (
    AbstractJacobian,
    DenseJacobian,
    TransposedJacobian,
)
from gradlab.dynamics.rows import ScaledRows
from gradlab.errors import InputError, InputTypeError, RangeError, ShapeError
from gradlab.linalg.scaled import Scaled
from gradlab.typing import Array, Factors, Matrix

__all__ = ["JacobianChain", "require_sequence"]

_BLOCK = 64  # steps made dense at once: few calls, and never n²T in memory
_STATES = 2**18  # entries of the states of a block
_SMALL = 32  # rows up to which a dense Jacobian is cheaper than a factored one's calls


@final
class JacobianChain:
    """Jacobians J_1 … J_T in time order, factored or dense.

    Parameters
    ----------
    factors : (T, n, n) array_like or AbstractJacobian
        ``factors[0]`` is J_1, which acts first; the product is J_T ⋯ J_1.  A factored
        Jacobian may also hold a batch (T, B, n, n); its sequences never mix.

        An array of float64 is not copied, for T n² numbers may fill the memory: what
        its owner changes in it later is changed in the chain, which itself can only
        read it.  Anything else is copied.

    Raises
    ------
    ShapeError, NonFiniteError
        If `factors` are not a finite stack of square matrices.

    Examples
    --------
    >>> chain = JacobianChain([[[1.0, 1.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 1.0]]])
    >>> chain.tangent(np.eye(2)).to_float()  # J_2 J_1
    array([[2., 2.],
           [0., 1.]])
    """

    def __init__(self, factors: object) -> None:
        if not isinstance(factors, AbstractJacobian):
            stack = require_stack("factors", factors).view()
            stack.setflags(write=False)
            factors = DenseJacobian(stack)
        shape = factors.shape
        if len(shape) not in (3, 4) or shape[-1] != shape[-2]:
            raise ShapeError("factors", "(T, n, n) or (T, B, n, n)", shape)
        self._pieces: tuple[AbstractJacobian, ...] = (factors,)

    def __len__(self) -> int:
        """T, the number of Jacobians."""
        return sum(piece.shape[0] for piece in self._pieces)

    @property
    def size(self) -> int:
        """n, the number of rows and columns of every Jacobian."""
        return self._pieces[0].shape[-1]

    @property
    def batch(self) -> tuple[int, ...]:
        """(B,) for the chains of a batch of sequences, () for a single one."""
        return self._pieces[0].shape[1:-2]

    @property
    def pieces(self) -> tuple[AbstractJacobian, ...]:
        """The stretches of time in which the Jacobians are of one kind, in order."""
        return self._pieces

    def __getitem__(self, index: slice) -> "JacobianChain":
        """Return J_{s+1} … J_t for ``chain[s:t]``, a stretch of time."""
        if not isinstance(index, slice) or index.step not in (None, 1):
            message = f"a chain is cut as chain[s:t], without a step; got {index}."
            raise InputTypeError(message)
        start, stop, _ = index.indices(len(self))
        pieces, begin = [], 0
        for piece in self._pieces:
            low, high = max(start - begin, 0), max(stop - begin, 0)
            pieces.append(piece[low:high])
            begin += piece.shape[0]
        filled = [piece for piece in pieces if piece.shape[0]]
        return self._of(*(filled or pieces[:1]))

    def then(self, later: "JacobianChain") -> "JacobianChain":
        """Return this chain followed in time by a later one.

        Raises
        ------
        ShapeError
            If the two do not fit together in n and B.
        """
        here, there = (chain._pieces[0].shape[1:] for chain in (self, later))
        if here != there:
            letters = "(T, n, n)" if len(here) == 2 else "(T, B, n, n)"
            expected = f"{letters} = (T, {', '.join(map(str, here))})"
            raise ShapeError("later", expected, (len(later), *there))
        return self._of(*self._pieces, *later._pieces)

    def transpose(self) -> "JacobianChain":
        """Return the chain J_Tᵀ, …, J_1ᵀ, whose product is (J_T ⋯ J_1)ᵀ."""
        return self._of(*(TransposedJacobian(p[::-1]) for p in self._pieces[::-1]))

    def sequence(self, b: int) -> "JacobianChain":
        """Return the chain of sequence b = 0 … B − 1 of a batch."""
        index = require_sequence(b, self.batch)
        return self._of(*(piece[:, index] for piece in self._pieces))

    def __iter__(self) -> Iterator[Matrix]:
        """Yield J_1, J_2, … as (n, n) arrays, a few at a time in memory."""
        self._refuse_batch()
        for piece in self._pieces:
            for start in range(0, piece.shape[0], _BLOCK):
                yield from piece[start : start + _BLOCK].dense()

    def factors(self) -> Factors:
        """Return all Jacobians as one array (T, n, n); n²T numbers in memory.

        Raises
        ------
        InputError
            If memory does not hold them.
        """
        each = math.prod(self.batch) * self.size**2
        require_memory("T", len(self), each * len(self))
        return np.concatenate([piece.dense() for piece in self._pieces])

    def tangent(self, V: object) -> Scaled:
        """Return J_T ⋯ J_1 V for V (n, k), as mantissa · 2^exponent."""
        self._refuse_batch()
        columns = require_array("V", V, "(n, k)", sizes={"n": self.size})
        return self._carried(columns)

    def adjoint(self, U: object) -> Scaled:
        """Return Uᵀ J_T ⋯ J_1 for U (n, k), as mantissa · 2^exponent."""
        self._refuse_batch()
        columns = require_array("U", U, "(n, k)", sizes={"n": self.size})
        product = self.transpose()._carried(columns)
        return Scaled(product.mantissa.T, product.exponent)

    def log_abs_dets(self) -> Array:
        """Return ln|det J_t| for every t, (T,) or (T, B) nats; −inf where singular."""
        return np.concatenate([piece.log_abs_det() for piece in self._pieces])

    def backpropagate(self, sources: object, *, xi: object = None) -> Array:
        """Return λ_t = δ_t + ξ_{t+1} λ_{t+1} J_{t+1} for t = 0 … T; λ_T = δ_T, δ_0 = 0.

        Parameters
        ----------
        sources : (T, n) or (T, B, n) array_like
            δ_1 … δ_T: what enters at each step, such as ∂ℓ_t/∂h_t.
        xi : (T,) or (T, B) array_like, optional
            ξ_1 … ξ_T: 1 unless told; ξ_t = 0 cuts between h_{t−1} and h_t.  In a batch
            the sequences may have their own.

        Returns
        -------
        (T + 1, n) or (T + 1, B, n) array
            λ_0 … λ_T, indexed as the states are.  λ_0 is what flows out at the start:
            with it added to the last source of an earlier chain, the sweep goes on.

        Raises
        ------
        RangeError
            If a cotangent overflows float64; `log_cotangent_norms` does not.
        """
        deltas = self._as_sources(sources)
        passed = np.ones(len(self)) if xi is None else self._as_passed(xi)
        cotangents = np.concatenate([np.zeros((1, *deltas.shape[1:])), deltas])
        with np.errstate(over="ignore", invalid="ignore"):
            for t, J in self._steps_back():
                if passed[t].any():
                    cotangents[t] += _passed_on(passed[t], _times(J, cotangents[t + 1]))
        finite = np.isfinite(cotangents).reshape(len(cotangents), -1).all(axis=1)
        if not finite.all():
            raise RangeError(int(np.flatnonzero(~finite)[-1]))
        return cotangents

    def log_cotangent_norms(self, sources: object) -> Array:
        """Return ln‖λ_t‖₂ in nats for the λ_0 … λ_T of `backpropagate`, at any size.

        Every λ_t is carried as mantissa · 2^exponent: none overflows or is lost.

        Parameters
        ----------
        sources : (T, n) or (T, B, n) array_like
            δ_1 … δ_T.

        Returns
        -------
        (T + 1,) or (T + 1, B) array
            −inf where λ_t is exactly zero.
        """
        return self.scaled_cotangents(sources).log_norms()

    def scaled_cotangents(self, sources: object) -> ScaledRows:
        """Return λ_0 … λ_T of `backpropagate` as mantissa · 2^exponent, at any size.

        Parameters
        ----------
        sources : (T, n) or (T, B, n) array_like, or ScaledRows of them
            δ_1 … δ_T.

        Returns
        -------
        ScaledRows
            Rows (T + 1, n) or (T + 1, B, n); not all of them are normalised.
        """
        if not isinstance(sources, ScaledRows):
            sources = ScaledRows(self._as_sources(sources), np.zeros((), np.int64))
        self._as_sources(sources.mantissa)
        shape = (len(self) + 1, *sources.mantissa.shape[1:])
        rows = ScaledRows(np.empty(shape), np.empty(shape[:-1], np.int64))
        for t, row in self._scaled_back(sources):
            rows.mantissa[t], rows.exponent[t] = row.mantissa, row.exponent
        return rows

    def _scaled_back(self, deltas: ScaledRows) -> Iterator[tuple[int, ScaledRows]]:
        """Yield (t, λ_t) from t = T down to 0."""
        exponents = np.broadcast_to(deltas.exponent, deltas.mantissa.shape[:-1])
        row = ScaledRows.of(deltas.mantissa[-1], exponents[-1])
        yield len(self), row
        for t, J in self._steps_back():
            row = ScaledRows.of(_times(J, row.mantissa), row.exponent)
            if t and deltas.mantissa[t - 1].any():
                row = row.plus(ScaledRows.of(deltas.mantissa[t - 1], exponents[t - 1]))
            yield t, row

    def _as_sources(self, sources: object) -> Array:
        shape = (len(self), *self.batch, self.size)
        names = ("T", "B", "n") if self.batch else ("T", "n")
        sizes = dict(zip(names, shape, strict=True))
        return require_array("sources", sources, f"({', '.join(names)})", sizes=sizes)

    def _as_passed(self, xi: object) -> Array:
        own = self.batch and np.ndim(xi) > 1  # type: ignore[arg-type]
        letters = "(T, B)" if own else "(T,)"
        sizes = {"T": len(self)} | ({"B": self.batch[0]} if own else {})
        return require_array("xi", xi, letters, sizes=sizes)

    def _carried(self, columns: Array) -> Scaled:
        product = Scaled.of(columns)
        for J in self._steps():
            product = _applied(J, product)
        return product

    def _steps(self) -> Iterator[AbstractJacobian]:
        """Yield J_1, J_2, …, ready to be applied."""
        for piece in self._pieces:
            steps = _steps_at_once(piece)
            for start in range(0, piece.shape[0], steps):
                block = _handy(piece[start : start + steps].evaluated())
                yield from (block[t] for t in range(block.shape[0]))

    def _steps_back(self) -> Iterator[tuple[int, AbstractJacobian]]:
        """Yield (t, J_{t+1}ᵀ) from t = T − 1 down to 0."""
        return zip(range(len(self))[::-1], self.transpose()._steps(), strict=True)

    def _refuse_batch(self) -> None:
        if self.batch:
            message = "this chain holds a batch; take one sequence with .sequence(b)."
            raise InputError(message)

    @classmethod
    def _of(cls, *pieces: AbstractJacobian) -> "JacobianChain":
        chain = cls(pieces[0])
        chain._pieces = pieces
        return chain


def require_sequence(b: object, batch: tuple[int, ...]) -> int:
    """Return `b` if it is a sequence of a batch (B,), counted from 0."""
    if not batch:
        message = "this is a single sequence, not a batch."
        raise InputError(message)
    index = require_count("b", b, minimum=0)
    if index >= batch[0]:
        message = f"`b` must be in 0 … {batch[0] - 1}; got {index}."
        raise InputError(message)
    return index


def _steps_at_once(piece: AbstractJacobian) -> int:
    rows = math.prod(piece.shape[1:-1])  # of a whole batch
    return min(max(_STATES // max(rows, 1), 1), _BLOCK)


def _handy(block: AbstractJacobian) -> AbstractJacobian:
    """Return the block in the form whose products take least time."""
    rows = math.prod(block.shape[1:-1])  # of a whole batch
    return DenseJacobian(block.dense()) if rows <= _SMALL else block


def _times(J: AbstractJacobian, v: Array) -> Array:
    """Return J v for v (n,) or, sequence by sequence, (B, n)."""
    return J.tangent(v[..., None])[..., 0]


def _passed_on(xi: Array, rows: Array) -> Array:
    """Return ξ · rows; a cut stays a cut where 0 · inf would be NaN."""
    if xi.ndim == 0:
        return xi * rows
    weights = xi[:, None]
    return np.multiply(weights, rows, out=np.zeros_like(rows), where=weights != 0)


def _applied(J: AbstractJacobian, product: Scaled) -> Scaled:
    """Return J · product; the mantissa is at most 1, so only J's own range matters."""
    if isinstance(J, DenseJacobian):
        return product.after(J.matrices)
    image = Scaled.of(J.tangent(product.mantissa))
    return Scaled(image.mantissa, image.exponent + product.exponent)
