"""Triangles between graded frames: Ŵ_ij = (U_ij e^{s_j}) / (|U_ii| e^{s_i}).

U diag(e^s) = diag(|U_ii| e^{s_i}) Ŵ, with Ŵ formed from logarithms of ratios, so that
weights of any size neither overflow nor underflow before their ratio is known.
"""

import numpy as np

from gradlab.typing import Array, Matrix, Vector

__all__ = [
    "add_logs",
    "log_magnitude",
    "log_of_product",
    "rescaled",
    "sum_of_logs",
    "weighted_elimination",
    "weighted_triangle",
]

_ROOM = 1e150  # its square is a float64, and so is the reciprocal of that


def log_magnitude(values: Array) -> Array:
    """Return ln|x| elementwise; −inf where x = 0, without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(np.abs(values))


def add_logs(high: Vector, low: Vector, term: Vector | float) -> tuple[Vector, Vector]:
    """Return (high + low) + term as an unevaluated sum, in twice the precision.

    Sums of 10^6 logarithms stay exact to the last digit of their total (Knuth's
    two-sum).
    """
    total = high + term
    back = total - high
    low = low + ((high - (total - back)) + (term - back))
    return total, low


def log_of_product(values: Array) -> Vector:
    """Return Σ_t ln|values[t]| (m,) of values (T, m), T >= 1, right to T ulps of 1.

    As many are multiplied before a logarithm is taken as float64 has room for.

    >>> log_of_product(np.array([[2.0], [-8.0]])).tolist() == [np.log(16.0)]
    True
    """
    sizes = np.abs(values)
    low, high = float(sizes.min(initial=1.0)), float(sizes.max(initial=1.0))
    reach = max(high, 1 / low) if low > 0 else np.inf
    while len(sizes) > 1 and reach < _ROOM:
        half = len(sizes) // 2
        pairs = sizes[:half] * sizes[half : 2 * half]
        sizes = np.concatenate([pairs, sizes[2 * half :]]) if len(sizes) % 2 else pairs
        reach *= reach
    return sum_of_logs(log_magnitude(sizes))


def sum_of_logs(terms: Array) -> Vector:
    """Return Σ_t terms[t] (m,) of terms (T, m), T >= 1, as if rounded once.

    Halves are folded onto halves, and what each addition rounds away is kept.

    >>> sum_of_logs(np.array([[1e16], [1.0], [1.0], [-1e16]])).tolist()
    [2.0]
    """
    high, low = terms, np.zeros_like(terms)
    while len(high) > 1:
        half = len(high) // 2
        front, back = slice(half), slice(half, 2 * half)
        with np.errstate(invalid="ignore"):  # −inf − (−inf): NaN, and not taken
            total, lost = add_logs(high[front], low[front] + low[back], high[back])
        high = np.concatenate([total, high[2 * half :]])
        low = np.concatenate([lost, low[2 * half :]])
    return np.where(np.isfinite(high[0]), high[0] + low[0], high[0])


def weighted_triangle(upper: Matrix, weights: Vector, logs: Vector) -> Matrix:
    """Return Ŵ for an upper triangular U, log weights s and logs ln|U_ii|, all finite.

    The diagonal of Ŵ is the signs (phases) of that of U.
    """
    return rescaled(upper, weights, logs + weights)


def rescaled(M: Matrix, columns: Vector, rows: Vector) -> Matrix:
    """Return M_ij e^(columns_j − rows_i), where neither factor need be a float64."""
    size = np.abs(M)
    with np.errstate(divide="ignore", over="ignore"):
        log_ratio = np.log(size) + columns - rows[:, None]
        return _signs(M, size) * np.exp(log_ratio)


def _signs(U: Matrix, size: Matrix) -> Matrix:
    signs = np.zeros_like(U)
    if not np.iscomplexobj(U):
        return np.divide(U, size, out=signs, where=size > 0)
    # In parts: complex division by a subnormal number overflows inside.
    np.divide(U.real, size, out=signs.real, where=size > 0)
    np.divide(U.imag, size, out=signs.imag, where=size > 0)
    return signs


def weighted_elimination(
    M: Matrix, weights: Vector, rank: int
) -> tuple[Matrix, Vector, Array, Matrix]:
    """Return L, s', Ŵ with M diag(e^s) = L diag(e^{s'}) Ŵ, both factors bounded by 1.

    Gaussian elimination that takes at each step the column with the largest weighted
    remainder, and in it the largest entry: |L_ij| <= 1 and |Ŵ_ij| <= 1.  It stops after
    `rank` pivots, or when the remainder is exactly zero.

    Returns
    -------
    L : (n, r) ndarray
    logs : (r,) ndarray
        Logs of the pivots: ``s' = logs + s[chosen]``, descending up to factors of 2.
    chosen : (r,) ndarray of int
        The columns in the order they were taken.
    W : (r, columns) ndarray
    """
    rest = np.array(M, order="F")
    columns, rows = np.arange(M.shape[1]), np.arange(M.shape[0])
    for i in range(rank):
        sizes = log_magnitude(np.abs(rest[i:, i:]).max(axis=0)) + weights[columns[i:]]
        best = i + int(sizes.argmax())
        if sizes[best - i] == -np.inf:
            rank = i
            break
        _swap(rest, columns, i, best, axis=1)
        _swap(rest, rows, i, i + int(np.abs(rest[i:, i]).argmax()), axis=0)
        rest[i + 1 :, i] /= rest[i, i]
        rest[i + 1 :, i + 1 :] -= np.outer(rest[i + 1 :, i], rest[i, i + 1 :])
    L = np.empty((len(rows), rank), rest.dtype, order="F")
    L[rows] = np.tril(rest[:, :rank], -1) + np.eye(len(rows), rank)
    U = np.triu(rest[:rank])
    before = weights[columns]
    logs = log_magnitude(U.diagonal())
    W = np.empty_like(U)
    W[:, columns] = rescaled(U, before, logs + before[:rank])
    return L, logs, columns[:rank], W


def _swap(rest: Matrix, names: Array, i: int, j: int, *, axis: int) -> None:
    if i != j:
        pair, back = [i, j], [j, i]
        names[pair] = names[back]
        if axis == 0:
            rest[pair] = rest[back]
        else:
            rest[:, pair] = rest[:, back]
