"""Between float64 and FLINT: floats enter exactly, and balls leave rounded outward.

``float(x.upper())`` rounds to nearest at any precision but 53 bits, and may then lie
below x: `arb_up` and `arb_down` are the only ways out.
"""

import math
import sys

import numpy as np
from flint import arb, arb_mat, fmpz_mat

from gradlab.linalg._integers import whole
from gradlab.typing import Array

__all__ = [
    "arb_down",
    "arb_up",
    "ball_matrix",
    "float_ends",
    "integer_matrix",
    "log_radius",
]

_BITS, _LEAST, _BEYOND = 53, -1074, 1024  # m 2^e: |m| < 2^53, e ≥ −1074, all < 2^1024


def arb_up(x: arb) -> float:
    """Return the least float64 ≥ every number in x; inf for a NaN.

    Examples
    --------
    >>> from gradlab.algebra.balls import BALLS
    >>> with BALLS.precision(400):
    ...     root = arb(3).sqrt()
    ...     arb_up(root), arb_down(root), float(root.upper()) > root
    (1.7320508075688774, 1.7320508075688772, False)
    """
    if x.is_nan():
        return math.inf
    if not x.is_finite():
        return -math.inf if x < 0 else math.inf
    mantissa, exponent = (int(part) for part in x.upper().man_exp())
    return _rounded_up(mantissa, exponent)


def arb_down(x: arb) -> float:
    """Return the greatest float64 ≤ every number in x; −inf for a NaN."""
    return 0.0 - arb_up(-x)  # not −0.0


def float_ends(balls: Array) -> tuple[Array, Array]:
    """Return float64s ≤ and ≥ every number in an array of balls.

    >>> import numpy as np
    >>> float_ends(np.array([arb(2), arb(0.5, 0.25)]))
    (array([2.  , 0.25]), array([2.  , 0.75]))
    """
    down, up = np.frompyfunc(arb_down, 1, 1), np.frompyfunc(arb_up, 1, 1)
    return np.asarray(down(balls), dtype=float), np.asarray(up(balls), dtype=float)


def log_radius(balls: Array) -> float:
    """Return a float64 ≥ ln of the largest radius: −inf if exact, inf for a NaN."""
    radii = [ball.rad() for ball in balls.flat if not ball.is_exact()]
    if not all(ball.is_finite() for ball in balls.flat):
        return math.inf
    return max((arb_up(radius.log()) for radius in radii), default=-math.inf)


def ball_matrix(A: Array) -> arb_mat:
    """Return a real float array (m, n) as exact balls.

    >>> import numpy as np
    >>> ball_matrix(np.array([[0.5, 2.0]]))
    [0.500000000000000, 2.00000000000000]
    """
    return arb_mat(*A.shape, A.ravel().tolist())


def integer_matrix(A: Array) -> tuple[fmpz_mat, int]:
    """Return integers M and a power e with A = 2^e M, for a finite real array (m, n).

    >>> import numpy as np
    >>> integer_matrix(np.array([[0.5, 2.0]]))[0]
    [4503599627370496, 18014398509481984]
    """
    entries, exponent = whole(A)
    return fmpz_mat(*A.shape, entries.ravel().tolist()), exponent


def _rounded_up(mantissa: int, exponent: int) -> float:
    """Return the least float64 ≥ mantissa · 2^exponent."""
    size = mantissa.bit_length()
    shift = max(size - _BITS, _LEAST - exponent, 0)
    # −(−m >> s) is m / 2^s, rounded up.
    rounded = -(-mantissa >> shift)
    if rounded.bit_length() + exponent + shift > _BEYOND:
        return math.inf if mantissa > 0 else -sys.float_info.max
    return math.ldexp(rounded, exponent + shift)
