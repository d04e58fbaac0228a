"""Few directions of many: J_t F_{t−1} = F_t U_t with J_t applied, never formed.

The full sweep needs every J_t as an (n, n) array; for k ≪ n its factored form gives
J_t F at a small part of that cost, and ln|diag U_t| adds up to the same growths.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from scipy.linalg.lapack import dgetrf, dlaswp

from gradlab.cells.factored import AbstractJacobian
from gradlab.dynamics import JacobianChain
from gradlab.linalg._weighted import log_of_product
from gradlab.typing import Array, Matrix, Vector

__all__ = ["is_thin", "swept", "thin_growths"]

_SMALLEST = 64  # n from which forming J_t costs more than calling into it
_AT_ONCE = 64  # steps whose slopes are evaluated together
_TINY, _HUGE = 1e-280, 1e280  # the full sweep scales what is beyond them
_SUSPECT = 1e-7  # a pivot so far below its column may be the zero of a singular J_t


def is_thin(n: int, k: int) -> bool:
    """Whether k directions of n are few enough for this sweep."""
    return n >= _SMALLEST and 4 * k <= n


def thin_growths(
    chain: JacobianChain, frame: Matrix, *, block: int, burn_in: int
) -> Array | None:
    """Return Σ ln|r_ii| over blocks of `block` steps after the burn-in (B, k).

    None where a Jacobian may be singular on the span of the frame, which only the full
    sweep decides.
    """
    ends = [burn_in, *range(burn_in + block, len(chain), block), len(chain)]
    if burn_in:
        ends.insert(0, 0)
    sums = []
    for start, stop in itertools.pairwise(ends):
        found = swept(chain, frame, range(start, stop))
        if found is None:
            return None
        frame, growth = found
        sums.append(growth)
    return np.array(sums[1:] if burn_in else sums)


def swept(
    chain: JacobianChain, frame: Matrix, steps: range
) -> tuple[Matrix, Vector] | None:
    """Carry an orthonormal frame over the steps; return it orthonormal, with sums."""
    k = frame.shape[1]
    below, unit = np.tri(k, k, -1), np.eye(k)
    pivots, sizes = np.empty((2, len(steps), k))
    frame = np.asfortranarray(frame)
    with np.errstate(all="ignore"):  # what is out of range is found below
        for t, J in enumerate(_each(chain[steps.start : steps.stop])):
            moved = np.asfortranarray(J.tangent(frame))
            sizes[t] = np.abs(moved).max(axis=0)
            packed, swaps, _ = dgetrf(moved, overwrite_a=1)
            pivots[t] = packed.diagonal()
            packed[:k] *= below
            packed[:k] += unit
            frame = dlaswp(packed, swaps, inc=-1, overwrite_a=1)  # rows go back
    within = (sizes > _TINY) & (sizes < _HUGE)
    if not (within & (np.abs(pivots) > _SUSPECT * sizes)).all():
        return None
    Q, R = np.linalg.qr(frame)
    return Q, log_of_product(np.vstack([pivots, R.diagonal()]))


def _each(chain: JacobianChain) -> Iterator[AbstractJacobian]:
    """Yield the Jacobians one by one, evaluated some steps at a time."""
    for piece in chain.pieces:
        for start in range(0, piece.shape[0], _AT_ONCE):
            few = piece[start : start + _AT_ONCE].evaluated()
            yield from (few[t] for t in range(few.shape[0]))
