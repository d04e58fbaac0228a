"""SYMBOLS: SymPy expressions in NumPy object arrays; floats enter as rationals."""

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
import sympy

from gradlab._checks import require_count
from gradlab.errors import InputError, InputTypeError
from gradlab.typing import Array

__all__ = ["SYMBOLS", "Symbols", "symbols"]


@final
class Symbols:
    """SymPy expressions, exact; ``+ - * @`` are those of object arrays.

    A float enters as the rational that its shortest decimal means, so 1.4 is 7/5 and
    not 3152519739159347/2251799813685248.  That is what a formula should show; where
    the very number in memory matters, pass a ``fractions.Fraction`` of it.
    """

    name = "symbols"

    def array(self, value: Any) -> Array:
        """Return numbers or expressions as an array of SymPy expressions.

        Raises
        ------
        InputError
            If a number is NaN or infinite.
        InputTypeError
            If an entry is neither a number nor a SymPy expression.
        """
        return _elementwise(_exact, np.asarray(value, dtype=object))

    def concatenate(self, parts: Sequence[Array]) -> Array:
        """Join arrays along the last axis."""
        return np.concatenate(parts, axis=-1)

    def exp(self, a: Array) -> Array:
        """Return e^a."""
        return _elementwise(sympy.exp, a)

    def log(self, a: Array) -> Array:
        """Return the natural logarithm."""
        return _elementwise(sympy.log, a)

    def tanh(self, a: Array) -> Array:
        """Return the hyperbolic tangent."""
        return _elementwise(sympy.tanh, a)

    def sigmoid(self, a: Array) -> Array:
        """Return 1 / (1 + e^-a)."""
        return _elementwise(lambda z: 1 / (1 + sympy.exp(-z)), a)

    def erf(self, a: Array) -> Array:
        """Return the error function."""
        return _elementwise(sympy.erf, a)

    def normal_cdf(self, a: Array) -> Array:
        """Return Φ(a) = (1 + erf(a/√2))/2."""
        return _elementwise(lambda z: (1 + sympy.erf(z / sympy.sqrt(2))) / 2, a)

    def softplus(self, a: Array) -> Array:
        """Return log(1 + e^a)."""
        return _elementwise(lambda z: sympy.log(1 + sympy.exp(z)), a)

    def positive(self, a: Array) -> Array:
        """Return max(a, 0), piecewise: its derivative at 0 is 0."""
        return self.where_positive(a, a, np.zeros_like(a))

    def where_positive(self, a: Array, yes: Array, no: Array) -> Array:
        """Return `yes` where a > 0 and `no` elsewhere, as a Piecewise."""
        choose = np.frompyfunc(
            lambda z, u, v: sympy.Piecewise((u, z > 0), (v, True)), 3, 1
        )
        return np.asarray(choose(a, yes, no), dtype=object)


def symbols(name: str, n: int) -> Array:
    """Return the n real symbols name_1 … name_n as an array (n,).

    Examples
    --------
    >>> symbols("h", 2)
    array([h_1, h_2], dtype=object)
    """
    count = require_count("n", n, minimum=0)
    entries = [sympy.Symbol(f"{name}_{i}", real=True) for i in range(1, count + 1)]
    return np.array(entries, dtype=object)


def _elementwise(function: Callable[[Any], Any], a: Array) -> Array:
    return np.asarray(np.frompyfunc(function, 1, 1)(a), dtype=object)


def _exact(value: Any) -> sympy.Expr:
    if isinstance(value, complex | np.complexfloating):
        return _exact(value.real) + sympy.I * _exact(value.imag)
    if isinstance(value, float | np.floating):
        if not np.isfinite(value):
            message = f"an exact number must be finite; got {value}."
            raise InputError(message)
        return sympy.Rational(str(value))
    try:
        expression = sympy.sympify(value, strict=True)
    except sympy.SympifyError:
        expression = None
    if not isinstance(expression, sympy.Expr):
        message = f"a number or an expression is needed; got {value!r}."
        raise InputTypeError(message)
    return expression


SYMBOLS = Symbols()
