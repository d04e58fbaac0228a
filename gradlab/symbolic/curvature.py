"""Second derivatives ∂²h'_i/∂h_j∂h_k, and the largest |φ''| of an activation, exactly.

With the remainder of Taylor's theorem, a separation δ becomes J δ + r with

    |r_i| ≤ ½ Σ_jk |δ_j δ_k| sup |∂²h'_i/∂h_j∂h_k|,

which for h' = φ(W h + …) is at most ½ sup|φ''| (W δ)_i².
"""

from typing import Any

import numpy as np
import sympy

from gradlab.algebra.symbols import SYMBOLS
from gradlab.cells import AbstractActivation, AbstractCell, activation_named
from gradlab.errors import InputError
from gradlab.symbolic.jacobian import symbolic_step
from gradlab.typing import Array

__all__ = ["curvature", "largest_curvature"]


def curvature(cell_class: type[AbstractCell], n: int, m: int, **options: Any) -> Array:
    """Return ∂²h'/∂h² as formulas; entry (i, j, k) is ∂²h'_i/∂h_j∂h_k.

    Takes what `gradlab.symbolic.jacobian` takes and raises what it raises; an array
    (n, n, n) of SymPy expressions, or (2n, 2n, 2n) for an LSTM.

    Examples
    --------
    >>> from gradlab.cells import Henon
    >>> curvature(Henon, 2, 0)[0].tolist()
    [[-2*a, 0], [0, 0]]
    """
    h, _, image = symbolic_step(cell_class, n, m, **options)
    size = len(h)
    found = np.empty((size, size, size), dtype=object)
    for i, formula in enumerate(image):
        for j in range(size):
            slope = formula.diff(h[j])
            for k in range(j + 1):
                found[i, j, k] = found[i, k, j] = slope.diff(h[k])
    return found


# Where |φ''| is largest: for tanh at tanh² a = 1/3, for σ at tanh²(a/2) = 1/3.
_STEEPEST = {
    "tanh": sympy.log(2 + sympy.sqrt(3)) / 2,
    "sigmoid": sympy.log(2 + sympy.sqrt(3)),
    "identity": sympy.Integer(0),
    "erf": 1 / sympy.sqrt(2),
    "softplus": sympy.Integer(0),
    "gelu": sympy.Integer(0),
    "silu": sympy.Integer(0),
}


def largest_curvature(activation: str | AbstractActivation) -> sympy.Expr:
    """Return sup|φ''|, the Lipschitz constant of φ', exactly; ∞ at a kink.

    Parameters
    ----------
    activation : str or AbstractActivation
        φ, one of those that gradlab names.

    Raises
    ------
    InputError
        If the activation is not one of gradlab's.

    Examples
    --------
    >>> largest_curvature("tanh"), largest_curvature("sigmoid")
    (4*sqrt(3)/9, sqrt(3)/18)
    """
    phi = activation_named(activation)
    if phi.kinks:
        return sympy.oo
    if phi.name not in _STEEPEST:
        message = f"the largest curvature of {phi!r} is not known."
        raise InputError(message)
    a = sympy.Symbol("a", real=True)
    second = phi.value(np.array([a], dtype=object), SYMBOLS)[0].diff(a, 2)
    value = second.subs(a, _STEEPEST[phi.name]).rewrite(sympy.exp)
    return sympy.simplify(sympy.Abs(value))
