"""What functions of one matrix accept: n x n, n ≥ 1, finite; corners 1 ≤ n ≤ N."""

import numpy as np

from gradlab._checks import require_array, require_count, require_memory
from gradlab.errors import InputError
from gradlab.typing import ArrayLike, Matrix

__all__ = ["require_corner", "require_square"]


def require_corner(n: int, of: int) -> tuple[int, int]:
    """Return the sizes n and N of a corner and of what it is cut from, 1 ≤ n ≤ N.

    Examples
    --------
    >>> require_corner(2, of=5)
    (2, 5)
    """
    n, of = require_count("n", n), require_count("of", of)
    if of < n:
        message = f"`of` must be at least n = {n}; got {of}."
        raise InputError(message)
    return n, of


def require_square(name: str, A: ArrayLike) -> Matrix:
    """Return `A` as a finite float64 or complex128 array (n, n), n ≥ 1, a snapshot.

    A copy costs nothing beside the work, and nothing that is done to the caller's array
    meanwhile reaches it.

    Examples
    --------
    >>> require_square("A", [[1, 2], [3, 4]]).dtype
    dtype('float64')
    """
    if isinstance(A, np.ndarray) and A.ndim == 2:
        # A broadcast array takes no memory, but its copies do.
        require_memory("n", max(A.shape), 2 * A.size)
        A = A.copy(order="K")
    array = require_array(name, A, "(n, n)", allow_complex=True)
    if not array.size:
        message = f"`{name}` needs n >= 1; got shape {array.shape}."
        raise InputError(message)
    return array
