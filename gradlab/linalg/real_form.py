"""Complex matrices as real ones of twice the size: [[Re A, −Im A], [Im A, Re A]]."""

import numpy as np

from gradlab.typing import Array

__all__ = ["realified"]


def realified(A: Array) -> Array:
    """Return A if it is real, else its real form: each singular value stands twice.

    >>> realified(np.array([[3 + 4j]])).tolist()
    [[3.0, -4.0], [4.0, 3.0]]
    """
    if not np.iscomplexobj(A):
        return A
    *lead, m, n = A.shape
    real = np.empty((*lead, 2 * m, 2 * n))
    real[..., :m, :n] = real[..., m:, n:] = A.real
    real[..., m:, :n] = A.imag
    real[..., :m, n:] = -A.imag
    return real
