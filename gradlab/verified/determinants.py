"""ln|det A| of float matrices: the determinant is formed in integers, so 0 is 0."""

import numpy as np

from gradlab._checks import require_array
from gradlab.linalg.real_form import realified
from gradlab.linalg.rounding import down_mul, up_mul
from gradlab.typing import ArrayLike, Matrix
from gradlab.verified._ball_integers import log_abs_det_in_balls
from gradlab.verified.enclosure import Enclosure

__all__ = ["enclosed_log_abs_det"]


def enclosed_log_abs_det(A: ArrayLike) -> Enclosure:
    """Return enclosures of ln|det A| in nats, −inf exactly where A is singular.

    Parameters
    ----------
    A : (..., n, n) array_like
        Real or complex, finite; taken as exact numbers.

    Returns
    -------
    Enclosure
        Of one number for each matrix, a few units in the last place wide.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not made of finite square matrices of numbers, or holds integers or
        fractions that float64 would round.

    Examples
    --------
    >>> A = [[1e8, 1e8 + 1], [1e8 - 1, 1e8]]  # det A = 1
    >>> found = enclosed_log_abs_det(A)
    >>> found.lower, found.upper, float(np.linalg.slogdet(A)[1])
    (0.0, 0.0, -inf)
    """
    stack = require_array("A", A, "(..., n, n)", allow_complex=True, exact=True)
    ends = np.empty((2, *stack.shape[:-2]))
    for index in np.ndindex(stack.shape[:-2]):
        ends[(slice(None), *index)] = _log_abs_det(stack[index])
    return Enclosure.between(*ends, arithmetic="integers")


def _log_abs_det(A: Matrix) -> tuple[float, float]:
    if not np.iscomplexobj(A):
        return log_abs_det_in_balls(A)
    # det [[Re, −Im], [Im, Re]] = |det A|²; half of a float64 is one, or nearly.
    low, high = log_abs_det_in_balls(realified(A))
    return float(down_mul(low, 0.5)), float(up_mul(high, 0.5))
