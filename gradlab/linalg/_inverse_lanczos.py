"""σ_min(zI − T) for many z at once: Lanczos on ((zI − T)*(zI − T))⁻¹, T triangular.

All points share T: in every triangular solve the parts above (or below) the diagonal
are products T_{IJ} X_J with one column per point, so matrix times matrix; only the
diagonal is the point's own [lui1997computation, trefethen1999computation].  Points that
have converged leave, and the rest move together.

The largest Ritz value θ of the inverse is from below, so σ = θ^{−1/2} is from above.
An eigenvalue is within the residual ρ of θ, so a point is done when ρ/2θ is below the
tolerance; the error itself is then about ρ²/2θ over the gap, far smaller unless
singular values are close.  That the eigenvalue is the largest rests on the start, a
chirp, which no structured singular vector is orthogonal to.
"""

import math

import numpy as np
from scipy.linalg.blas import zgemm

from gradlab.linalg._least_singular import rounding, size_above
from gradlab.typing import Array, Matrix, Vector

__all__ = ["least_singular_values"]

_TOGETHER = 2048  # points; more than 1024 gain little, and memory grows
_LEAF = 32  # rows that are solved one by one
_STEPS = 100
_UNRESOLVED = 0.1  # tolerance where σ is below rounding anyway
_LONGEST = 1e70  # of 1/σ, whose fourth power must be in range


def least_singular_values(
    T: Matrix, points: Vector, *, tolerance: float
) -> tuple[Vector, Vector]:
    """Return σ_min(zI − T) for each point, and its relative error as estimated.

    Parameters
    ----------
    T : (n, n) array
        Upper triangular, complex.
    points : (m,) array
    tolerance : float
        Relative error at which a point is done.  σ below n u ‖T‖ is not resolved,
        whatever the tolerance; exactly on an eigenvalue it is that small.

    Examples
    --------
    >>> T = np.array([[1.0, 0.0], [0.0, -1.0j]])
    >>> points = np.array([0.0j, 0.5 + 0.0j, -2.0j])
    >>> least_singular_values(T, points, tolerance=1e-9)[0].round(9).tolist()
    [1.0, 0.5, 1.0]
    """
    T = np.asarray(T, dtype=complex)
    # Rows of T and of T* that the solves read are contiguous.
    T, Th = np.ascontiguousarray(T), np.ascontiguousarray(T.conj().T)
    least = rounding(len(T), size_above(T)) or rounding(len(T), 1.0)
    parts = [
        _lanczos(T, Th, _apart(T, z, least), tolerance, least)
        for z in np.split(points, range(_TOGETHER, len(points), _TOGETHER))
    ]
    values, errors = zip(*parts, strict=True)
    return np.concatenate(values), np.concatenate(errors)


def _apart(T: Matrix, points: Vector, least: float) -> Vector:
    """Return the points, moved by less than rounding where they are eigenvalues."""
    points = np.array(points, dtype=complex)
    on = (points[:, None] == np.diag(T)).any(axis=1)
    points[on] += least
    return points


def _lanczos(
    T: Matrix, Th: Matrix, points: Vector, tolerance: float, least: float
) -> tuple[Vector, Vector]:
    n, m = len(T), len(points)
    value, error, index = np.zeros(m), np.zeros(m), np.arange(m)
    Q = np.repeat(_chirp(n)[:, None], m, axis=1)
    # Three blocks of vectors take turns: new memory costs as much as a pass through it.
    old, spare, z = np.zeros_like(Q), np.empty_like(Q), points
    diagonal, off = np.zeros((m, _STEPS)), np.zeros((m, _STEPS + 1))
    for step in range(_STEPS):
        X, length = _inverse_applied(T, Th, z, Q, spare)
        old *= off[:, step]
        X -= old
        diagonal[:, step] = _inner(Q, X)
        X -= np.multiply(diagonal[:, step], Q, out=old)
        off[:, step + 1] = np.sqrt(_inner(X, X))
        theta, wrong = _ritz(diagonal, off, step + 1)
        enough = np.where(theta * least**2 < 1, tolerance, max(tolerance, _UNRESOLVED))
        done = (wrong <= enough) | (length > _LONGEST) | (step == _STEPS - 1)
        if done.any():
            value[index[done]] = 1 / np.maximum(np.sqrt(theta), length)[done]
            error[index[done]] = wrong[done]
            keep = ~done
            # Rows stay contiguous, as they would not with Q[:, keep].
            Q, X = np.compress(keep, Q, axis=1), np.compress(keep, X, axis=1)
            index, z = index[keep], z[keep]
            diagonal, off, old = diagonal[keep], off[keep], np.empty_like(Q)
            if not len(z):
                break
        X *= 1 / off[:, step + 1]  # half the time of a division
        old, Q, spare = Q, X, old
    return value, error


