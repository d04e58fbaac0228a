"""NOTATION: SYMBOLS with the sigmoid written σ, as a paper has it."""

from typing import Any

import numpy as np
import sympy

from gradlab.algebra.symbols import SYMBOLS
from gradlab.typing import Array

__all__ = ["NOTATION", "Notation", "Sigma"]


class Sigma(sympy.Function):  # type: ignore[misc]
    """σ(a) with σ' = σ (1 − σ) and σ(−a) = 1 − σ(a).

    >>> a = sympy.Symbol("a", real=True)
    >>> Sigma(-a), Sigma(a).diff(a)
    (1 - sigma(a), (1 - sigma(a))*sigma(a))
    """

    nargs = 1

    @classmethod
    def eval(cls, a: sympy.Expr) -> sympy.Expr | None:
        """Return ½ for 0, and 1 − σ(−a) for a negative a: each sum has one form."""
        if a.is_zero:
            return sympy.Rational(1, 2)
        return 1 - cls(-a) if a.could_extract_minus_sign() else None

    def fdiff(self, *_: int) -> sympy.Expr:
        """Return σ (1 − σ)."""
        return self * (1 - self)

    def _eval_rewrite_as_exp(self, a: sympy.Expr, **_: Any) -> sympy.Expr:
        return 1 / (1 + sympy.exp(-a))

    def _eval_evalf(self, prec: int) -> sympy.Expr:
        return self.rewrite(sympy.exp)._eval_evalf(prec)


Sigma.__name__ = "sigma"  # what SymPy's printers write


class Notation:
    """An algebra for formulas that are to be read: SYMBOLS but for `sigmoid`."""

    def sigmoid(self, a: Array) -> Array:
        """Return σ(a)."""
        return np.asarray(np.frompyfunc(Sigma, 1, 1)(a), dtype=object)

    def __getattr__(self, name: str) -> Any:
        return getattr(SYMBOLS, name)


NOTATION: Any = Notation()
