"""Leading singular vectors of P = F diag(e^s) V, for s of any range.

P is brought to Q diag(e^s) W Zᴴ with orthonormal Q and Z and a triangle W, |W_ii| = 1,
by QR from either side in turn.  Each turn shrinks the couplings W_ij by
e^(−2(s_i − s_j)); what is coupled still is left to a small SVD.
"""

import itertools
from typing import Any

import numpy as np
from scipy.linalg.lapack import dgejsv

from gradlab.errors import ConvergenceError
from gradlab.linalg._invariant_flag import with_orthonormal_frame
from gradlab.linalg._weighted import rescaled
from gradlab.typing import Matrix, Vector

__all__ = ["graded_singular_vectors"]

_NEGLIGIBLE = 1e-17  # relative to 1: what a coupling may turn a vector by
_RANGE = 600.0  # nats; sums of squares of e^±300 stay inside float64
_NARROW = 3.0  # nats: a block from which LAPACK's plain SVD loses a digit
_EAGER, _PATIENT = 4, 60  # turns
_SWEEPS = 30  # LAPACK's limit


def graded_singular_vectors(
    frame: Matrix, weights: Vector, right: Matrix, k: int
) -> tuple[Vector, Matrix, Matrix]:
    """Return ln σ_i, u_i and v_i for i = 1 … k, the largest first.

    frame (n, r) and right (r, n) have full rank r >= k.
    """
    order = np.argsort(-weights, kind="stable")
    Q, s, W, Z = _sided(frame[:, order], weights[order], right[order])
    for turn in itertools.count():
        edges = _edges(W, k)
        end = edges[-1]
        Q, s, W, Z = Q[:, :end], s[:end], W[:end, :end], Z[:, :end]
        spread = max(float(np.ptp(s[a:b])) for a, b in itertools.pairwise(edges))
        if turn == _PATIENT or spread <= _enough(turn, is_real=not np.iscomplexobj(W)):
            break
        outer, s, W, inner = _sided(np.eye(end), s, W)
        Q, Z = Q @ outer, Z @ inner
    parts = [_block(s[a:b], W[a:b, a:b]) for a, b in itertools.pairwise(edges)]
    logs = np.concatenate([part[0] for part in parts])
    pairs = list(zip(itertools.pairwise(edges), parts, strict=True))
    left = np.concatenate([Q[:, a:b] @ part[1] for (a, b), part in pairs], axis=1)
    lead = np.concatenate([Z[:, a:b] @ part[2] for (a, b), part in pairs], axis=1)
    first = np.argsort(-logs, kind="stable")[:k]
    return logs[first], *_signed(left[:, first], lead[:, first])


def _sided(F: Matrix, s: Vector, V: Matrix) -> tuple[Matrix, Vector, Matrix, Matrix]:
    """Return Q, s', W, Z with F diag(e^s) V = Q diag(e^s') W Zᴴ."""
    eye = np.eye(len(s))
    # D V = (Vᴴ D)ᴴ, so what turns the frame turns the rows of V.
    Z, s, left = with_orthonormal_frame(np.conj(V.T), s, eye)
    Q, s, W = with_orthonormal_frame(F @ np.conj(left.T), s, eye)
    return Q, s, W, Z


def _enough(turn: int, *, is_real: bool) -> float:
    """Return how many nats a block may span for its SVD, after so many turns."""
    if not is_real:
        return _NARROW
    return _RANGE if turn >= _EAGER else 0.0


def _edges(W: Matrix, k: int) -> list[int]:
    """Return where nothing before is coupled to anything after, up to the first ≥ k."""
    coupled = np.abs(np.triu(W, 1)) > _NEGLIGIBLE
    # reach[i] is the last column that rows 0 … i couple to.
    columns = np.arange(len(W))
    reach = np.maximum.accumulate(np.where(coupled, columns, 0).max(axis=1))
    cuts = np.flatnonzero(reach <= columns) + 1
    return [0, *(int(cut) for cut in cuts[: int(np.searchsorted(cuts, k)) + 1])]


def _block(s: Vector, W: Matrix) -> tuple[Vector, Matrix, Matrix]:
    """Return logs, left and right vectors of diag(e^s) W."""
    middle = (s.max() + s.min()) / 2
    # Columns that are scaled keep their small singular values in one-sided Jacobi.
    columns = rescaled(np.conj(W.T), s - middle, np.zeros(len(s)))
    if np.iscomplexobj(columns):
        right, values, left = np.linalg.svd(columns)
        return middle + np.log(values), np.conj(left.T), right
    found: Any = dgejsv(columns, joba=0, jobu=0, jobv=0, jobr=0, jobt=0, jobp=0)
    values, right, left, work, _, info = found
    if info != 0:
        raise ConvergenceError(
            "one-sided Jacobi", best=float(values[0]), residual=np.inf, steps=_SWEEPS
        )
    return middle + np.log(values * (work[0] / work[1])), left, right


def _signed(left: Matrix, right: Matrix) -> tuple[Matrix, Matrix]:
    """Return both with the largest entry of every left vector made positive."""
    largest = left[np.abs(left).argmax(axis=0), np.arange(left.shape[1])]
    turn = np.conj(largest) / np.abs(largest)
    return left * turn, right * turn
