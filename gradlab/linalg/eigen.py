"""Spectral radius: ρ(A) = max |λ|, the growth per step of Aᵗ as t → ∞."""

import numpy as np

from gradlab._checks import require_array
from gradlab.errors import InputError
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
        ``‖A‖ (n eps)^(1/k)``.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not square, finite and made of numbers, or is empty.

    Examples
    --------
    >>> spectral_radius([[0.0, 1.0], [-4.0, 0.0]])
    2.0
    """
    array = require_array("A", A, "(n, n)", allow_complex=True)
    if not array.size:
        message = f"`A` needs n >= 1; got shape {array.shape}."
        raise InputError(message)
    # Brought near 1 by a power of two, exactly, so that nothing overflows inside.
    scaled = Scaled.of(array)
    radius = np.abs(np.linalg.eigvals(scaled.mantissa)).max()
    return float(Scaled(np.asarray(radius), scaled.exponent).to_float())
