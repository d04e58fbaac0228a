"""The sign of an exact number: balls at growing precision, then SymPy's own algebra."""

import functools
import operator
from typing import Any

import numpy as np
import sympy

from gradlab.algebra.balls import BALLS
from gradlab.errors import InputError, InputTypeError

__all__ = ["enclosure", "exact_number", "nearest_float", "sign"]

_BITS = tuple(64 << k for k in range(9))  # up to 16384, nearly 5000 digits
_FLOAT_BITS = 60  # more than the 53 of a float, so that rounding once is enough
_METHODS = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.asinh: "asinh",
    sympy.acosh: "acosh",
    sympy.atanh: "atanh",
    sympy.Abs: "__abs__",
}


def exact_number(name: str, value: Any) -> sympy.Expr:
    """Return a real number as an exact formula; a float is the binary number it is.

    Examples
    --------
    >>> exact_number("w", 0.5), exact_number("w", sympy.sqrt(2))
    (1/2, sqrt(2))
    """
    plain = value.item() if isinstance(value, np.generic) else value
    try:
        number = sympy.sympify(plain, strict=True)
    except sympy.SympifyError:
        number = None
    if not isinstance(number, sympy.Expr) or number.free_symbols:
        message = f"`{name}` must be a number or a formula of one; got {value!r}."
        raise InputTypeError(message)
    if not _is_real(number):
        message = f"`{name}` must be real and finite; got {value!r}."
        raise InputError(message)
    floats = number.atoms(sympy.Float)
    return number.xreplace({part: sympy.Rational(part) for part in floats})


def _is_real(number: sympy.Expr) -> bool:
    if number.has(sympy.nan, sympy.oo, -sympy.oo, sympy.zoo):
        return False
    if number.is_extended_real is None:  # SymPy does not know; a ball of NaN would
        return bool(enclosure(number).is_finite())
    return bool(number.is_extended_real)


def enclosure(number: sympy.Expr) -> Any:
    """Return a ball around an exact number, at the precision that BALLS has now.

    Examples
    --------
    >>> ball = enclosure(sympy.acosh(2) - sympy.log(2 + sympy.sqrt(3)))  # it is 0
    >>> ball.contains(0) and ball.rad() < 1e-14
    True
    """
    if number.is_Atom:
        return _constant(number)
    parts = [enclosure(part) for part in number.args]
    if number.is_Add or number.is_Mul:
        operation = operator.add if number.is_Add else operator.mul
        return functools.reduce(operation, parts)
    if number.is_Pow and number.exp.is_Rational:
        p, q = int(number.exp.p), int(number.exp.q)
        return (parts[0] if q == 1 else parts[0].root(q)) ** p
    method = _METHODS.get(type(number))
    if method is None:
        message = f"no ball around {number} is known: it is made of {number.func}."
        raise InputTypeError(message)
    return getattr(parts[0], method)()


def _constant(number: sympy.Expr) -> Any:
    if number.is_Rational:
        return _ball(int(number.p)) / _ball(int(number.q))
    if number is sympy.pi:
        return 4 * _ball(1).atan()
    if number is sympy.E:
        return _ball(1).exp()
    message = f"no ball around {number} is known."
    raise InputTypeError(message)


def sign(number: sympy.Expr) -> int | None:
    """Return −1, 0 or 1, proved; None where 16384 bits and SymPy do not tell.

    Examples
    --------
    >>> sign(sympy.sqrt(2) - sympy.Rational(141421356, 10**8))
    1
    >>> sign(sympy.cosh(1) ** 2 - sympy.sinh(1) ** 2 - 1)
    0
    """
    if number.is_Rational:
        return int(sympy.sign(number))
    for bits in _BITS:
        with BALLS.precision(bits):
            ball = enclosure(number)
            if ball > 0:
                return 1
            if ball < 0:
                return -1
    return 0 if _is_zero(number) else None


def nearest_float(number: sympy.Expr) -> float:
    """Return an exact number as a float, right to 2⁻⁵² of itself however small it is.

    SymPy's own ``float()`` may lose all digits of a difference of close numbers.  What
    16384 bits do not tell from 0 is 0.

    Examples
    --------
    >>> w = 1 + sympy.Rational(1, 2**52)
    >>> margin = sympy.sqrt(w * (w - 1)) - sympy.acosh(sympy.sqrt(w))
    >>> round(nearest_float(margin) * 2**78, 12)  # (2/3) (w − 1)^(3/2) to first order
    0.666666666667
    """
    if number.is_infinite:
        return float(number)
    for bits in _BITS:
        with BALLS.precision(bits):
            ball = enclosure(number)
            if ball.rel_accuracy_bits() >= _FLOAT_BITS:
                return float(ball)
    return 0.0


def _is_zero(number: sympy.Expr) -> bool:
    logarithms = sympy.sqrtdenest(number.rewrite(sympy.log))
    return bool(sympy.simplify(logarithms) == 0)


def _ball(number: int) -> Any:
    return BALLS.array(number).item()
