"""The gain ln‖J_T ⋯ J_1‖₂ and every ln σ of a product of floats, enclosed.

The factors are taken as the exact numbers they are.  Their product is formed in a
balanced tree: in float64 with a running bound on its error, and where that is too wide
in balls whose precision is doubled until the enclosure is as narrow as was asked for.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab._checks import require_count, require_number, require_stack
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic, fault
from gradlab.linalg.exact_rank import singular_factors
from gradlab.linalg.outward import norm_between
from gradlab.linalg.real_form import realified
from gradlab.linalg.rounding import down_log, down_sub, up_add, up_log
from gradlab.typing import Factors
from gradlab.verified._ball_integers import least_rank, rank_of_product
from gradlab.verified._ball_products import (
    log_norm_in_balls,
    log_singular_values_in_balls,
)
from gradlab.verified._float_products import FloatProduct, product_in_float64
from gradlab.verified._refine import is_narrow, refined
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.singular import singular_values_between

__all__ = ["enclosed_log_gain", "enclosed_log_singular_values"]

_FIRST = 128  # bits
_SHORT = 512  # T n up to which the exact product is formed to find its rank
_LOOKED_AT = 16  # singular factors whose exact rank is found in longer ones


def enclosed_log_gain(
    factors: object,
    *,
    atol: float = 1e-9,
    until: Callable[[Enclosure], bool] | None = None,
    most_bits: int = 16384,
    arithmetic: Arithmetic = FLOAT64,
) -> Enclosure:
    """Return an enclosure of ln‖J_T ⋯ J_1‖₂ in nats.

    Parameters
    ----------
    factors : (T, n, n) array_like
        Real or complex, finite, in time order, taken as exact numbers; the product of
        none is the identity.
    atol : float
        The width asked for, in nats.
    until : callable, optional
        What else is asked of the enclosure, such as that it decides a comparison.
    most_bits : int
        The precision at which balls give up; the enclosure is valid, and wide.
    arithmetic : Arithmetic
        Products and sums of the fast path; tests put adversaries here.

    Returns
    -------
    Enclosure
        In float64 about n u T^c wide, where e^c is what two halves of a random product
        lose when they meet (2e-8 nats for 200 random factors of 16 × 16); in balls as
        narrow as asked for, at 128 bits for thousands of factors.  −inf exactly only
        where the product was found to be zero.

    Raises
    ------
    InputError, InputTypeError
        If the factors are not a finite stack of square matrices, or hold integers or
        fractions that float64 would round.

    Examples
    --------
    >>> found = enclosed_log_gain([[[0.5, 0.0], [0.0, 0.25]]] * 1000)
    >>> bool(found.lower <= 1000 * np.log(0.5) <= found.upper), found.width < 1e-9
    (True, True)
    """
    stack, width, limit = _door(factors, atol, most_bits)
    if not stack.size:
        return Enclosure.between(0.0, 0.0, arithmetic="integers")
    return refined(
        _gain_in_float64(stack, arithmetic),
        lambda: log_norm_in_balls(realified(stack)),
        lambda found: is_narrow(found, width) and (until is None or until(found)),
        first_bits=_FIRST,
        most_bits=limit,
    )


def enclosed_log_singular_values(
    factors: object,
    *,
    atol: float = 1e-9,
    most_bits: int = 16384,
    arithmetic: Arithmetic = FLOAT64,
) -> Enclosure:
    """Return enclosures of ln σ_1 ≥ … ≥ ln σ_n of J_T ⋯ J_1, in nats.

    Parameters and errors are those of `enclosed_log_gain`, without `until`.

    Returns
    -------
    Enclosure
        Of arrays (n,).  The precision needed grows with ln σ_1 − ln σ_n.  Values beyond
        the rank of the product are −inf exactly where the rank is proved: in integers
        for short products, by zero rows and singular factors for others.

    Examples
    --------
    A shear keeps area, so its singular values are inverse to each other:

    >>> found = enclosed_log_singular_values([[[1.0, 0.0], [1.0, 1.0]]] * 1000)
    >>> bool(found.lower[0] <= np.arcsinh(500) <= found.upper[0])
    True
    """
    stack, width, limit = _door(factors, atol, most_bits)
    n = stack.shape[-1]
    if not stack.size:
        return Enclosure.between(np.zeros(n), np.zeros(n), arithmetic="integers")
    return refined(
        _beyond_rank(stack).met(_values_in_float64(stack, arithmetic)),
        lambda: _values_in_balls(stack),
        lambda found: is_narrow(found, width),
        first_bits=_FIRST,
        most_bits=limit,
    )


def _door(factors: object, atol: float, most_bits: int) -> tuple[Factors, float, int]:
    stack = require_stack("factors", factors, allow_complex=True, exact=True)
    width = require_number("atol", atol, above=0.0)
    return stack, width, require_count("most_bits", most_bits, minimum=_FIRST)


def _gain_in_float64(stack: Factors, arithmetic: Arithmetic) -> Enclosure:
    product = product_in_float64(stack, arithmetic)
    return _logs(*norm_between(product.mantissa, arithmetic), product, arithmetic)


def _values_in_float64(stack: Factors, arithmetic: Arithmetic) -> Enclosure:
    product = product_in_float64(stack, arithmetic)
    ends = singular_values_between(product.mantissa, arithmetic)
    return _logs(*ends, product, arithmetic)


def _logs(
    low: Any, high: Any, product: FloatProduct, arithmetic: Arithmetic
) -> Enclosure:
    """Return ln of what lies within the product's error of [low, high], scaled back."""
    return Enclosure.between(
        down_log(down_sub(low, product.error), product.exponent),
        up_log(up_add(high, product.error), product.exponent),
        fault=fault(arithmetic),
    )


def _beyond_rank(stack: Factors) -> Enclosure:
    """Return ln σ = −inf beyond a proved bound on the rank, and no bounds before."""
    n = stack.shape[-1]
    upper = np.where(np.arange(n) < _rank_at_most(stack), np.inf, -np.inf)
    return Enclosure.between(np.full(n, -np.inf), upper, arithmetic="integers")


def _values_in_balls(stack: Factors) -> tuple[list[float], list[float]]:
    low, high = log_singular_values_in_balls(realified(stack))
    each = len(low) // stack.shape[-1]  # two of each if the factors are complex
    return low[::each], high[::each]


def _rank_at_most(stack: Factors) -> int:
    """Return the rank of a short product, or else the least that a factor shows."""
    n = stack.shape[-1]
    singular = np.flatnonzero(singular_factors(stack))
    if not len(singular):
        return n
    real = realified(stack)
    if len(stack) * n <= _SHORT:
        return rank_of_product(real) >> np.iscomplexobj(stack)
    exact = least_rank(real[singular[:_LOOKED_AT]]) >> np.iscomplexobj(stack)
    return min(exact, _visible_rank(stack))


def _visible_rank(stack: Factors) -> int:
    """Return a bound on the rank from what is zero: dead units, and what they feed."""
    alive = np.ones(stack.shape[-1], dtype=bool)
    least = len(alive)
    for J in stack:
        passed = J[:, alive] != 0
        alive = passed.any(axis=1)
        ways = passed.any(axis=0)
        least = min(least, int(np.count_nonzero(alive)), int(np.count_nonzero(ways)))
    return least
