"""Bases in which a matrix is nearly diagonal, for defective matrices too.

V = Q diag(1, δ, δ², …) with a unitary Schur basis Q of A makes V⁻¹AV the diagonal of
the Schur form plus its upper part times powers of δ.  Nothing here is proved or has to
be: whatever V is, what is made of it is verified where it is used.
"""

from collections.abc import Iterator

import numpy as np
from scipy import linalg

from gradlab.typing import Matrix, Vector

__all__ = ["graded_schur_bases"]

_STEPS = 2.0 ** -np.arange(0, 26, 2.0)
_STEEPEST = 2.0**-500  # squares of it are still normal numbers


def graded_schur_bases(A: Matrix) -> Iterator[tuple[Vector, Matrix, Matrix]]:
    """Yield eigenvalues, V and V⁻¹ for δ = 1, 1/4, 1/16, ….

    Examples
    --------
    >>> bases = list(graded_schur_bases(np.array([[1.0, 1.0], [0.0, 1.0]])))
    >>> values, V, X = bases[3]
    >>> moved = X @ np.array([[1.0, 1.0], [0.0, 1.0]]) @ V
    >>> abs(moved).tolist()
    [[1.0, 0.015625], [0.0, 1.0]]
    """
    T, Q = linalg.schur(A, output="complex")
    for step in _STEPS[_STEPS ** (len(A) - 1) >= _STEEPEST]:
        scale = step ** np.arange(len(A))
        yield np.diag(T), Q * scale, Q.conj().T / scale[:, None]
