"""ρ{A_i} = 0 iff every product of n of the n × n matrices is 0, which integers decide.

A semigroup of nilpotent matrices can be made strictly triangular by one change of basis
(Levitzki); floats are integers times a power of two.  Most sets are found not to be of
that kind by one power modulo a prime: (Σ c_i A_i)ⁿ would have to vanish.
"""

import numpy as np

from gradlab.linalg._integers import whole
from gradlab.typing import Factors

__all__ = ["products_vanish"]

_MOST = 1024
_PRIME = 2**20 - 3  # products of residues are summed exactly in float64


def products_vanish(matrices: Factors) -> bool:
    """Return whether all products of n factors are 0; False if they are too many.

    Examples
    --------
    >>> products_vanish(np.array([[[3.0, -9.0], [1.0, -3.0]]]))
    True
    >>> products_vanish(np.array([[[0.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]]))
    False
    """
    letters, _ = whole(matrices)
    if not _is_nilpotent(letters):
        return False
    words = letters
    for _ in range(matrices.shape[-1] - 1):
        if len(letters) * len(words) > _MOST:
            return False
        products = [A @ B for A in letters for B in words]
        words = np.array([P for P in products if P.any()], dtype=object)
        if not len(words):
            return True
    return not words.any()


def _is_nilpotent(letters: Factors) -> bool:
    """Return whether (Σ c_i A_i)ⁿ = 0 modulo a prime, for some fixed c."""
    n = letters.shape[-1]
    weights = np.array([pow(3, k + 1, _PRIME) for k in range(len(letters))], object)
    power = (np.tensordot(weights, letters, 1) % _PRIME).astype(float)
    for _ in range(n.bit_length()):  # powers of two up to 2^k > n
        power = (power @ power) % _PRIME
    return not power.any()
