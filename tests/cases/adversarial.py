"""Matrices that break wrong bounds; Gaussian ones hardly ever do.

Each family is extremal, defective, singular, badly scaled or exactly representable; a
chain's next factor is new, the same, the transpose or the pseudo-inverse of the last.
"""

import numpy as np
from hypothesis import strategies as st

__all__ = ["chains", "matrices"]

_ENTRIES = st.floats(-4.0, 4.0, allow_subnormal=False)
_WHOLE = st.integers(-3, 3)


def _filled(draw, shape, entries):
    size = int(np.prod(shape))
    values = draw(st.lists(entries, min_size=size, max_size=size))
    return np.array(values, dtype=float).reshape(shape)


def _dense(draw, n):
    return _filled(draw, (n, n), _ENTRIES)


def _integers(draw, n):
    return _filled(draw, (n, n), _WHOLE)


def _rank_one(draw, n):
    return np.outer(_filled(draw, n, _ENTRIES), _filled(draw, n, _ENTRIES))


def _jordan(draw, n):
    k = draw(st.integers(1, 30))
    eigenvalue = draw(st.sampled_from([0.0, 1.0, -1.0, 1 - 2.0**-k]))
    return eigenvalue * np.eye(n) + np.eye(n, k=1)


def _nilpotent(draw, n):
    return np.triu(_filled(draw, (n, n), _ENTRIES), 1)


def _orthogonal(draw, n):
    Q = np.eye(n)
    for _ in range(draw(st.integers(1, 3))):
        v = _filled(draw, n, st.integers(1, 5))
        Q = Q - 2 * np.outer(v, v @ Q) / (v @ v)
    return Q


def _monomial(draw, n):
    order = draw(st.permutations(range(n)))
    return np.diag(_filled(draw, n, _ENTRIES))[list(order)]


def _companion(draw, n):
    A = np.eye(n, k=-1)
    A[:, -1] = _filled(draw, n, _WHOLE)
    return A


def _one_column(draw, n):
    A = np.zeros((n, n))
    A[:, draw(st.integers(0, n - 1))] = 1.0
    return A


def _blocks(draw, n):
    A = _dense(draw, n)
    cut = draw(st.integers(0, n))
    A[:cut, cut:] = A[cut:, :cut] = 0.0
    return A


def _graded(draw, n):
    left, right = (10.0 ** _filled(draw, n, st.integers(-9, 9)) for _ in range(2))
    return left[:, None] * _dense(draw, n) * right


def _sheared(draw, n):
    """Return S J S⁻¹ for a Jordan block and an integer S with det S = 1: exact."""
    A = _jordan(draw, n)
    for _ in range(draw(st.integers(1, 2 * n)) if n > 1 else 0):
        i, j = draw(st.permutations(range(n)))[:2]
        c = draw(st.sampled_from([-3, -2, -1, 1, 2, 3]))
        A[i] += c * A[j]
        A[:, j] -= c * A[:, i]
    return A


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
)


@st.composite
def matrices(draw, n):
    """Draw an (n, n) matrix of any family, now and then scaled to 2^±900."""
    A = draw(st.sampled_from(_FAMILIES))(draw, n)
    power = draw(st.sampled_from([0, 0, 0, 1, -1, 900, -900, -1040]))
    return np.ldexp(A, power)


@st.composite
def chains(draw, most=6):
    """Draw factors (T, n, n) with 1 ≤ T ≤ most and 1 ≤ n ≤ 5."""
    n = draw(st.integers(1, 5))
    factors = [draw(matrices(n))]
    for _ in range(draw(st.integers(0, most - 1))):
        kind = draw(st.sampled_from(["new", "same", "transpose", "pinv"]))
        last = factors[-1]
        if kind == "new":
            factors.append(draw(matrices(n)))
        elif kind == "pinv" and 1e-100 < np.abs(last).max() < 1e100:
            factors.append(np.linalg.pinv(last))
        else:
            factors.append(last if kind == "same" else last.T)
    return np.stack(factors)
