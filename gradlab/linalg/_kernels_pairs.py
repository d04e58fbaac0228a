"""Vectors of many chains J_t = diag(d_t) W of two rows, as one compiled loop.

No step branches, so several systems share a register.  Compiled lines are invisible to
coverage; the tests of batches run them all.
"""

import numba

from gradlab.linalg._kernels_blas import COMPILED
from gradlab.typing import Array, Matrix, Vector

__all__ = ["follow"]

_SUSPECT = 1e-7  # as in `gradlab.linalg._pairs`
_GROUP = 8  # steps whose norms are multiplied, which float64 has room for:
_LOW, _HIGH = 1e-37, 1e17  # of the product of two row sizes, and of either

# A lane may hold NaN, and is then to be found out.
_HONEST = COMPILED | {"fastmath": COMPILED["fastmath"] - {"nnan"}}


@numba.njit(**_HONEST)
def follow(
    scales: Array,
    matrix: Matrix,
    sizes: Vector,
    vectors: Array,
    norms: Array,
    areas: Array,
    clear: Vector,
) -> None:  # pragma: no cover
    """Change vectors (2, S) in place by scales (k, S, 2) and W with such row sizes.

    Row t // 8 of `norms` and `areas` is multiplied by ‖J_t v‖_∞ and by the product of
    the sizes of the rows of J_t; `clear` (S,) becomes 0 where numbers are out of range
    or v falls far below the rows.
    """
    a, b, c, d = matrix[0, 0], matrix[0, 1], matrix[1, 0], matrix[1, 1]
    first, second = vectors
    for t in range(len(scales)):
        scale, norm, area = scales[t], norms[t // _GROUP], areas[t // _GROUP]
        for s in range(len(clear)):
            p, q, x, y = scale[s, 0], scale[s, 1], first[s], second[s]
            x, y = p * (a * x + b * y), q * (c * x + d * y)
            upper, lower = abs(p) * sizes[0], abs(q) * sizes[1]
            top = upper if upper > lower else lower
            size = abs(x) if abs(x) > abs(y) else abs(y)
            sound = (size > _SUSPECT * top) & (upper * lower > _LOW) & (top < _HIGH)
            clear[s] = clear[s] if sound else 0.0
            norm[s] *= size
            area[s] *= upper * lower
            first[s], second[s] = x / size, y / size
