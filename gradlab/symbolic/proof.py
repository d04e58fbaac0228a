"""A step of a proof holds if SymPy brings left − right to exactly 0."""

from dataclasses import dataclass
from typing import final

import sympy

__all__ = ["ProofStep", "identity"]


@final
@dataclass(frozen=True)
class ProofStep:
    """One equation of a proof, and what is left of it once the rules are applied.

    Attributes
    ----------
    claim : str
        The step in words.
    left, right : sympy.Expr
        The two sides as they are written.
    difference : sympy.Expr
        left − right after the rules that the step uses; the step holds if it is 0.

    Examples
    --------
    >>> x, y = sympy.symbols("x y", commutative=False)
    >>> ProofStep("the order counts", x * y, y * x, x * y - y * x).holds
    False
    """

    claim: str
    left: sympy.Expr
    right: sympy.Expr
    difference: sympy.Expr

    @property
    def holds(self) -> bool:
        """Whether SymPy brings the difference to exactly 0."""
        return bool(sympy.simplify(self.difference) == 0)


def identity(claim: str, left: sympy.Expr, right: sympy.Expr) -> ProofStep:
    """Return the step left = right, with hyperbolic functions written in exponentials.

    Examples
    --------
    >>> a = sympy.Symbol("a")
    >>> identity("slope", sympy.tanh(a).diff(a), 1 / sympy.cosh(a) ** 2).holds
    True
    """
    difference = (sympy.sympify(left) - right).rewrite(sympy.exp)
    return ProofStep(claim, sympy.sympify(left), sympy.sympify(right), difference)
