"""Eigenvalues and the spectral radius, enclosed, for defective matrices too.

In float64 by Gershgorin's discs in a computed eigenbasis.  Near a defective matrix no
such basis is any good, and computed eigenvalues are wrong by ε^(1/n); then the
characteristic polynomial is formed in integers (a float matrix is an integer matrix
times a power of two) and its roots are isolated in balls, with their multiplicities.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_number
from gradlab._results import Result
from gradlab.algebra.balls import BALLS
from gradlab.errors import InputTypeError
from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic, fault
from gradlab.linalg.discs import covering, discs, radius_between
from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
from gradlab.linalg.real_form import realified
from gradlab.linalg.rounding import down_abs, down_mul, up_abs, up_add
from gradlab.references import Reference
from gradlab.typing import ArrayLike, Matrix, Vector
from gradlab.verified._ball_integers import (
    discs_around,
    eigenvalues_in_balls,
    largest_size,
)
from gradlab.verified._refine import is_relatively_narrow, refined
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.norms import require_matrix

__all__ = ["EigenvalueDiscs", "enclosed_eigenvalues", "enclosed_spectral_radius"]

_FIRST = 64  # bits


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class EigenvalueDiscs(Result):
    """Eigenvalues in discs: in some numbering, |λ_i − centre_i| ≤ radius_i for all i.

    Attributes
    ----------
    centres : (n,) complex array
        With their multiplicities.
    radii : (n,) array
    certified : bool
        Whether that is proved, the matrix taken as exact.
    arithmetic, reason : str
        As in `Enclosure`.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("rump2010verification"),
        Reference("johansson2017arb"),
    )

    centres: Vector
    radii: Vector
    certified: bool
    arithmetic: str
    reason: str = ""


def enclosed_spectral_radius(
    A: ArrayLike,
    *,
    rtol: float = 1e-9,
    most_bits: int = 4096,
    most_rows: int = 128,
    arithmetic: Arithmetic = FLOAT64,
) -> Enclosure:
    """Return an enclosure of ρ(A) = max|λ|.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1; taken as exact numbers.
    rtol : float
        Where float64 encloses ρ less narrowly than this, relatively, the exact
        characteristic polynomial decides, at up to `most_bits` bits.
    most_rows : int
        The largest n for which that polynomial is formed.
    arithmetic : Arithmetic
        Products and sums to use; tests put adversaries here.

    Returns
    -------
    Enclosure
        Exact for real triangular matrices.  The polynomial costs 10 ms for n = 40 and
        half a second for n = 128.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite square matrix of numbers, or is empty.

    Examples
    --------
    ρ = 1 − 2⁻²⁶, a double eigenvalue with one eigenvector; NumPy puts it above 1:

    >>> A = np.array([[-1 - 2.0**-26, 4.0], [-1.0, 3 - 2.0**-26]])
    >>> bool(abs(np.linalg.eigvals(A)).max() > 1), enclosed_spectral_radius(A).below(1)
    (True, <Verdict.PROVED: 'the inequality holds for every number in the enclosure'>)
    """
    matrix = require_matrix("A", A, "(n, n)")
    ratio = require_number("rtol", rtol, above=0.0)
    limit = require_count("most_bits", most_bits, minimum=_FIRST)
    rows = require_count("most_rows", most_rows, minimum=0)
    if _is_triangular(matrix):
        sizes = np.diag(matrix)
        return Enclosure.between(down_abs(sizes).max(), up_abs(sizes).max())
    S, exponent = split_power(matrix)
    low, high = radius_between(*discs(S, arithmetic))
    low, high = down_ldexp(low, exponent), up_ldexp(high, exponent)
    found = Enclosure.between(low, high, fault=fault(arithmetic))
    if len(matrix) > rows:
        return found
    real = realified(matrix)
    return refined(
        found,
        lambda: largest_size(eigenvalues_in_balls(real)),
        lambda found: is_relatively_narrow(found, ratio),
        first_bits=_FIRST,
        most_bits=limit,
    )


def enclosed_eigenvalues(
    A: ArrayLike,
    *,
    rtol: float = 1e-9,
    bits: int = 128,
    most_rows: int = 128,
    arithmetic: Arithmetic = FLOAT64,
) -> EigenvalueDiscs:
    """Return discs that hold the eigenvalues of a real matrix, with multiplicities.

    Parameters
    ----------
    A : (n, n) array_like
        Real, finite, n >= 1; taken as exact numbers.
    rtol : float
        Where a disc of float64 is wider than this times the largest eigenvalue, the
        roots of the exact characteristic polynomial are isolated instead.
    bits : int
        The precision of the roots.
    most_rows : int
        The largest n for which that polynomial is formed.
    arithmetic : Arithmetic
        Products and sums to use; tests put adversaries here.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite real square matrix, or is empty.

    Examples
    --------
    >>> found = enclosed_eigenvalues([[3.0, -9.0], [1.0, -3.0]])  # A² = 0
    >>> found.centres, found.radii
    (array([0.+0.j, 0.+0.j]), array([0., 0.]))
    """
    matrix = require_matrix("A", A, "(n, n)")
    if np.iscomplexobj(matrix):
        message = "`A` must be real; got dtype complex128."
        raise InputTypeError(message)
    ratio = require_number("rtol", rtol, above=0.0)
    precision = require_count("bits", bits, minimum=_FIRST)
    rows = require_count("most_rows", most_rows, minimum=0)
    if _is_triangular(matrix):
        return EigenvalueDiscs(
            centres=np.diag(matrix).astype(complex),
            radii=np.zeros(len(matrix)),
            certified=True,
            arithmetic="float64",
        )
    found = _discs_in_float64(matrix, arithmetic)
    limit = down_mul(ratio, up_abs(found.centres).max())
    narrow = found.certified and (found.radii <= limit).all()
    if narrow or len(matrix) > rows:
        return found
    with BALLS.precision(precision):
        exact, gaps = discs_around(eigenvalues_in_balls(matrix))
    return EigenvalueDiscs(
        centres=np.array(exact),
        radii=np.array(gaps),
        certified=True,
        arithmetic=f"balls of {precision} bits",
    )


def _is_triangular(A: Matrix) -> bool:
    return not (np.tril(A, -1).any() and np.triu(A, 1).any())


def _discs_in_float64(A: Matrix, arithmetic: Arithmetic) -> EigenvalueDiscs:
    S, exponent = split_power(A)
    centres, radii, union = discs(S, arithmetic)
    moved = centres.astype(complex)
    moved.real = np.ldexp(centres.real, exponent)
    moved.imag = np.ldexp(centres.imag, exponent)
    # A centre may lose 2⁻¹⁰⁷⁴ in each part where it becomes subnormal.
    lost = up_add(ETA, ETA)
    wide = up_add(up_ldexp(covering(centres, radii, union), exponent), lost)
    trouble = fault(arithmetic)
    return EigenvalueDiscs(
        centres=np.where(np.isfinite(moved), moved, 0.0),
        radii=np.where(np.isfinite(moved), wide, np.inf),
        certified=not trouble,
        arithmetic="float64",
        reason=trouble,
    )
