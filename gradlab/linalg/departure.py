"""Henrici's departure from normality: ‖N‖_F, N the strictly upper part of a Schur form.

‖N‖_F² = ‖A‖_F² − Σ|λ_i|² [henrici1962bounds], and taken by subtraction it is a rounding
error, of either sign, for every normal matrix; N itself is not.
"""

import numpy as np
from scipy import linalg

from gradlab.linalg._doors import require_square
from gradlab.linalg.norms import frobenius_norm
from gradlab.linalg.scaled import Scaled
from gradlab.typing import ArrayLike

__all__ = ["henrici_departure"]


def henrici_departure(A: ArrayLike) -> float:
    """Return the departure from normality (‖A‖_F² − Σ|λ_i|²)^½: 0 iff A is normal.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.

    Returns
    -------
    float
        To about ``n eps ‖A‖``, so that is what a normal matrix gives; exactly 0 for a
        Hermitian or skew-Hermitian one.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, or is empty.

    Examples
    --------
    >>> henrici_departure([[1.0, 3.0], [0.0, 2.0]])
    3.0
    >>> henrici_departure([[1.0, 3.0], [3.0, 2.0]])
    0.0
    """
    scaled = Scaled.of(require_square("A", A))
    B = scaled.mantissa
    Bh = B.conj().T
    if np.array_equal(B, Bh) or np.array_equal(B, -Bh):
        return 0.0
    triangular = not np.tril(B, -1).any()
    T = B if triangular else linalg.schur(B, output="complex")[0]
    return frobenius_norm(Scaled(np.triu(T, 1), scaled.exponent).to_float())
