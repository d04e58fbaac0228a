"""Positive definite or not, with proof: M ≻ 0, and AᵀPA ≺ r²P for one A or for all DA.

A Lyapunov equation solved in floating point gives a P, and no proof: where A is far
from normal AᵀPA ≺ r²P is false for most computed P, at rates just above the spectral
radius.  In float64 λ_min(M) ≥ c − ‖cI − M‖₂ with c ≥ ‖M‖₂ decides, unless M is close to
singular; then LDLᵀ in balls does, at a precision that is doubled until it can.
"""

import numpy as np

from gradlab._checks import require_array, require_count, require_number
from gradlab.algebra.balls import BALLS
from gradlab.errors import InputError
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic, fault
from gradlab.linalg.outward import norm_above, row_sums_above
from gradlab.linalg.powers_of_two import split_power
from gradlab.linalg.rounding import up_add, up_excess, up_sub
from gradlab.typing import ArrayLike, Matrix
from gradlab.verified._ball_definite import definite_sign, lyapunov_sign, sector_sign
from gradlab.verified.compare import Verdict
from gradlab.verified.norms import require_matrix

__all__ = ["definite_verdict", "lyapunov_verdict", "sector_verdict"]

_FIRST = 64  # bits
_VERDICTS = {1: Verdict.PROVED, -1: Verdict.REFUTED, 0: Verdict.UNDECIDED}


def definite_verdict(
    M: ArrayLike, *, most_bits: int = 4096, arithmetic: Arithmetic = FLOAT64
) -> Verdict:
    """Decide M ≻ 0 for a symmetric matrix.

    Parameters
    ----------
    M : (n, n) array_like
        Real, finite, symmetric to the last bit, n >= 1; taken as exact.
    most_bits : int
        The precision at which balls give up, as they must for a singular M ⪰ 0 that is
        not diagonal.
    arithmetic : Arithmetic
        Products and sums of the fast path; tests put adversaries here.

    Raises
    ------
    InputError, InputTypeError
        If `M` is not a finite symmetric real matrix, or is empty.

    Examples
    --------
    >>> definite_verdict([[1.0, 0.5], [0.5, 0.25 + 2.0**-52]]).name
    'PROVED'
    >>> definite_verdict([[1.0, 0.5], [0.5, 0.25 - 2.0**-52]]).name
    'REFUTED'
    """
    matrix = _require_symmetric("M", M)
    limit = require_count("most_bits", most_bits, minimum=_FIRST)
    if not fault(arithmetic) and _is_clearly_definite(matrix, arithmetic):
        return Verdict.PROVED
    bits, sign = _FIRST, 0
    while sign == 0 and bits <= limit:
        with BALLS.precision(bits):
            sign = definite_sign(matrix)
        bits <<= 1
    return _VERDICTS[sign]


def lyapunov_verdict(
    A: ArrayLike, P: ArrayLike, rate: float, *, most_bits: int = 4096
) -> Verdict:
    """Decide whether P ≻ 0 and AᵀPA ≺ rate² P: that A shrinks ‖x‖² = xᵀPx by rate².

    Parameters
    ----------
    A : (n, n) array_like
        Real, finite, n >= 1; taken as exact, like everything here.
    P : (n, n) array_like
        Real and symmetric to the last bit.
    rate : float
        Above 0.
    most_bits : int
        The precision at which balls give up.

    Returns
    -------
    Verdict
        PROVED: ‖A^k‖₂ ≤ κ(P)^½ rate^k for every k, and ρ(A) < rate.

    Raises
    ------
    InputError, InputTypeError
        If a matrix is not real, finite and square, `P` is not symmetric, or `rate` is
        not above 0.

    Examples
    --------
    >>> A = [[0.5, 4.0], [0.0, -0.5]]
    >>> lyapunov_verdict(A, [[1.0, 0.0], [0.0, 1.0]], 0.75).name
    'REFUTED'
    >>> lyapunov_verdict(A, [[1.0, 4.0], [4.0, 70.0]], 0.75).name
    'PROVED'
    """
    shape = _require_symmetric("P", P)
    matrix = require_array("A", A, "(n, n)", sizes={"n": len(shape)}, exact=True)
    ratio = require_number("rate", rate, above=0.0)
    limit = require_count("most_bits", most_bits, minimum=_FIRST)
    bits, sign = _FIRST, 0
    while sign == 0 and bits <= limit:
        with BALLS.precision(bits):
            sign = lyapunov_sign(matrix, shape, ratio)
        bits <<= 1
    return _VERDICTS[sign]


