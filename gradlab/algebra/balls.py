"""BALLS: rigorous real balls [midpoint ± radius] of Arb, in NumPy object arrays.

Whatever numbers the balls that enter contain, the balls that leave contain the exact
result of any computation with ``+ - * @`` and the functions here [johansson2017arb].
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, final

import flint
import numpy as np
from flint import arb

from gradlab._checks import require_count
from gradlab.errors import InputTypeError
from gradlab.typing import Array

__all__ = ["BALLS", "Balls"]

_EXPONENT = 1100  # |z| < 2^1100 covers every float, and exp(−z²/2) ends before that


@final
class Balls:
    """Arb balls; floats enter exactly, as the binary numbers they are.

    The precision is Arb's own, 53 bits unless it is raised for a while:

    >>> with BALLS.precision(200):
    ...     third = BALLS.array([1.0]) / 3
    >>> third[0].rad() < 1e-60
    True

    Monotone functions are evaluated at both ends of a wide ball, so the image is tight.
    """

    name = "balls"

    @contextmanager
    def precision(self, bits: int) -> Iterator[None]:
        """Compute with `bits` bits inside the ``with`` block, also in ``+ - * @``.

        The setting is Arb's and holds for the process; it is restored on leaving.
        """
        before = flint.ctx.prec
        flint.ctx.prec = require_count("bits", bits, minimum=2)
        try:
            yield
        finally:
            flint.ctx.prec = before

    def array(self, value: Any) -> Array:
        """Return numbers or balls as an array of balls; NaN and infinities stay such.

        Raises
        ------
        InputTypeError
            If an entry is not a real number.
        """
        return _elementwise(_ball, np.asarray(value, dtype=object))

    def concatenate(self, parts: Sequence[Array]) -> Array:
        """Join arrays along the last axis."""
        return np.concatenate(parts, axis=-1)

    def exp(self, a: Array) -> Array:
        """Return e^a."""
        return _increasing(arb.exp, a)

    def log(self, a: Array) -> Array:
        """Return the natural logarithm; NaN where a ball reaches below 0."""
        return _increasing(arb.log, a)

    def tanh(self, a: Array) -> Array:
        """Return the hyperbolic tangent."""
        return _increasing(arb.tanh, a)

    def sigmoid(self, a: Array) -> Array:
        """Return 1 / (1 + e^-a)."""
        return _increasing(_sigmoid, a)

    def erf(self, a: Array) -> Array:
        """Return the error function."""
        return _increasing(_erf, a)

    def normal_cdf(self, a: Array) -> Array:
        """Return Φ(a) = erfc(−a/√2)/2."""
        return _increasing(_normal_cdf, a)

    def softplus(self, a: Array) -> Array:
        """Return log(1 + e^a)."""
        return _increasing(_softplus, a)

    def positive(self, a: Array) -> Array:
        """Return max(a, 0)."""
        return _increasing(_positive, a)

    def where_positive(self, a: Array, yes: Array, no: Array) -> Array:
        """Return `yes` where a > 0, `no` where a ≤ 0, their hull where it is open."""
        return np.asarray(np.frompyfunc(_chosen, 3, 1)(a, yes, no), dtype=object)


def _elementwise(function: Callable[[Any], Any], a: Array) -> Array:
    return np.asarray(np.frompyfunc(function, 1, 1)(a), dtype=object)


def _increasing(function: Callable[[arb], arb], a: Array) -> Array:
    def image(z: arb) -> arb:
        if z.is_exact():
            return function(z)
        return function(z.lower()).union(function(z.upper()))

    return _elementwise(image, a)


def _ball(value: Any) -> arb:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, complex | str | bool):
        message = f"a ball is made of real numbers; got {value!r}."
        raise InputTypeError(message)
    try:
        return arb(value)
    except (TypeError, ValueError):
        message = f"a ball is made of real numbers; got {value!r}."
        raise InputTypeError(message) from None


# The next five see exact numbers only, so that writing z twice widens nothing.


def _sigmoid(z: arb) -> arb:
    e = (-abs(z)).exp()
    return 1 / (1 + e) if z >= 0 else e / (1 + e)


def _softplus(z: arb) -> arb:
    return _positive(z) + (-abs(z)).exp().log1p()


def _erf(z: arb) -> arb:
    return z.erf() if z.is_finite() else z.sgn()


def _normal_cdf(z: arb) -> arb:
    if not z.is_finite():
        return (1 + z.sgn()) / 2
    mantissa, exponent = z.man_exp()
    magnitude = min(max(int(mantissa).bit_length() + int(exponent), 0), _EXPONENT)
    # erfc(y) turns a relative error r of y into 2y² r.
    with BALLS.precision(flint.ctx.prec + 2 * magnitude):
        tail = (-z / arb(2).sqrt()).erfc() / 2
    return +tail


def _positive(z: arb) -> arb:
    return z if not z <= 0 else arb(0)


def _chosen(z: arb, yes: arb, no: arb) -> arb:
    if z > 0:
        return yes
    return no if z <= 0 else arb(yes).union(arb(no))


BALLS = Balls()
