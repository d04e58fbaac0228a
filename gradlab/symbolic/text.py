"""Formulas as a terminal shows them: left = right in Unicode, fractions stacked."""

import sympy

from gradlab.symbolic.derived import Derivation

__all__ = ["to_text"]

_WIDTH = 100  # columns that a formula may take; SymPy breaks it beyond


def to_text(found: Derivation) -> str:
    """Return the equations of a derivation in Unicode, one below the other.

    Examples
    --------
    >>> from gradlab.symbolic.derivations import derivation
    >>> print(to_text(derivation("lstm")[0]))
    c' = c⋅σ(f) + tanh(g)⋅σ(i)
    h' = tanh(c')⋅σ(o)
    """
    equations = (
        sympy.Eq(left, right, evaluate=False) for left, right in found.equations
    )
    blocks = (
        sympy.pretty(equation, use_unicode=True, num_columns=_WIDTH)
        for equation in equations
    )
    lines = (line.rstrip() for block in blocks for line in block.splitlines())
    return "\n".join(lines)
