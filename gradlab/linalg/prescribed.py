"""Random matrices Q (Λ + N) Qᴴ with given eigenvalues Λ and given distance from normal.

Q is Haar distributed and N strictly upper (block) triangular, so that Henrici's
departure from normality, √(‖A‖_F² − Σ|λ|²), is ‖N‖_F.
"""

import numpy as np

from gradlab._checks import (
    require_array,
    require_memory,
    require_number,
    require_rng,
)
from gradlab.errors import InputError
from gradlab.linalg.ensembles import orthogonal, unitary
from gradlab.typing import Array, ArrayLike, Matrix, Seed, Vector

__all__ = ["with_spectrum"]


def with_spectrum(
    eigenvalues: ArrayLike, *, rng: Seed, departure: float = 0.0
) -> Matrix:
    """Return a random matrix with the given eigenvalues and departure from normality.

    Parameters
    ----------
    eigenvalues : (n,) array_like
        n ≥ 1 numbers.  The matrix is real if all that are not come with their
        conjugates.
    rng : Generator or int
        Draws the basis, and N up to its size.
    departure : float
        ‖N‖_F ≥ 0; 0 for a normal matrix.

    Returns
    -------
    (n, n) ndarray
        Its eigenvalues are the given ones but for rounding, n ε ‖A‖_F times their
        condition numbers, which grow fast with the departure.

    Raises
    ------
    InputError, InputTypeError
        If the numbers are not finite, or the departure is negative; or positive where
        there is no room for it (n = 1, or a single pair).

    Examples
    --------
    >>> A = with_spectrum([2.0, 3j, -3j], rng=0, departure=3.0)
    >>> np.sort(np.abs(np.linalg.eigvals(A))).round(12).tolist()
    [2.0, 3.0, 3.0]
    >>> round(float(np.sum(A**2) - 4 - 9 - 9), 9)  # = departure²
    9.0
    """
    values = require_array("eigenvalues", eigenvalues, "(n,)", allow_complex=True)
    departure = require_number("departure", departure, minimum=0.0)
    n = len(values)
    if not n:
        message = "`eigenvalues` must be at least one number; got none."
        raise InputError(message)
    require_memory("n", n, 4 * n * n)
    generator = require_rng(rng)
    pairs = _conjugate_pairs(values)
    if pairs is None:
        Q = unitary(n, gain=1.0, rng=generator)
        T, room = np.diag(values), np.triu(np.ones((n, n)), 1)
        draw = generator.standard_normal((2, n, n))
        N = (draw[0] + 1j * draw[1]) * room
    else:
        Q = orthogonal(n, gain=1.0, rng=generator)
        T, room = _real_form(*pairs)
        N = generator.standard_normal((n, n)) * room
    if departure:
        size = float(np.linalg.norm(N))
        if size == 0.0:
            message = f"`departure` must be 0 for eigenvalues {values}: no room for it."
            raise InputError(message)
        T = T + departure / size * N
    return Q @ T @ np.conj(Q.T)


def _conjugate_pairs(values: Vector) -> tuple[Vector, Vector] | None:
    """Return the real ones, and those above the axis; None if any lacks its conjugate.

    Parts are compared bit by bit.
    """
    values = values.astype(np.complex128)
    above = np.sort_complex(values[values.imag > 0])
    below = np.sort_complex(np.conj(values[values.imag < 0]))
    if not np.array_equal(above, below):
        return None
    return values[values.imag == 0].real, above


def _real_form(real: Vector, above: Vector) -> tuple[Matrix, Array]:
    """Return the quasi-diagonal matrix of the eigenvalues, and where N may be."""
    n = len(real) + 2 * len(above)
    T, room = np.zeros((n, n)), np.triu(np.ones((n, n)), 1)
    T[range(len(real)), range(len(real))] = real
    for i, value in zip(range(len(real), n, 2), above, strict=True):
        a, b = value.real, value.imag
        T[i : i + 2, i : i + 2] = [[a, b], [-b, a]]
        room[i, i + 1] = 0.0
    return T, room
