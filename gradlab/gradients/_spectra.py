"""The leading eigenvalues of Gram matrices K Kᵀ that change little between two lags.

Small matrices are solved whole.  For large ones a subspace near the leading
eigenvectors is kept and filtered by a Chebyshev polynomial, small on the rest of the
spectrum [zhou2006self].  Ritz values are taken where their residuals have settled.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.typing import Array

__all__ = ["Subspace", "leading_eigenvalues"]

_WHOLE = 48  # rows up to which all eigenvalues cost less than a subspace
_SPARE = 4  # columns beside those wanted, for a gap behind them
_FRESH = 2  # random columns: what the others are blind to is seen by these
_DEGREE = 5
_SWEEPS = 8
_ROUNDING = 8  # units to which a residual can be formed


@final
@dataclass(frozen=True, eq=False)
class Subspace:
    """Columns (b, r, q) that span the leading eigenvectors, nearly.

    `beyond` (b,) is where the rest of the spectrum ends, as a share of the trace.
    """

    columns: Array
    beyond: Array

    @classmethod
    def first_rows(cls, batch: int, rows: int, count: int) -> "Subspace":
        """Return the span of the first unit vectors: right for rows sorted by size."""
        columns = np.zeros((batch, rows, min(count + _SPARE, rows)))
        columns[...] = np.eye(rows, columns.shape[-1])
        return cls(columns, np.zeros(batch))


def leading_eigenvalues(
    G: Array, count: int, near: Subspace | None, *, rtol: float
) -> tuple[Array, Subspace | None]:
    """Return the `count` largest eigenvalues (b, count), descending, of G (b, r, r).

    Parameters
    ----------
    G : (b, r, r) array
        Positive semidefinite, in float32 or float64.
    count : int
    near : Subspace or None
        What the last call on a matrix nearby returned; None to begin with.
    rtol : float
        Relative error that an eigenvalue may have beside rounding.
    """
    rows = G.shape[1]
    if rows <= max(_WHOLE, 2 * (count + _SPARE + _FRESH)):
        return _whole(G, count), None
    near = near or Subspace.first_rows(len(G), rows, count)
    trace = np.trace(G, axis1=1, axis2=2).astype(float)
    # T_d of a ratio λ_1/beyond of 1/eps is still in the range of its precision.
    least = np.finfo(G.dtype).eps * trace
    columns, beyond = _with_fresh(near.columns, G.dtype), near.beyond * trace
    values = np.empty((len(G), columns.shape[-1]))
    left, part = np.arange(len(G)), G
    for _ in range(_SWEEPS):
        Q = np.linalg.qr(_filtered(part, columns[left], beyond[left]))[0]
        values[left], columns[left], settled = _ritz(part, Q, count, rtol)
        beyond[left] = np.maximum(values[left, -1], least[left])
        if settled.all():
            share = np.divide(beyond, trace, out=np.zeros_like(trace), where=trace > 0)
            return values[:, :count], Subspace(columns[..., :-_FRESH], share)
        left, part = left[~settled], part[~settled]
    return _whole(G, count), None


def _whole(G: Array, count: int) -> Array:
    return np.linalg.eigvalsh(G)[:, ::-1][:, :count]


def _with_fresh(columns: Array, dtype: np.dtype) -> Array:
    b, r, q = columns.shape
    fresh = np.random.default_rng(q).standard_normal((r, _FRESH)) / np.sqrt(r)
    together = np.empty((b, r, q + _FRESH), dtype)
    together[..., :q], together[..., q:] = columns, fresh
    return together


def _filtered(G: Array, X: Array, beyond: Array) -> Array:
    """Return T_d(2 G/beyond − 1) X, |T_d| ≤ 1 on the spectrum up to `beyond`."""
    if not (beyond > 0).all():
        return G @ X
    scale = (2 / beyond)[:, None, None].astype(G.dtype)
    before, now = X, (G @ X) * scale - X
    for _ in range(_DEGREE - 1):
        after = G @ now
        after *= 2 * scale
        after -= 2 * now
        after -= before
        before, now = now, after
    return now


def _ritz(G: Array, Q: Array, count: int, rtol: float) -> tuple[Array, Array, Array]:
    """Return Ritz values, descending, their vectors, and which have settled (b,).

    With residuals R and a gap γ to the rest of the spectrum they are within ‖R‖²/γ of
    eigenvalues, and within ‖R‖ in any case.
    """
    GQ = G @ Q
    values, V = np.linalg.eigh((np.swapaxes(Q, 1, 2) @ GQ).astype(float))
    values, V = values[:, ::-1], V[:, :, ::-1].astype(G.dtype)
    columns = Q @ V
    wanted = values[:, :count]
    residual = GQ @ V[..., :count] - columns[..., :count] * wanted[:, None].astype(
        G.dtype
    )
    square = np.einsum("bij,bij->b", residual, residual).astype(float)
    gap = wanted[:, -1] - values[:, -1]
    rounding = _ROUNDING * np.finfo(G.dtype).eps * wanted[:, 0]
    small = np.maximum(rtol * gap * wanted[:, -1], rounding**2)
    return values, columns, square <= small
