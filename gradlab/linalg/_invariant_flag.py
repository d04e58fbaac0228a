"""Flag of invariant subspaces of P = F diag(e^s) V, dominant first, by squaring.

The left singular vectors of P^(2^k) turn to an orthonormal basis whose first i columns
span the invariant subspace of the i largest eigenvalues, wherever |λ_i| > |λ_(i+1)|.
P² = F (D M D) V with D = diag(e^s) and M = V F, and D M D is taken apart in one small
elimination, however long the product is and however far apart the weights are.
"""

import itertools
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.linalg._weighted import log_magnitude, rescaled, weighted_triangle
from gradlab.typing import Array, Matrix, Vector

__all__ = ["Flag", "dominant_flag", "with_orthonormal_frame"]

_EPS = float(np.finfo(float).eps)
_SQUARINGS = 13
_APART = 45.0  # nats; e^−45 = 3e-20 of coupling is invisible in float64


@final
@dataclass(frozen=True, eq=False)
class Flag:
    """A basis whose leading columns span invariant subspaces, dominant first.

    Attributes
    ----------
    basis : (n, m) ndarray
        Orthonormal.
    log_moduli : (m,) ndarray
        Guesses of ln|λ_i|, descending: ln σ_i / p of the last power p.
    apart : (m − 1,) ndarray of bool
        Whether |λ_i| and |λ_(i+1)| were told apart, so that columns 1 … i span an
        invariant subspace; they were if their logs differ by 45 / 2^13 = 0.006.
    conditions : (m,) ndarray
        Norms of the spectral projectors: what a relative change of the product does to
        ln|λ_i|, at most and to first order.  Of all λ together that were not told
        apart; inf where float64 cannot say.
    """

    basis: Matrix
    log_moduli: Vector
    apart: Array
    conditions: Vector


def dominant_flag(frame: Matrix, weights: Vector, right: Matrix) -> Flag:
    """Return the flag of F diag(e^s) V: frame (n, m), weights (m,) and right (m, n).

    The frame, `right` and their product right · frame have full rank.
    """
    Q, s, right = _balanced(frame, weights, right)
    power = 1
    while power < 2**_SQUARINGS and (s[:-1] - s[1:]).min(initial=np.inf) < _APART:
        squared = _squared(right @ Q, s)
        if squared is None:
            break
        L, s, U = squared
        Q, s, right = _balanced(Q @ L, s, U @ right)
        power *= 2
    apart = s[:-1] - s[1:] >= _APART
    volumes, conditions = _diagonalised(right, Q, apart)
    return Flag(Q, (s + volumes) / power, apart, conditions)


def _diagonalised(right: Matrix, Q: Matrix, apart: Array) -> tuple[Vector, Vector]:
    """Return ln|det Δ_B|/|B| and ‖x_B‖ ‖y_B‖ of every block B, with y_B x_B = I.

    Where weights have come far apart, D M = D L Δ U with unit block triangles: D Δ has
    the eigenvalues, the columns of Q U⁻¹ are the right vectors of the product, and the
    rows of Δ⁻¹ L⁻¹ V the left ones.
    """
    m = len(right)
    edges = [0, *(np.flatnonzero(apart) + 1), m]
    rest, x, y = right @ Q, Q.copy(), right.copy()
    volumes, conditions = np.zeros(m), np.full(m, np.inf)
    for a, b in itertools.pairwise(edges):
        pivot = rest[a:b, a:b]
        if not np.linalg.cond(pivot) < 1 / _EPS:  # written so that NaN fails
            break
        inverse = np.linalg.inv(pivot)
        y[a:b] = inverse @ y[a:b]
        ahead = inverse @ rest[a:b, b:]
        y[b:] -= rest[b:, a:b] @ y[a:b]
        x[:, b:] -= x[:, a:b] @ ahead
        rest[b:, b:] -= rest[b:, a:b] @ ahead
        volumes[a:b] = np.linalg.slogdet(pivot)[1] / (b - a)
        conditions[a:b] = np.linalg.norm(x[:, a:b], 2) * np.linalg.norm(y[a:b], 2)
    return volumes, conditions


def with_orthonormal_frame(
    frame: Matrix, weights: Vector, right: Matrix
) -> tuple[Matrix, Vector, Matrix]:
    """Return Q, s', V' with Q diag(e^s') V' = F diag(e^s) V and Q orthonormal."""
    Q, R = np.linalg.qr(frame)
    logs = log_magnitude(R.diagonal())
    return Q, weights + logs, weighted_triangle(R, weights, logs) @ right


def _balanced(F: Matrix, s: Vector, V: Matrix) -> tuple[Matrix, Vector, Matrix]:
    """Return the same product with s descending and F orthonormal; V is nearly so."""
    order = np.argsort(-s, kind="stable")
    # D V = (Vᴴ D)ᴴ, so what turns the frame turns the rows of V.
    Q, s, left = with_orthonormal_frame(np.conj(V[order].T), s[order], np.eye(len(s)))
    frame = F[:, order] @ np.conj(left.T)
    return with_orthonormal_frame(frame, s, np.conj(Q.T))


def _squared(M: Matrix, s: Vector) -> tuple[Matrix, Vector, Matrix] | None:
    """Return L, s', U with D M D = L diag(e^s') U, both factors bounded by 1.

    Elimination whose pivot is always the largest |M_ij| e^(s_i + s_j) that is left; the
    weights cancel in the elimination itself.  None if rounding makes M singular.
    """
    m = len(M)
    rest = np.array(M)
    rows, columns = np.arange(m), np.arange(m)
    for i in range(m):
        sizes = log_magnitude(rest[i:, i:]) + s[rows[i:], None] + s[columns[i:]]
        row, column = divmod(int(sizes.argmax()), m - i)
        pair, back = [i, i + row], [i + row, i]
        rest[pair], rows[pair] = rest[back], rows[back]
        pair, back = [i, i + column], [i + column, i]
        rest[:, pair], columns[pair] = rest[:, back], columns[back]
        if rest[i, i] == 0.0:
            return None
        rest[i + 1 :, i] /= rest[i, i]
        rest[i + 1 :, i + 1 :] -= np.outer(rest[i + 1 :, i], rest[i, i + 1 :])
    logs = log_magnitude(rest.diagonal())
    L = np.empty_like(rest)
    L[rows] = rescaled(np.tril(rest, -1) + np.eye(m), -s[rows], -s[rows])
    U = np.empty_like(rest)
    U[:, columns] = rescaled(np.triu(rest), s[columns], logs + s[columns])
    return L, logs + s[rows] + s[columns], U
