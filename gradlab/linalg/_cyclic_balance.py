"""Balance of a cycle: S_t J_t S_(t−1)⁻¹ whose rows are as large as the next columns.

With S_0 = S_T the product becomes S_T P S_T⁻¹, which has the eigenvalues of P.  It is
Osborne's iteration in the largest entry, gone around the cycle; for T = 1 it balances
one matrix.
"""

import numpy as np

from gradlab.linalg.powers_of_two import times_power
from gradlab.typing import Array, Factors, Vector

__all__ = ["balanced_cycle"]

_SWEEPS = 20


def balanced_cycle(parts: list[Factors]) -> list[Factors]:
    """Return factors whose product is similar to that of the given ones.

    All S_t are powers of two, so that nothing is rounded; where an entry would
    underflow, the factors are left as they are.
    """
    stack = np.concatenate(parts)
    with np.errstate(divide="ignore"):
        sizes = np.log2(np.abs(stack))
    T, n, _ = stack.shape
    S = np.zeros((T, n))  # log2 of the S_t; that of the last step is also S_0
    for _ in range(_SWEEPS):
        settle = _settle_one if T == 1 else _settle_between
        if max(settle(sizes, S, t) for t in range(T)) <= 1.0:
            break
    powers = S[:, :, None] - np.roll(S, 1, axis=0)[:, None, :]
    balanced = times_power(stack, powers.astype(int))
    lost = (np.abs(balanced) < np.finfo(float).tiny) & (stack != 0)
    return parts if lost.any() else [balanced]


def _settle_between(sizes: Array, S: Array, t: int) -> float:
    """Even out the rows of J_t and the columns of the next factor, all n at once."""
    later = (t + 1) % len(S)
    rows = (sizes[t] - S[t - 1]).max(axis=1) + S[t]
    columns = (sizes[later] + S[later][:, None]).max(axis=0) - S[t]
    return _moved(S[t], rows, columns)


def _settle_one(sizes: Array, S: Array, _: int) -> float:
    """Even out the rows and columns of a single matrix, one by one."""
    off_diagonal = np.where(np.eye(S.shape[1], dtype=bool), -np.inf, sizes[0])
    largest = 0.0
    for i in range(S.shape[1]):
        rows = np.array([(off_diagonal[i] - S[0]).max() + S[0, i]])
        columns = np.array([(off_diagonal[:, i] + S[0]).max() - S[0, i]])
        largest = max(largest, _moved(S[0, i : i + 1], rows, columns))
    return largest


def _moved(scales: Vector, rows: Vector, columns: Vector) -> float:
    """Move the scales, in place, half of the way; return the largest move."""
    with np.errstate(invalid="ignore"):  # −inf − (−inf) where both are zero
        half = np.rint((columns - rows) / 2)
    half[~np.isfinite(half)] = 0.0
    scales += half
    return float(np.abs(half).max(initial=0.0))
