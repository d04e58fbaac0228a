"""Singular values of diag(e^s) V for s of any range and well-conditioned V.

QR of Vᵀ diag(e^s) gives Q diag(e^{s'}) Ŵ, whose singular values are those of
Ŵᵀ diag(e^{s'}): again columns times weights.  Each such turn shrinks the coupling of
i and j by e^{−2(s_i − s_j)} (Rutishauser's LR, in QR form); what is no longer coupled
is split off, and the rest is left to one-sided Jacobi, which is accurate to a few
ulp in every singular value of a well-conditioned matrix with scaled columns
(Demmel and Veselić).
"""

import itertools

import numpy as np
from scipy.linalg.lapack import dgejsv

from gradlab.errors import ConvergenceError
from gradlab.linalg._triangle import packed_triangle
from gradlab.linalg._weighted import log_magnitude, weighted_triangle
from gradlab.typing import Array, Matrix, Vector

__all__ = ["graded_log_singular_values"]

_NEGLIGIBLE = 1e-17  # relative to 1: what a coupling may change in a singular value
_RANGE = 600.0  # nats; sums of squares of e^±300 stay inside float64
_SWEEPS = 30  # LAPACK's limit
_TURNS = 4  # as many pay for themselves, in couplings that Jacobi need not see


def graded_log_singular_values(weights: Vector, V: Matrix) -> Vector:
    """Return ln σ_i of diag(e^weights) V, descending; V is (r, n), weights finite."""
    order = np.argsort(-weights, kind="stable")
    s, columns = weights[order], V[order].T
    s, columns = _turned(s, columns)
    cuts, turns = _cuts(columns), 1
    while len(cuts) < len(s) - 1 and (turns < _TURNS or _widest(s, cuts) > _RANGE):
        s, columns = _turned(s, columns)
        cuts, turns = _cuts(columns), turns + 1
    edges = [0, *cuts, len(s)]
    found = [_block(columns[a:b, a:b], s[a:b]) for a, b in itertools.pairwise(edges)]
    return np.sort(np.concatenate(found))[::-1]


def _turned(s: Vector, columns: Matrix) -> tuple[Vector, Matrix]:
    R = packed_triangle(columns)[: len(s)]
    logs = log_magnitude(R.diagonal())
    W = weighted_triangle(np.triu(R), s, logs)
    return s + logs, np.conj(W.T)


def _widest(s: Vector, cuts: Array) -> float:
    return max(float(np.ptp(block)) for block in np.split(s, cuts))


def _cuts(columns: Matrix) -> Array:
    """Return where nothing before is coupled to anything after."""
    coupling = np.abs(np.tril(columns, -1))
    # reach[i] is the last row that columns 0 … i couple to.
    rows = np.arange(len(columns))[:, None]
    reach = np.where(coupling > _NEGLIGIBLE, rows, 0).max(axis=0)
    last = np.maximum.accumulate(reach)
    return np.flatnonzero(last[:-1] <= np.arange(len(last) - 1)) + 1


def _block(columns: Matrix, s: Vector) -> Vector:
    if len(s) == 1:
        return s + log_magnitude(columns[0])
    middle = (s.max() + s.min()) / 2
    scaled = columns * np.exp(s - middle)
    if not np.iscomplexobj(scaled):
        return middle + np.log(_jacobi(scaled))
    # [[A, -B], [B, A]] has every singular value of A + iB twice.
    A, B = scaled.real, scaled.imag
    doubled = np.concatenate(
        [np.concatenate([A, -B], axis=1), np.concatenate([B, A], axis=1)]
    )
    return middle + np.log(np.sort(_jacobi(doubled))[::2])


def _jacobi(A: Matrix) -> Vector:
    # "C": scaled columns are trusted to the last; no left or right vectors; no
    # flushing of small columns.
    values, _, _, work, _, info = dgejsv(
        A, joba=0, jobu=3, jobv=3, jobr=0, jobt=0, jobp=0
    )
    if info != 0:
        raise ConvergenceError(
            "one-sided Jacobi", best=float(values[0]), residual=np.inf, steps=_SWEEPS
        )
    return values * (work[0] / work[1])