def sector_verdict(
    W: ArrayLike,
    slopes: tuple[float, float],
    P: ArrayLike,
    multipliers: ArrayLike,
    rate: float,
    *,
    most_bits: int = 1024,
) -> Verdict:
    """Decide whether P and Λ prove that no DW, l ≤ D ≤ h diagonal, exceeds a rate in P.

    Parameters
    ----------
    W : (n, n) array_like
        Real, finite, n >= 1; taken as exact, like everything here.
    slopes : (float, float)
        l and h.
    P : (n, n) array_like
        Real and symmetric to the last bit.
    multipliers : (n,) array_like
        The diagonal of Λ, not negative.
    rate : float
        Above 0.
    most_bits : int
        The precision at which balls give up.

    Returns
    -------
    Verdict
        PROVED: P and the matrix of `gradlab.linalg.lmi.sector_forms` are ≻ 0, so that
        ‖DWx‖ ≤ rate ‖x‖ in the norm of P.  REFUTED: they are not, and nothing is known.

    Raises
    ------
    InputError, InputTypeError
        If a matrix is not real, finite and square, `P` is not symmetric, a multiplier
        is negative or `rate` is not above 0.

    Examples
    --------
    >>> W, P = [[0.0, 2.0], [0.5, 0.0]], [[0.25, 0.0], [0.0, 1.0]]
    >>> sector_verdict(W, (0.0, 1.0), P, [0.5, 2.0], 1.001).name
    'PROVED'
    """
    shape = _require_symmetric("P", P)
    sizes = {"n": len(shape)}
    matrix = require_array("W", W, "(n, n)", sizes=sizes, exact=True)
    weights = require_array("multipliers", multipliers, "(n,)", sizes=sizes)
    if (weights < 0).any():
        message = "`multipliers` must not be negative."
        raise InputError(message)
    low, high = (require_number("slopes", slope) for slope in slopes)
    ratio = require_number("rate", rate, above=0.0)
    limit = require_count("most_bits", most_bits, minimum=_FIRST)
    bits, sign = _FIRST, 0
    while sign == 0 and bits <= limit:
        with BALLS.precision(bits):
            sign = sector_sign(matrix, (low, high), shape, weights, ratio)
        bits <<= 1
    return _VERDICTS[sign]


def _is_clearly_definite(M: Matrix, arithmetic: Arithmetic) -> bool:
    """Whether c − ‖cI − M‖₂ > 0 is proved in float64, for c = ‖M‖_∞."""
    S, _ = split_power(M)
    c = row_sums_above(S, arithmetic)
    diagonal = up_sub(c, np.diag(S))
    D = np.where(np.eye(len(S)) > 0, diagonal, -S)
    # S may lack η an entry: n η is less than half a step of c ≥ ½, which is to spare in
    # a sum that is rounded up.
    size = up_add(norm_above(D, arithmetic), up_excess(diagonal).max())
    return bool(size < c)


def _require_symmetric(name: str, M: object) -> Matrix:
    matrix = require_array(name, require_matrix(name, M, "(n, n)"), "(n, n)")
    if not (matrix == matrix.T).all():
        message = f"`{name}` must be symmetric to the last bit."
        raise InputError(message)
    return matrix
