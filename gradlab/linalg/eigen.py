"""Spectral radius: ρ(A) = max |λ|, the growth per step of Aᵗ as t → ∞."""

import numpy as np

from gradlab.linalg._doors import require_square
from gradlab.linalg.scaled import Scaled
from gradlab.typing import ArrayLike

__all__ = ["spectral_radius"]


def spectral_radius(A: ArrayLike) -> float:
    """Return ρ(A) = max |λ_i(A)|.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1.

    Returns
    -------
    float
        The exact spectral radius of a matrix within about ``n eps ‖A‖`` of `A`.  For a
        defective eigenvalue of multiplicity k this is an error of up to
        ``‖A‖ (n eps)^(1/k)``; `spectral_radius_interval` bounds it.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, or is empty.

    Examples
    --------
    >>> spectral_radius([[0.0, 1.0], [-4.0, 0.0]])
    2.0
    """
    array = require_square("A", A)
    # Brought near 1 by a power of two, exactly, so that nothing overflows inside.
    scaled = Scaled.of(array)
    radius = np.abs(np.linalg.eigvals(scaled.mantissa)).max()
    return float(Scaled(np.asarray(radius), scaled.exponent).to_float())
