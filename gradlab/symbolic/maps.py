"""Fixed points and 2-cycles of the Hénon and the logistic map, with their multipliers.

The multipliers are the roots of λ² − tr λ + det for Hénon, with the trace and the
determinant of J_p ⋯ J_1, and that product itself for the logistic map.
"""

from dataclasses import dataclass
from typing import final

import sympy

from gradlab.cells import AbstractCell, Henon, Logistic
from gradlab.errors import InputTypeError

__all__ = ["SolvableCycle", "solvable_cycles"]


@final
@dataclass(frozen=True)
class SolvableCycle:
    """A cycle of a map in closed form.

    Attributes
    ----------
    name : str
        In words.
    states : tuple of sympy.ImmutableMatrix
        Columns (n, 1), in the order in which they are visited.
    multipliers : tuple of sympy.Expr
        Eigenvalues of the product of the Jacobians, n of them.

    Examples
    --------
    >>> solvable_cycles(Logistic)[1].states[0]
    Matrix([[1 - 1/r]])
    """

    name: str
    states: tuple[sympy.ImmutableMatrix, ...]
    multipliers: tuple[sympy.Expr, ...]


def solvable_cycles(cell_class: type[AbstractCell]) -> tuple[SolvableCycle, ...]:
    """Return the fixed points and the 2-cycle of `Henon` or `Logistic`.

    Parameters
    ----------
    cell_class : type
        `gradlab.cells.Henon` or `gradlab.cells.Logistic`; the formulas are in the
        symbols a and b, or r.

    Returns
    -------
    tuple of SolvableCycle
        Two fixed points and one 2-cycle.

    Raises
    ------
    InputTypeError
        If it is another cell.

    Examples
    --------
    >>> for cycle in solvable_cycles(Logistic):
    ...     print(cycle.name, cycle.multipliers[0], sep=": ")
    the fixed point 0: r
    the fixed point 1 − 1/r: 2 - r
    the 2-cycle: -r**2 + 2*r + 4
    """
    if cell_class is Henon:
        return _henon()
    if cell_class is Logistic:
        return _logistic()
    message = f"`cell_class` must be Henon or Logistic; got {cell_class!r}."
    raise InputTypeError(message)


def _logistic() -> tuple[SolvableCycle, ...]:
    r = sympy.Symbol("r", real=True)
    root = sympy.sqrt((r - 3) * (r + 1))
    low, high = ((r + 1 - root) / (2 * r), (r + 1 + root) / (2 * r))
    return (
        SolvableCycle("the fixed point 0", (_column(sympy.Integer(0)),), (r,)),
        SolvableCycle("the fixed point 1 − 1/r", (_column(1 - 1 / r),), (2 - r,)),
        SolvableCycle(
            "the 2-cycle", (_column(low), _column(high)), (4 + 2 * r - r**2,)
        ),
    )


def _henon() -> tuple[SolvableCycle, ...]:
    a, b = sympy.symbols("a b", real=True)
    fixed = []
    for sign, name in ((1, "+"), (-1, "−")):
        x = (b - 1 + sign * sympy.sqrt((1 - b) ** 2 + 4 * a)) / (2 * a)
        multipliers = _roots(-2 * a * x, -b)
        state = (_column(x, b * x),)
        fixed.append(SolvableCycle(f"the fixed point x{name}", state, multipliers))
    root = sympy.sqrt(4 * a - 3 * (1 - b) ** 2)
    first, second = ((1 - b - root) / (2 * a), (1 - b + root) / (2 * a))
    # x_1 x_2 = ((1 − b)² − a)/a², and the trace is 4a² x_1 x_2 + 2b.
    trace = 4 * ((1 - b) ** 2 - a) + 2 * b
    states = (_column(first, b * second), _column(second, b * first))
    return (*fixed, SolvableCycle("the 2-cycle", states, _roots(trace, b**2)))


def _column(*entries: sympy.Expr) -> sympy.ImmutableMatrix:
    return sympy.ImmutableMatrix(entries)


def _roots(trace: sympy.Expr, det: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Return the roots of λ² − tr λ + det."""
    root = sympy.sqrt(trace**2 - 4 * det)
    return (trace + root) / 2, (trace - root) / 2
