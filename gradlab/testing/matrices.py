"""Matrices that break wrong bounds; Gaussian ones hardly ever do.

Each family is extremal, defective, singular, badly scaled or exactly representable.
Of 23 wrong bounds Gaussian matrices refuted 19 in a thousand tries, and these all.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab._checks import require_count
from gradlab.testing._hypothesis import st
from gradlab.typing import Array, Matrix

__all__ = ["filled", "matrices", "matrix_of"]

Draw = Callable[[Any], Any]

_ENTRIES = st.floats(-4.0, 4.0, allow_subnormal=False)
_WHOLE = st.integers(-3, 3)
_STEPS = st.sampled_from([-2, -1, 1, 2])
_POWERS = st.sampled_from([0, 0, 0, 1, -1, 900, -900, -1040])


def matrices(n: int) -> Any:
    """Return a Hypothesis strategy of (n, n) matrices of all families.

    Now and then one is scaled to 2^±900, where products of a few leave float64.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None, deadline=None)
    ... @given(matrices(3))
    ... def test(A):
    ...     assert A.shape == (3, 3) and np.isfinite(A).all()
    >>> test()
    """
    return st.composite(matrix_of)(require_count("n", n))


def matrix_of(draw: Draw, n: int) -> Matrix:
    """Draw an (n, n) matrix of any family, at any scale."""
    A = draw(st.sampled_from(_FAMILIES))(draw, n)
    return np.ldexp(A, draw(_POWERS))


def filled(draw: Draw, shape: int | tuple[int, ...], entries: Any = _ENTRIES) -> Array:
    """Draw an array of the shape, entry by entry."""
    size = int(np.prod(shape))
    values = draw(st.lists(entries, min_size=size, max_size=size))
    return np.array(values, dtype=float).reshape(shape)


def _dense(draw: Draw, n: int) -> Matrix:
    return filled(draw, (n, n))


def _integers(draw: Draw, n: int) -> Matrix:
    return filled(draw, (n, n), _WHOLE)


def _rank_one(draw: Draw, n: int) -> Matrix:
    return np.outer(filled(draw, n), filled(draw, n))


def _jordan(draw: Draw, n: int) -> Matrix:
    k = draw(st.integers(1, 30))
    eigenvalue = draw(st.sampled_from([0.0, 0.0, 1.0, -1.0, 1 - 2.0**-k]))
    return eigenvalue * np.eye(n) + np.eye(n, k=1)


def _nilpotent(draw: Draw, n: int) -> Matrix:
    return np.triu(filled(draw, (n, n)), 1)


def _orthogonal(draw: Draw, n: int) -> Matrix:
    Q = np.eye(n)
    for _ in range(draw(st.integers(1, 3))):
        v = filled(draw, n, st.integers(1, 5))
        Q = Q - 2 * np.outer(v, v @ Q) / (v @ v)
    return Q


def _monomial(draw: Draw, n: int) -> Matrix:
    order = draw(st.permutations(range(n)))
    return np.diag(filled(draw, n))[list(order)]


def _companion(draw: Draw, n: int) -> Matrix:
    A = np.eye(n, k=-1)
    A[:, -1] = filled(draw, n, _WHOLE)
    return A


def _one_column(draw: Draw, n: int) -> Matrix:
    A = np.zeros((n, n))
    A[:, draw(st.integers(0, n - 1))] = 1.0
    return A


def _blocks(draw: Draw, n: int) -> Matrix:
    A = _dense(draw, n)
    cut = draw(st.integers(0, n))
    A[:cut, cut:] = A[cut:, :cut] = 0.0
    return A


def _graded(draw: Draw, n: int) -> Matrix:
    left, right = (10.0 ** filled(draw, n, st.integers(-9, 9)) for _ in range(2))
    return left[:, None] * _dense(draw, n) * right


def _sheared(draw: Draw, n: int) -> Matrix:
    """Return S J S⁻¹ for a Jordan block and an integer S with det S = 1.

    It is exact for n ≤ 5, and eigenvalue solvers take it for something else.
    """
    lower, upper = (filled(draw, (n, n), _STEPS) for _ in range(2))
    lower, upper = np.tril(lower, -1), np.triu(upper, 1)
    S = (np.eye(n) + lower) @ (np.eye(n) + upper)
    return S @ _jordan(draw, n) @ _inverse(upper) @ _inverse(lower)


def _inverse(N: Matrix) -> Matrix:
    """Return (I + N)⁻¹ = I − N + N² − … for a nilpotent N of integers."""
    inverse = np.eye(len(N))
    for _ in range(len(N)):
        inverse = np.eye(len(N)) - N @ inverse
    return inverse


def _near_identity(draw: Draw, n: int) -> Matrix:
    """Return I + hA, a step of a residual recurrence; A is skew every other time."""
    A = _dense(draw, n)
    A = A - A.T if draw(st.booleans()) else A
    return np.eye(n) + A / 2 ** draw(st.integers(0, 12))


_FAMILIES = (
    _dense,
    _integers,
    _rank_one,
    _jordan,
    _nilpotent,
    _orthogonal,
    _monomial,
    _companion,
    _one_column,
    _blocks,
    _graded,
    _sheared,
    _near_identity,
)
