"""Few directions of many: J_t F_{t−1} = F_t U_t with J_t applied, never formed.

The full sweep needs every J_t as an (n, n) array; for k ≪ n its factored form gives
J_t F at a small part of that cost, and ln|diag U_t| adds up to the same growths.
"""

import itertools
import math

import numpy as np
from scipy.linalg import lu

from gradlab.dynamics import JacobianChain
from gradlab.typing import Array, Matrix, Vector

__all__ = ["is_thin", "swept", "thin_growths"]

_SMALLEST = 64  # n from which forming J_t costs more than calling into it
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
    total = np.zeros(frame.shape[1])
    for t in steps:
        moved = chain[t : t + 1].tangent(frame)
        frame, U = lu(moved.mantissa, permute_l=True, check_finite=False)
        pivots = np.abs(U.diagonal())
        if (pivots <= _SUSPECT * np.abs(moved.mantissa).max(axis=0)).any():
            return None
        total += np.log(pivots) + moved.exponent * math.log(2)
    Q, R = np.linalg.qr(frame)
    return Q, total + np.log(np.abs(R.diagonal()))
