"""Formulas on stability: Jury's margins, cells at rest, χ_1 for erf and ReLU."""

import sympy

from gradlab.cells import GRU, LSTM
from gradlab.symbolic.derived import Derivation
from gradlab.symbolic.gaussian import gaussian_moments
from gradlab.symbolic.jury import JuryConditions, jury_conditions
from gradlab.symbolic.resting import resting_jacobian

__all__ = ["stability_derivations"]


def stability_derivations() -> tuple[Derivation, ...]:
    """Return the margins for two and three units, eigenvalues at rest, and χ_1.

    Examples
    --------
    >>> for left, right in stability_derivations()[0].equations:
    ...     print(f"{left} = {right}")
    m_+1 = Delta - tau + 1
    m_-1 = Delta + tau + 1
    m_2 = 1 - Delta
    """
    trace, det = sympy.symbols("tau Delta", real=True)
    three = sympy.symbols("a_2 a_1 a_0", real=True)
    return (
        Derivation(
            "jury.two",
            "two units with trace τ and determinant Δ are stable if all are above 0",
            _margins(jury_conditions([1, -trace, det])),
        ),
        Derivation(
            "jury.three",
            "roots of λ³ + a_2 λ² + a_1 λ + a_0 are inside if all are above 0",
            _margins(jury_conditions([1, *three]), last=True),
        ),
        *_resting(),
        *_slopes(),
    )


def _margins(
    found: JuryConditions, *, last: bool = False
) -> tuple[tuple[sympy.Symbol, sympy.Expr], ...]:
    """Return what vanishes at a root 1, −1, at a pair e^{±iθ}; and the last one."""
    names = {"+1": found.fold, "-1": found.flip, "2": found.inners[0][1]}
    if last:
        names["0"] = found.inners[0][0]
    return tuple((sympy.Symbol(f"m_{name}"), value) for name, value in names.items())


def _resting() -> tuple[Derivation, ...]:
    """Return the eigenvalue of one unit at rest that is not 0; ω is W_g or W_n."""
    eigenvalue, weight, bias = sympy.symbols("lambda omega beta", real=True)
    named = {sympy.Symbol("W_hh_3_1", real=True): weight}
    gated = resting_jacobian(LSTM, 1, forget_bias=bias)  # of rank one
    (entry,) = resting_jacobian(GRU, 1)
    return (
        Derivation(
            "rest.lstm",
            "an LSTM at rest with forget bias β, ω an eigenvalue of W_g",
            ((eigenvalue, gated.trace().subs(named)),),
        ),
        Derivation(
            "rest.gru",
            "a GRU at rest, ω an eigenvalue of W_n",
            ((eigenvalue, entry.subs(named)),),
        ),
    )


def _slopes() -> tuple[Derivation, ...]:
    chi, gain = sympy.symbols("chi_1 g", positive=True)
    return tuple(
        Derivation(
            f"chi.{name}",
            f"wide random networks with {name}, q* the variance of a preactivation",
            ((chi, gain**2 * gaussian_moments(name).squared_slope),),
        )
        for name in ("erf", "relu")
    )
