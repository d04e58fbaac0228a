"""Bases in which a matrix is nearly normal: V with ‖V⁻¹WV‖₂ near ρ(W), to be tried.

Nothing here is proved or has to be: whatever V is, the bound made from it is verified.

* Eigenvectors: ‖V⁻¹WV‖₂ = ρ(W) wherever they are a basis.
* A Schur basis with graded columns, V = Q diag(1, δ, δ², …), for which V⁻¹WV is the
  diagonal of the Schur form plus its upper part shrunk by powers of δ.  It exists for
  every W; with δ ≈ (n − 1) ρ/T a Jordan block keeps its factor T^(n−1).
"""

import math
from collections.abc import Iterator

import numpy as np
from scipy import linalg

from gradlab.typing import Matrix, Vector

__all__ = ["eigenbasis", "graded_schur_bases", "schur_basis"]

_FINEST = 200
_SMALLEST = 1e-100  # of a column's scale: squares of its inverse stay finite


def eigenbasis(W: Matrix) -> tuple[Matrix, Matrix]:
    """Return real V, V⁻¹: eigenvectors, √2 Re v and √2 Im v for a conjugate pair."""
    values, vectors = np.linalg.eig(W)
    if np.iscomplexobj(values):
        upper, lower = values.imag > 0, values.imag < 0
        basis = np.where(upper, math.sqrt(2) * vectors.real, vectors.real)
        vectors = np.where(lower, math.sqrt(2) * vectors.imag, basis)
    return vectors, linalg.pinv(vectors)


def graded_schur_bases(W: Matrix) -> Iterator[tuple[Matrix, Matrix]]:
    """Yield V, V⁻¹ with V = Q diag(1, δ, δ², …), for δ = 2^(−j/2), j = 0, 1, …."""
    R, Q = linalg.schur(W, output="real")
    within = _balanced_blocks(R)
    for half in range(_FINEST):
        steps = np.where(np.isnan(within), 2.0 ** (-half / 2), within)
        s = np.cumprod(steps) / steps[0]
        if s.min() < _SMALLEST:
            return
        yield Q * s, Q.T / s[:, None]


def schur_basis(W: Matrix) -> Matrix:
    """Return a near-unitary V, real if it can be, with V⁻¹WV near triangular."""
    R, Q = linalg.schur(W, output="real")
    return linalg.rsf2csf(R, Q)[1] if np.diag(R, -1).any() else Q


def _balanced_blocks(R: Matrix) -> Vector:
    """Return the column scale within each 2×2 block of a real Schur form, else NaN.

    A block [[a, b], [c, a]] with its second column scaled by √|c/b| is |λ| times a
    rotation, so its norm is |λ|.
    """
    within = np.full(len(R), np.nan)
    below, above = np.diag(R, -1), np.diag(R, 1)
    pairs = np.flatnonzero(below)
    within[pairs + 1] = np.sqrt(np.abs(below[pairs] / above[pairs]))
    return within