def _inverse_applied(
    T: Matrix, Th: Matrix, z: Vector, Q: Array, X: Array
) -> tuple[Array, Vector]:
    """Set X = ((z − T)*(z − T))⁻¹ Q; return it and a bound on 1/σ_min for each column.

    The columns q have length 1, so ‖(z − T)^{−*}q‖ and ‖x‖^{1/2} are at most 1/σ_min.
    Columns that are far beyond range become zero.
    """
    X[:] = Q
    with np.errstate(over="ignore", invalid="ignore"):
        _solve_lower(Th, z.conj(), X, 0, len(T))
        half = _lengths(X)
        _solve_upper(T, z, X, 0, len(T))
        length = np.maximum(half, np.sqrt(_lengths(X)))
    X[:, length > _LONGEST] = 0.0
    return X, length


def _lengths(X: Array) -> Vector:
    lengths = np.sqrt(_inner(X, X))
    return np.where(np.isnan(lengths), np.inf, lengths)


def _solve_upper(T: Matrix, z: Vector, X: Array, low: int, high: int) -> None:
    """Solve (z − T) x = b for rows low … high, b in X, given what is below."""
    if high - low <= _LEAF:
        for i in range(high - 1, low - 1, -1):
            X[i] += T[i, i + 1 : high] @ X[i + 1 : high]
            X[i] /= z - T[i, i]
        return
    middle = (low + high) // 2
    _solve_upper(T, z, X, middle, high)
    _add_product(T[low:middle, middle:high], X[middle:high], X[low:middle])
    _solve_upper(T, z, X, low, middle)


def _solve_lower(Th: Matrix, z: Vector, X: Array, low: int, high: int) -> None:
    """Solve (z − T*) x = b for rows low … high, b in X, given what is above."""
    if high - low <= _LEAF:
        for i in range(low, high):
            X[i] += Th[i, low:i] @ X[low:i]
            X[i] /= z - Th[i, i]
        return
    middle = (low + high) // 2
    _solve_lower(Th, z, X, low, middle)
    _add_product(Th[middle:high, low:middle], X[low:middle], X[middle:high])
    _solve_lower(Th, z, X, middle, high)


def _add_product(A: Matrix, X: Array, B: Array) -> None:
    """Add A X to B in place: of contiguous rows BLAS sees the transposes."""
    zgemm(1.0, X.T, A.T, beta=1.0, c=B.T, overwrite_c=True)


def _inner(X: Array, Y: Array) -> Vector:
    """Return Re x*y of each column."""
    # As pairs of floats the rows are contiguous, which is twice as fast.
    sums = np.einsum("ij,ij->j", X.view(float), Y.view(float))
    return sums[::2] + sums[1::2]


def _ritz(diagonal: Array, off: Array, k: int) -> tuple[Vector, Vector]:
    """Return the largest Ritz values and the relative errors of their inverse roots."""
    H = np.zeros((len(diagonal), k, k))
    i = np.arange(k)
    H[:, i, i] = diagonal[:, :k]
    H[:, i[1:], i[:-1]] = off[:, 1:k]
    # Scaled by the largest entry, since squares of the rest may be out of range.
    size = np.maximum(np.abs(H).max(axis=(1, 2)), np.finfo(float).tiny)
    w, V = np.linalg.eigh(H / size[:, None, None])
    theta = np.maximum(w[:, -1], np.finfo(float).tiny)
    residual = off[:, k] / size * np.abs(V[:, -1, -1])
    return theta * size, residual / (2 * theta)


def _chirp(n: int) -> Vector:
    """Return a unit vector of equal entries with phases π√2 k²."""
    k = np.arange(n)
    return np.exp(1j * math.pi * math.sqrt(2) * k * k) / math.sqrt(n)
