"""ρ{A_i} = 0 iff every product of n of the n × n matrices is 0, which integers decide.

A semigroup of nilpotent matrices can be made strictly triangular by one change of basis
(Levitzki); floats are integers times a power of two.
"""

import numpy as np

from gradlab.linalg._integers import whole
from gradlab.typing import Factors

__all__ = ["products_vanish"]

_MOST = 1024


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
    words = letters
    for _ in range(matrices.shape[-1] - 1):
        if len(letters) * len(words) > _MOST:
            return False
        products = [A @ B for A in letters for B in words]
        words = np.array([P for P in products if P.any()], dtype=object)
        if not len(words):
            return True
    return not words.any()
