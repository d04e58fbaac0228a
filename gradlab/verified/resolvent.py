"""The resolvent (zI − A)⁻¹, enclosed: at a point, and at N points of a circle at once.

‖(zI − A)⁻¹‖₂ = 1/σ_min(zI − A).  Forming zI − A rounds on the diagonal only, and moving
the diagonal by δ at most moves σ_min by δ at most.
"""

from typing import Any

import numpy as np

from gradlab._checks import require_number
from gradlab.errors import InputTypeError
from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic, fault
from gradlab.linalg.outward import (
    least_singular_value_above,
    least_singular_value_below,
)
from gradlab.linalg.powers_of_two import down_ldexp, split_power, up_ldexp
from gradlab.linalg.rounding import (
    down_div,
    down_sub,
    up_add,
    up_div,
    up_excess,
    up_mul,
    up_sub,
)
from gradlab.typing import Array, ArrayLike, Matrix, Vector
from gradlab.verified._ball_circle import unit_roots_between
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.norms import require_matrix

__all__ = ["enclosed_resolvent_norm", "resolvent_norms_on_circle"]


def enclosed_resolvent_norm(
    A: ArrayLike, z: complex, *, arithmetic: Arithmetic = FLOAT64
) -> Enclosure:
    """Return an enclosure of ‖(zI − A)⁻¹‖₂.

    Parameters
    ----------
    A : (n, n) array_like
        Real or complex, finite, n >= 1; taken as exact numbers.
    z : complex
        Finite; taken as exact.
    arithmetic : Arithmetic
        Products and sums to use; tests put adversaries here.

    Returns
    -------
    Enclosure
        Relatively some n² u κ(zI − A) wide; the upper end is infinite where float64
        cannot tell zI − A from a singular matrix.

    Raises
    ------
    InputError, InputTypeError
        If `A` is not a finite square matrix of numbers, or is empty, or `z` is not a
        finite number.

    Examples
    --------
    >>> found = enclosed_resolvent_norm([[0.0, 1.0], [0.0, 0.0]], 0.5)
    >>> bool(found.lower <= 2 + 8**0.5 <= found.upper), found.width < 1e-13
    (True, True)
    """
    matrix = require_matrix("A", A, "(n, n)")
    # A and z may be far apart in size: the larger one sets the scale.
    numbers = np.concatenate([matrix.ravel(), [_finite("z", z)]])
    scaled, exponent = split_power(numbers[None])
    S, point = scaled[0, :-1].reshape(matrix.shape), scaled[:, -1]
    Z, error = _shifted(S, point.real, point.imag)
    least = down_sub(least_singular_value_below(Z, arithmetic), error)
    largest = up_add(least_singular_value_above(Z[0], arithmetic), error[0])
    return Enclosure.between(
        down_ldexp(down_div(1.0, largest), -exponent),
        up_ldexp(_inverse(least)[0], -exponent),
        fault=fault(arithmetic),
    )


def resolvent_norms_on_circle(
    A: Matrix, radius: float, N: int, arithmetic: Arithmetic = FLOAT64
) -> Vector:
    """Return float64s ≥ ‖(zI − A)⁻¹‖₂ at z = radius · e^(2πij/N), j = 0 … N − 1.

    inf where float64 cannot tell zI − A from a singular matrix.  Those of a real matrix
    are the same above and below the real axis, and are computed once.

    Examples
    --------
    >>> found = resolvent_norms_on_circle(np.array([[0.5]]), 1.0, 4)
    >>> found.round(12).tolist()  # 1/|z − ½|
    [2.0, 0.894427191, 0.666666666667, 0.894427191]
    """
    S, exponent = split_power(A)
    half = (N >> 1) + 1
    count = N if np.iscomplexobj(A) else half
    roots = np.array(unit_roots_between(N, count)).T
    r = up_ldexp(radius, -exponent)
    x, y = up_mul(r, roots[0]), up_mul(r, roots[2])
    Z, error = _shifted(S, x, y)
    # From radius · e^(2πij/N) to (x, y): the width of the root, and a product up.
    # r may be η too large.
    spread = up_add(up_sub(roots[1], roots[0]), up_sub(roots[3], roots[2]))
    steps = up_add(up_excess(x), up_excess(y))
    moved = up_add(up_mul(r, spread), up_add(steps, up_add(ETA, ETA)))
    least = down_sub(least_singular_value_below(Z, arithmetic), up_add(error, moved))
    norms = up_ldexp(_inverse(least), -exponent)
    return (
        norms if count == N else np.concatenate([norms, norms[1 : N - half + 1][::-1]])
    )


def _shifted(S: Matrix, x: Array, y: Array) -> tuple[Array, Any]:
    """Return Z near (x + iy) I − S − D, |D| ≤ η, and float64s ≥ the norm of the gap."""
    n = len(S)
    Z = np.array(np.broadcast_to(-S.astype(complex), (len(x), n, n)))
    place = np.arange(n)
    diagonal = np.diag(S)
    real = up_sub(x[:, None], diagonal.real)
    imaginary = up_sub(y[:, None], diagonal.imag)
    Z.real[:, place, place], Z.imag[:, place, place] = real, imaginary
    # Each part is rounded up, and may lack η in S.
    steps = up_add(up_excess(real), up_excess(imaginary))
    return Z, up_add(steps.max(axis=1), up_mul(2 * n, ETA))


def _inverse(least: Array) -> Any:
    return np.where(least > 0, up_div(1.0, np.where(least > 0, least, 1.0)), np.inf)


def _finite(name: str, z: complex) -> complex | float:
    if not isinstance(z, complex | float | int):
        message = f"`{name}` must be a number; got {z!r}."
        raise InputTypeError(message)
    number = complex(z)
    real, imaginary = (require_number(name, x) for x in (number.real, number.imag))
    return number if imaginary else real
