"""LSTM and GRU at rest (h = c = 0, no input, biases 0) grow like ½ + ω/4.

There the Jacobian of the GRU is ½ + W_n/4, and that of the LSTM has n eigenvalues 0 and
those of σ(β) + W_g/4, with the forget bias β: ω are the eigenvalues of W_n or W_g, the
recurrent weights of the proposal.  The other gates have no say.
"""

from typing import Any

import numpy as np
import sympy

from gradlab._checks import require_count
from gradlab.algebra.symbols import symbols
from gradlab.cells import GRU, LSTM, AbstractCell
from gradlab.errors import InputTypeError
from gradlab.symbolic.jacobian import symbolic_cell
from gradlab.symbolic.notation import NOTATION, Sigma
from gradlab.symbolic.proof import ProofStep

__all__ = ["resting_jacobian", "resting_proof"]


def resting_jacobian(
    cell_class: type[AbstractCell], n: int, *, forget_bias: Any = 0
) -> sympy.ImmutableMatrix:
    """Return J of an LSTM or GRU at the zero state, all biases 0 but the forget bias.

    Parameters
    ----------
    cell_class : type
        `gradlab.cells.LSTM` or `GRU`.
    n : int
        Units.
    forget_bias : number or sympy.Expr
        β of an LSTM; a GRU has none.

    Returns
    -------
    sympy.ImmutableMatrix
        (2n, 2n) or (n, n), in the symbols W_hh_1_1 … of the recurrent weights.

    Raises
    ------
    InputTypeError
        If it is another cell, or a GRU is given a forget bias.

    Examples
    --------
    >>> resting_jacobian(GRU, 1)
    Matrix([[W_hh_3_1/4 + 1/2]])
    >>> resting_jacobian(LSTM, 1).tolist()
    [[W_hh_3_1/4, 1/4], [W_hh_3_1/2, 1/2]]
    """
    if cell_class not in (LSTM, GRU) or (cell_class is GRU and forget_bias != 0):
        message = (
            "`cell_class` must be LSTM, or GRU without a forget bias; "
            f"got {cell_class!r} and {forget_bias!r}."
        )
        raise InputTypeError(message)
    n = require_count("n", n)
    cell = symbolic_cell(cell_class, n, 0)
    for name, value in cell.params.items():
        if name.startswith("b_"):
            bias = np.full(np.shape(value), sympy.Integer(0), dtype=object)
            if cell_class is LSTM:
                bias[n : 2 * n] = sympy.sympify(forget_bias)
            object.__setattr__(cell, name, bias)
    h = symbols("h", cell.sizes[0])
    image = cell.step(h, np.zeros(0, dtype=object), NOTATION)
    rest = dict.fromkeys(h, 0)
    entries = [formula.diff(symbol).subs(rest) for formula in image for symbol in h]
    return sympy.ImmutableMatrix(len(h), len(h), entries)


def resting_proof(cell_class: type[AbstractCell], n: int) -> ProofStep:
    """Return the characteristic polynomial at rest, for n units and any weights.

    det(λ − J) = det(λ − ½ − W_n/4) for a GRU, λ^n det(λ − σ(β) − W_g/4) for an LSTM.

    Examples
    --------
    >>> resting_proof(LSTM, 2).holds
    True
    """
    x, beta = sympy.Symbol("lambda"), sympy.Symbol("beta", real=True)
    if cell_class is LSTM:
        J, kept = resting_jacobian(LSTM, n, forget_bias=beta), Sigma(beta)
    else:
        J, kept = resting_jacobian(cell_class, n), sympy.Rational(1, 2)
    first = 2 * n  # the block of the proposal, third of the gates
    proposal = sympy.Matrix(symbolic_cell(cell_class, n, 0).params["W_hh"][first:][:n])
    left = (x * sympy.eye(J.rows) - J).det(method="berkowitz")
    right = (x * sympy.eye(n) - kept * sympy.eye(n) - proposal / 4).det()
    right = x ** (J.rows - n) * right
    claim = f"the eigenvalues at rest, n = {n}"
    return ProofStep(claim, left, right, sympy.expand(left - right))
