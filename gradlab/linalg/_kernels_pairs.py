"""The sweep of many chains of two rows, as one compiled loop over lanes.

No step branches, so several systems share a register.  Compiled lines are invisible to
coverage; the tests of batches run them all.
"""

import numba

from gradlab.linalg._kernels_blas import COMPILED
from gradlab.typing import Array

__all__ = ["pairs"]


@numba.njit(**COMPILED)  # type: ignore[untyped-decorator]
def pairs(
    factors: Array, sizes: Array, frame: Array, pivots: Array, lowest: Array
) -> None:  # pragma: no cover
    """Do what `gradlab.linalg._lanes.swept_lanes` does, for n = 2."""
    for t in range(len(factors)):
        J, size, found = factors[t], sizes[t], pivots[t]
        for s in range(factors.shape[3]):
            p, q = frame[0, 0, s], frame[0, 1, s]
            r, v = frame[1, 0, s], frame[1, 1, s]
            a, b = J[0, 0, s] * p + J[0, 1, s] * r, J[0, 0, s] * q + J[0, 1, s] * v
            c, d = J[1, 0, s] * p + J[1, 1, s] * r, J[1, 0, s] * q + J[1, 1, s] * v
            turned = abs(c) > abs(a)
            first, upper = c if turned else a, d if turned else b
            second, rest = a if turned else c, b if turned else d
            below = second / first
            last = rest - below * upper
            found[0, s], found[1, s] = first, last
            frame[0, 0, s], frame[0, 1, s] = below if turned else 1.0, 1.0 * turned
            frame[1, 0, s], frame[1, 1, s] = 1.0 if turned else below, 1.0 - turned
            own = size[1, s] if turned else size[0, s]
            other = size[0, s] if turned else size[1, s]
            least = min(abs(first) / own, abs(last) / other)
            lowest[s] = min(lowest[s], least)
