"""σ(z) = σ_min(zI − A) with two derivatives, and the rounding that it carries.

With the singular vectors (zI − A) v = σ u, and u_j, v_j those of σ_j, an increment δ of
z changes σ by Re(ū·v δ) + ½ q(δ) + O(|δ|³),

    q(δ) = ½ Σ_j |a_j δ + c̄_j δ̄|² / (σ − σ_j) + ½ Σ_j |a_j δ − c̄_j δ̄|² / (σ + σ_j),

a_j = u_j*v, c_j = u*v_j: second-order perturbation of [[0, zI − A], [·*, 0]], whose
eigenvalues are ±σ_j.  The first sum leaves σ itself out.
"""

import math
from typing import NamedTuple

import numpy as np

from gradlab.typing import Matrix, Vector

__all__ = [
    "LeastSingular",
    "least_singular",
    "least_singular_of_few",
    "rounding",
    "size_above",
]

_UNIT = 2.0**-53
_FEWEST = 8  # the factor of u below which no bound of an SVD is taken
_TOGETHER = 2**21  # entries of matrices that are decomposed at once


class LeastSingular(NamedTuple):
    """σ_min(zI − A), and its gradient and Hessian in (Re z, Im z)."""

    value: float
    gradient: Vector
    hessian: Matrix


def least_singular(A: Matrix, z: complex) -> LeastSingular:
    """Return σ_min(zI − A) and its derivatives; inf in the Hessian where it has a tie.

    Examples
    --------
    >>> at = least_singular(np.diag([0.0, 3.0]), 1j)  # |z| there
    >>> at.value, at.gradient.round(12).tolist(), at.hessian.round(12).tolist()
    (1.0, [0.0, 1.0], [[1.0, 0.0], [0.0, 0.0]])
    """
    U, s, Vh = np.linalg.svd(z * np.eye(len(A)) - A)
    u, v = U[:, -1], Vh[-1].conj()
    a, c = U.conj().T @ v, (Vh @ u).conj()
    directions = np.array([[1.0], [1j]])
    sums = a * directions + np.conj(c * directions)
    differences = a * directions - np.conj(c * directions)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.append(0.5 / (s[-1] - s[:-1]), 0.0)
        second = 0.5 / (s[-1] + s)
        hessian = np.real(sums.conj() * first @ sums.T)
        hessian = hessian + np.real(differences.conj() * second @ differences.T)
    g = a[-1]
    gradient = np.array([g.real, -g.imag])
    return LeastSingular(float(s[-1]), gradient, np.nan_to_num(hessian, nan=np.inf))


def least_singular_of_few(A: Matrix, points: Vector) -> Vector:
    """Return σ_min(zI − A) for each of some points, by one SVD each."""
    eye, step = np.eye(len(A)), max(1, _TOGETHER // A.size)
    found = [
        np.linalg.svd(z[:, None, None] * eye - A, compute_uv=False)[:, -1]
        for z in np.split(points, range(step, len(points), step))
    ]
    return np.concatenate(found)


def rounding(n: int, scale: float) -> float:
    """Return n u scale, what σ of a matrix of that norm is known to in float64.

    The usual estimate of a backward error; bounds that are proved grow as n² u.
    """
    return max(n, _FEWEST) * _UNIT * scale


def size_above(A: Matrix) -> float:
    """Return a number ≥ ‖A‖₂ that costs little: √(‖A‖₁ ‖A‖_∞) or ‖A‖_F."""
    size = np.abs(A)
    rows, columns = float(size.sum(axis=1).max()), float(size.sum(axis=0).max())
    with np.errstate(over="ignore"):
        frobenius = float(np.linalg.norm(A))
    return min(math.sqrt(rows) * math.sqrt(columns), frobenius)
