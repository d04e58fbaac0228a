"""The cliff of the error surface of one unit: where its first state is a repeller.

For x_t = w φ(x_{t−1}) + b from x_0 and E = (φ(x_T) − y)², the states end on one side or
the other as x_0 is above or below the unstable fixed point.  So for T → ∞ the surface
breaks where x_0 is that fixed point,

    b = x_0 − w φ(x_0),    w > w_0 = 1/φ'(x_0),

a line that touches the fold at w_0; from there to the cusp the cliff is the fold.
On the line x_t = x_0 for all t, and with μ = w φ'(x_0)

    ∂E/∂b = 2 (φ(x_0) − y) φ'(x_0) (μ^T − 1)/(μ − 1),    ∂E/∂w = φ(x_0) ∂E/∂b.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import sympy

from gradlab.references import Reference
from gradlab.symbolic.proof import ProofStep, identity
from gradlab.symbolic.scalar import A, B, W, scalar_unit

__all__ = ["Cliff", "cliff", "cliff_proof"]


@final
@dataclass(frozen=True)
class Cliff:
    """The cliff beyond the fold, as formulas in the symbol w.

    Attributes
    ----------
    start : pair of sympy.Expr
        (w_0, b_0), where the line touches the fold.
    line : sympy.Expr
        b on the cliff, for w > w_0.
    multiplier : sympy.Expr
        μ > 1 there: by what one step multiplies a change.
    gradient : pair of sympy.Expr
        (∂E/∂w, ∂E/∂b) on the line.

    Examples
    --------
    >>> cliff(0, steps=1, target=1).gradient  # E = (σ(x_1) − 1)², x_1 = w/2 + b = 0
    (-1/8, -1/4)
    """

    source: ClassVar[Reference] = Reference("pascanu2013difficulty", "Sec. 2.3")

    start: tuple[sympy.Expr, sympy.Expr]
    line: sympy.Expr
    multiplier: sympy.Expr
    gradient: tuple[sympy.Expr, sympy.Expr]


def cliff(x0: Any, *, steps: Any, target: Any, activation: str = "sigmoid") -> Cliff:
    """Return where the error surface of one unit breaks, and how steep it is there.

    Parameters
    ----------
    x0 : number or sympy.Expr
        The first state, a preactivation.
    steps : int or sympy.Expr
        T.
    target : number or sympy.Expr
        y in E = (φ(x_T) − y)².
    activation : {"sigmoid", "tanh"}
        φ.

    Returns
    -------
    Cliff

    Raises
    ------
    InputError
        If the activation is neither.

    Examples
    --------
    The setting of [pascanu2013difficulty, Eq. 8 and Fig. 6]:

    >>> half = sympy.Rational(1, 2)
    >>> found = cliff(half, steps=50, target=sympy.Rational(7, 10))
    >>> [round(float(number), 6) for number in found.start]
    [4.255252, -2.148721]
    >>> round(float(found.multiplier.subs(W, 5)), 6)
    1.175019
    """
    unit = scalar_unit(activation)
    x0, T, y = (sympy.sympify(value) for value in (x0, steps, target))
    phi, slope = unit.value.subs(A, x0), unit.value.diff(A).subs(A, x0)
    mu = W * slope
    growth = (mu**T - 1) / (mu - 1)
    by_b = 2 * (phi - y) * slope * growth
    start = tuple(entry.subs(A, x0) for entry in unit.fold)
    return Cliff((start[0], start[1]), x0 - W * phi, mu, (phi * by_b, by_b))


def cliff_proof(activation: str = "sigmoid") -> tuple[ProofStep, ...]:
    """Return the identities behind `cliff`, for every x_0, each proved by SymPy.

    x_0 stays where it is; the line touches the fold; and s_T = (μ^T − 1)/(μ − 1) obeys
    s_{T+1} = μ s_T + 1 from s_0 = 0, which is what ∂x_T/∂b does at a fixed point.

    Examples
    --------
    >>> all(step.holds for step in cliff_proof())
    True
    """
    unit = scalar_unit(activation)
    T = sympy.Symbol("T", integer=True, nonnegative=True)
    mu, y = sympy.symbols("mu y", real=True)
    found = cliff(A, steps=T, target=y, activation=activation)
    growth = (mu**T - 1) / (mu - 1)
    longer = growth.subs(T, T + 1)
    return (
        identity("x_0 is fixed", unit.step.subs(B, found.line), A),
        identity(
            "the line begins on the fold",
            found.line.subs(W, found.start[0]),
            found.start[1],
        ),
        identity(
            "and has its direction",
            found.line.diff(W),
            found.start[1].diff(A) / found.start[0].diff(A),
        ),
        ProofStep(
            "a step carries the derivative by b on",
            longer,
            mu * growth + 1,
            sympy.simplify(longer - (mu * growth + 1)),
        ),
        ProofStep(
            "from 0", sympy.Subs(growth, T, 0), sympy.Integer(0), growth.subs(T, 0)
        ),
    )
