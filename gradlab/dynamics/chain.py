"""A chain of Jacobians J_1 … J_T that knows its order: ∂h_T/∂h_0 = J_T ⋯ J_1.

It offers that product from the left and from the right, and no other.
"""

import itertools
from collections.abc import Iterator
from typing import final

import numpy as np

from gradlab._checks import require_array, require_stack
from gradlab.cells.factored import (
    AbstractJacobian,
    DenseJacobian,
    TransposedJacobian,
)
from gradlab.errors import InputError, InputTypeError, RangeError, ShapeError
from gradlab.linalg import Scaled
from gradlab.typing import Array, Factors, Matrix

__all__ = ["JacobianChain"]

_BLOCK = 64  # steps made dense at once: few calls, and never n²T in memory


@final
class JacobianChain:
    """Jacobians J_1 … J_T in time order, factored or dense.

    Parameters
    ----------
    factors : (T, n, n) array_like or AbstractJacobian
        ``factors[0]`` is J_1, which acts first; the product is J_T ⋯ J_1.

    Examples
    --------
    >>> chain = JacobianChain([[[1.0, 1.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 1.0]]])
    >>> chain.tangent(np.eye(2)).to_float()  # J_2 J_1
    array([[2., 2.],
           [0., 1.]])
    """

    def __init__(self, factors: object) -> None:
        if not isinstance(factors, AbstractJacobian):
            factors = DenseJacobian(require_stack("factors", factors))
        self._pieces: tuple[AbstractJacobian, ...] = (factors,)

    def __len__(self) -> int:
        """T, the number of Jacobians."""
        return sum(piece.shape[0] for piece in self._pieces)

    @property
    def size(self) -> int:
        """n, the number of rows and columns of every Jacobian."""
        return self._pieces[0].shape[-1]

    def __getitem__(self, index: slice) -> "JacobianChain":
        """Return J_{s+1} … J_t for ``chain[s:t]``: a stretch of time, never reversed."""
        if not isinstance(index, slice) or index.step not in (None, 1):
            message = "a chain is cut by slices chain[s:t] without a step."
            raise InputTypeError(message)
        start, stop, _ = index.indices(len(self))
        pieces, begin = [], 0
        for piece in self._pieces:
            lo, hi = max(start - begin, 0), max(stop - begin, 0)
            pieces.append(piece[lo:hi])
            begin += piece.shape[0]
        filled = [piece for piece in pieces if piece.shape[0]]
        return self._of(*(filled or pieces[:1]))

    def then(self, later: "JacobianChain") -> "JacobianChain":
        """Return this chain followed in time by a later one."""
        if later.size != self.size:
            expected = f"(T, n, n) with n = {self.size}"
            raise ShapeError("later", expected, (len(later), later.size, later.size))
        return self._of(*self._pieces, *later._pieces)

    def transpose(self) -> "JacobianChain":
        """Return the chain J_Tᵀ, …, J_1ᵀ, whose product is (J_T ⋯ J_1)ᵀ."""
        return self._of(*(TransposedJacobian(p[::-1]) for p in self._pieces[::-1]))

    def __iter__(self) -> Iterator[Matrix]:
        """Yield J_1, J_2, … as (n, n) arrays, a few at a time in memory."""
        self._refuse_batch()
        for piece in self._pieces:
            for start in range(0, piece.shape[0], _BLOCK):
                yield from piece[start : start + _BLOCK].dense()

    def factors(self) -> Factors:
        """Return all Jacobians as one array (T, n, n); n²T numbers in memory."""
        return np.concatenate([piece.dense() for piece in self._pieces])

    def tangent(self, V: object) -> Scaled:
        """Return J_T ⋯ J_1 V for V (n, k), as mantissa · 2^exponent."""
        self._refuse_batch()
        columns = require_array("V", V, "(n, k)", sizes={"n": self.size})
        product = Scaled.of(columns)
        for J in self._steps():
            product = _applied(J, product)
        return product

    def adjoint(self, U: object) -> Scaled:
        """Return Uᵀ J_T ⋯ J_1 for U (n, k), as mantissa · 2^exponent."""
        product = self.transpose().tangent(require_array("U", U, "(n, k)"))
        return Scaled.of(product.mantissa.T, product.exponent)

    def log_abs_dets(self) -> Array:
        """Return ln|det J_t| for every t (T,), in nats; −inf where J_t is singular."""
        return np.concatenate([piece.log_abs_det() for piece in self._pieces])

    def backpropagate(self, sources: Array) -> Array:
        """Return λ_t = δ_t + λ_{t+1} J_{t+1} for t = 1 … T, with λ_T = δ_T.

        Parameters
        ----------
        sources : (T, n) or (T, B, n) array
            δ_1 … δ_T: what enters at each step, such as ∂ℓ_t/∂h_t.

        Returns
        -------
        array of the same shape
            λ_1 … λ_T, in time order.

        Raises
        ------
        RangeError
            If a cotangent overflows float64.
        """
        cotangents = np.array(sources, dtype=float)
        with np.errstate(over="ignore", invalid="ignore"):
            for t, J in zip(
                range(len(self) - 2, -1, -1), self._steps_back(), strict=False
            ):
                cotangents[t] += J.cotangent(cotangents[t + 1][..., None, :])[..., 0, :]
        if not np.isfinite(cotangents).all():
            finite = np.isfinite(cotangents).reshape(len(self), -1).all(axis=1)
            raise RangeError(int(np.flatnonzero(~finite)[-1]) + 1)
        return cotangents

    def _steps(self) -> Iterator[AbstractJacobian]:
        return itertools.chain.from_iterable(
            (piece[t] for t in range(piece.shape[0])) for piece in self._pieces
        )

    def _steps_back(self) -> Iterator[AbstractJacobian]:
        return itertools.chain.from_iterable(
            (piece[t] for t in range(piece.shape[0] - 1, -1, -1))
            for piece in self._pieces[::-1]
        )

    def _refuse_batch(self) -> None:
        if len(self._pieces[0].shape) != 3:
            message = "this chain holds a batch; take one with trajectory.sequence(b)."
            raise InputError(message)

    @classmethod
    def _of(cls, *pieces: AbstractJacobian) -> "JacobianChain":
        chain = cls(pieces[0])
        chain._pieces = pieces
        return chain


def _applied(J: AbstractJacobian, product: Scaled) -> Scaled:
    if isinstance(J, DenseJacobian):
        return product.after(J.matrices)
    return Scaled.of(J.tangent(product.mantissa), product.exponent)
