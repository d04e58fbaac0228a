"""Many small linear programs at once: x = W c at the least Σ costs |c|, for each x.

A primal simplex method on all right sides together, each with a basis of its own: n is
small, and one batched solve moves all of them.  Coefficients are real, of one sign, or
complex: then every phase of a column is a column, the best of them known in closed
form, and the exchange is that of Remez.  Whatever the last basis is, W c = x up to
rounding, so its cost is one at which x can be had: stopping early, or on a cycle, gives
away sharpness and nothing else.
"""

import numpy as np

from gradlab.typing import Array, Matrix, Vector

__all__ = ["least_costs"]

_SAVED = 1e-12  # what a column has to save to be taken in
_SAVED_BY_PHASE = 1e-10  # phases 1e-5 apart, so that a basis of both has a condition
_PIVOT = 1e-8  # of the largest entry: two phases of one column may nearly agree
_STEPS = 400


def least_costs(
    W: Matrix, costs: Vector, X: Matrix, basis: Array, *, signed: bool = True
) -> Matrix:
    """Return C with W C = X and nearly least Σ costs |C| for each column.

    Parameters
    ----------
    W : (n, N) array
        Real or complex.
    costs : (N,) array
        At least 0.
    X : (n, K) array
    basis : (K, n) integer array
        Columns of W to start from for each right side: a basis, feasible if unsigned.
    signed : bool
        False for C ≥ 0; W is real then.

    Examples
    --------
    >>> W = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    >>> X = np.array([[2.0], [-3.0]])
    >>> least_costs(W, np.ones(3), X, np.array([[0, 1]])).T.tolist()
    [[2.0, -3.0, 0.0]]
    """
    bases = _Bases(W, costs, X, basis, signed=signed)
    try:
        for _ in range(_STEPS):
            if not bases.exchange():
                break
    except np.linalg.LinAlgError:  # some basis has become singular: stop here
        return bases.coefficients()
    return bases.coefficients()


class _Bases:
    """Columns W_j times phases, and their coefficients c ≥ 0, for each right side."""

    def __init__(
        self, W: Matrix, costs: Vector, X: Matrix, basis: Array, *, signed: bool
    ) -> None:
        self.W, self.costs, self.signed = W, costs, signed
        self.saved = _SAVED_BY_PHASE if np.iscomplexobj(W) else _SAVED
        self.X = _real(X.T.astype(W.dtype))
        self.basis, self.phases = basis, np.ones(basis.shape, dtype=W.dtype)
        if np.iscomplexobj(W):
            self.basis = np.concatenate([basis, basis], axis=1)
            self.phases = np.concatenate([self.phases, 1j * self.phases], axis=1)
        self.active = np.arange(X.shape[1])
        self.c = _solved(self._matrices(), self.X)
        if signed:
            self.phases = np.where(self.c < 0, -self.phases, self.phases)
            self.c = np.abs(self.c)

    def coefficients(self) -> Matrix:
        """Return C."""
        found = np.zeros((self.W.shape[1], len(self.basis)), dtype=self.W.dtype)
        columns = np.arange(len(self.basis))
        np.add.at(found, (self.basis.T, columns), (self.c * self.phases).T)
        return found

    def exchange(self) -> bool:
        """Let the most saving column in wherever one saves; return whether one did."""
        B = self._matrices()
        dual = _solved(np.swapaxes(B, 1, 2), self.costs[self.basis[self.active]])
        prices = _complex(dual, self.W).conj() @ self.W
        saved = (np.abs(prices) if self.signed else prices) - self.costs
        entering = saved.argmax(axis=1)
        rows = np.arange(len(saved))
        better = saved[rows, entering] > self.saved
        price = prices[rows, entering][better]
        phase = price.conj() / np.abs(price) if self.signed else np.ones(len(price))
        self.active = self.active[better]
        if len(self.active):
            self._enter(B[better], entering[better], phase)
        return bool(len(self.active))

    def _enter(self, B: Array, entering: Array, phase: Vector) -> None:
        d = _solved(B, _real((self.W[:, entering] * phase).T))
        up = d > _PIVOT * np.abs(d).max(axis=1, keepdims=True)
        ratio = np.where(up, self.c[self.active] / np.where(up, d, 1.0), np.inf)
        least = ratio.min(axis=1)
        # Of the rows that could leave, the one with the largest pivot.
        first = up & (ratio <= least[:, None] * (1 + 1e-12))
        leaving = np.where(first, d, -np.inf).argmax(axis=1)
        moved = np.isfinite(least)
        self.active, leaving = self.active[moved], leaving[moved]
        at = self.active
        self.basis[at, leaving] = entering[moved]
        self.phases[at, leaving] = phase[moved]
        self.c[at] = np.maximum(_solved(self._matrices(), self.X[at]), 0.0)

    def _matrices(self) -> Array:
        columns = np.moveaxis(self.W[:, self.basis[self.active]], 0, -1)
        rows = _real(columns * self.phases[self.active, :, None])
        return np.swapaxes(rows, 1, 2)


def _solved(B: Array, x: Array) -> Array:
    return np.linalg.solve(B, x[:, :, None])[:, :, 0]


def _real(x: Array) -> Array:
    """Return real and imaginary parts side by side along the last axis."""
    return np.concatenate([x.real, x.imag], axis=-1) if np.iscomplexobj(x) else x


def _complex(x: Array, like: Array) -> Array:
    n = len(like)
    return x[:, :n] + 1j * x[:, n:] if np.iscomplexobj(like) else x
