"""Jury's conditions: which polynomials have all their roots in |z| < 1, exactly.

For p(z) = a_n z^n + … + a_0 with a_n > 0 they are p(1) > 0, (−1)^n p(−1) > 0, and
det(X_k ± Y_k) > 0 for k = n − 1, n − 3, …, with

    X_k = [a_n  a_{n−1} …]        Y_k = [           a_0]
          [      a_n    …]              [     a_0   a_1]
          [             …]              [ …             ],

both k × k.  With the roots λ_i they are the products that vanish where stability ends:

    p(1) = a_n Π (1 − λ_i),  (−1)^n p(−1) = a_n Π (1 + λ_i),
    det(X_{n−1} − Y_{n−1}) = a_n^{n−1} Π_{i<j} (1 − λ_i λ_j).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import sympy

from gradlab.algebra.symbols import SYMBOLS
from gradlab.errors import InputError, ShapeError
from gradlab.references import Reference

__all__ = ["JuryConditions", "jury_conditions"]


@final
@dataclass(frozen=True)
class JuryConditions:
    """Expressions that are all above 0 if and only if every root has |z| < 1.

    Attributes
    ----------
    fold : sympy.Expr
        p(1): it vanishes where a root passes 1.
    flip : sympy.Expr
        (−1)^n p(−1): it vanishes where a root passes −1.
    inners : tuple of pairs of sympy.Expr
        det(X_k + Y_k) and det(X_k − Y_k) for k = n − 1, n − 3, …; none if n = 1.  The
        first minus-determinant vanishes where a pair of roots passes e^{±iθ}.

    Examples
    --------
    >>> jury_conditions([1, 0, 1]).neimark_sacker  # the roots are ±i
    0
    """

    source: ClassVar[Reference] = Reference("jury1962simplified")

    fold: sympy.Expr
    flip: sympy.Expr
    inners: tuple[tuple[sympy.Expr, sympy.Expr], ...]

    @property
    def expressions(self) -> tuple[sympy.Expr, ...]:
        """All of them."""
        return (self.fold, self.flip, *(d for pair in self.inners for d in pair))

    @property
    def neimark_sacker(self) -> sympy.Expr | None:
        """Return det(X_{n−1} − Y_{n−1}), None if n = 1."""
        return self.inners[0][1] if self.inners else None

    def holds(self) -> bool:
        """Return whether every root is in |z| < 1, decided in exact rationals.

        Raises
        ------
        InputError
            If the coefficients are not rational numbers.
        """
        for formula in self.expressions:
            if not formula.is_Rational:
                message = f"the conditions must be rational to decide; got {formula}."
                raise InputError(message)
        return all(formula > 0 for formula in self.expressions)


def jury_conditions(coefficients: Sequence[Any]) -> JuryConditions:
    """Return the conditions for all roots of a_n z^n + … + a_0 to be in |z| < 1.

    Parameters
    ----------
    coefficients : sequence
        a_n, …, a_0, the leading one first; numbers (a float is its shortest decimal)
        or SymPy expressions.  Numbers are divided by the sign of a_n; a symbolic a_n is
        taken to be above 0.

    Returns
    -------
    JuryConditions

    Raises
    ------
    InputError
        If the polynomial has no root, or a_n is 0.

    Notes
    -----
    [jury1962simplified], with Jury's determinants instead of his table: they need no
    division, so they are polynomials in the coefficients.

    Examples
    --------
    The triangle |tr| < 1 + det < 2 of a matrix with λ² − tr λ + det:

    >>> tr, det = sympy.symbols("tr det")
    >>> jury_conditions([1, -tr, det]).expressions
    (det - tr + 1, det + tr + 1, det + 1, 1 - det)
    >>> jury_conditions([2, 0, 1]).holds(), jury_conditions([1, 0, 2]).holds()
    (True, False)
    """
    a = SYMBOLS.array(coefficients)
    if a.ndim != 1 or len(a) < 2:
        raise ShapeError("coefficients", "(n + 1,) with n >= 1", a.shape)
    if a[0] == 0:
        message = "`coefficients` must begin with one that is not 0; got 0."
        raise InputError(message)
    if a[0].is_number and a[0] < 0:
        a = -a
    n = len(a) - 1
    inners = []
    for k in range(n - 1, 0, -2):
        X = sympy.Matrix(k, k, lambda i, j: a[j - i] if j >= i else 0)
        Y = sympy.Matrix(
            k, k, lambda i, j, k=k: a[n - (i + j - k + 1)] if i + j >= k - 1 else 0
        )
        inners.append((_det(X + Y), _det(X - Y)))
    return JuryConditions(
        fold=sympy.expand(sum(a)),
        flip=sympy.expand(sum((-1) ** i * entry for i, entry in enumerate(a))),
        inners=tuple(inners),
    )


def _det(M: sympy.Matrix) -> sympy.Expr:
    return sympy.expand(M.det(method="berkowitz"))
