"""Formulas as LaTeX: one expression as it is, named ones as aligned equations."""

from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from gradlab.errors import InputTypeError
from gradlab.symbolic.derived import Derivation
from gradlab.symbolic.linear_rnn import LinearRnnGradients
from gradlab.symbolic.proof import ProofStep

__all__ = ["to_latex"]


def to_latex(thing: Any) -> str:
    r"""Return LaTeX, without dollars, of whatever this room returns.

    Parameters
    ----------
    thing : SymPy expression or matrix, mapping, ProofStep, Derivation, …
        A mapping ``{left: right}`` becomes aligned equations, its left sides taken as
        LaTeX; so do a proof (its steps in order), the gradients of a linear RNN, and a
        derivation of several equations.

    Raises
    ------
    InputTypeError
        If there is nothing to write as a formula in it.

    Examples
    --------
    >>> from gradlab.symbolic.bptt import unrolled_gradient
    >>> print(to_latex({r"\partial_w h_2": unrolled_gradient(2)}))
    \begin{aligned}
    \partial_w h_2 &= b_{2} + c_{2} b_{1}
    \end{aligned}
    """
    if isinstance(thing, sympy.Basic | sympy.MatrixBase):
        return _formula(thing)
    if isinstance(thing, Derivation):
        return _equations_of(thing)
    if isinstance(thing, LinearRnnGradients):
        return _aligned(_equations(thing))
    if isinstance(thing, ProofStep):
        return f"{to_latex(thing.left)} = {to_latex(thing.right)}"
    if isinstance(thing, Mapping) and thing:
        return _aligned([(str(k), to_latex(v)) for k, v in thing.items()])
    if _is_proof(thing):
        return _aligned([(to_latex(s.left), to_latex(s.right)) for s in thing])
    message = (
        "`thing` must be a SymPy expression, a mapping of them, a proof or the "
        f"gradients of a linear RNN; got {thing!r}."
    )
    raise InputTypeError(message)


def _formula(thing: Any) -> str:
    """Return LaTeX in which a symbol ∂y/∂x is that derivative."""
    symbols = getattr(thing, "free_symbols", ())
    names = {symbol: _named(symbol.name) for symbol in symbols if "∂" in str(symbol)}
    return str(sympy.latex(thing, symbol_names=names))


def _named(name: str) -> str:
    above, below = (sympy.latex(sympy.Symbol(part)) for part in name[1:].split("/∂"))
    return rf"\partial {above} / \partial {below}"


def _equations_of(found: Derivation) -> str:
    pairs = [(_formula(left), _formula(right)) for left, right in found.equations]
    if len(pairs) > 1:
        return _aligned(pairs)
    ((left, right),) = pairs
    return f"{left} = {right}"


def _is_proof(thing: Any) -> bool:
    return (
        isinstance(thing, Sequence)
        and len(thing) > 0
        and all(isinstance(step, ProofStep) for step in thing)
    )


def _equations(found: LinearRnnGradients) -> list[tuple[str, str]]:
    left = [rf"\partial L / \partial h_{{{t + 1}}}" for t in range(len(found.states))]
    states = zip(left, map(to_latex, found.states), strict=True)
    params = [
        (rf"\partial L / \partial W_{{{name.partition('_')[2]}}}", to_latex(formula))
        for name, formula in found.params.items()
    ]
    return [*states, *params]


def _aligned(equations: Sequence[tuple[str, str]]) -> str:
    rows = " \\\\\n".join(f"{left} &= {right}" for left, right in equations)
    return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"
