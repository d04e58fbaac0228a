"""Gaussian means in closed form: V(q) and χ_1 of wide random RNNs with erf or ReLU.

With z ~ N(0, 1), preactivations √q z and weights N(0, g²/n),

    V(q) = g² E φ²(√q z) + σ²,    χ_1 = g² E φ'²(√q z).
"""

from dataclasses import dataclass
from typing import ClassVar, final

import sympy

from gradlab._checks import require_one_of
from gradlab.references import Reference
from gradlab.symbolic.proof import ProofStep

__all__ = ["GaussianMoments", "gaussian_moments", "gaussian_proof"]

_Q = sympy.Symbol("q", positive=True)
_Z = sympy.Symbol("z", real=True)
_DENSITY = sympy.exp(-(_Z**2) / 2) / sympy.sqrt(2 * sympy.pi)


@final
@dataclass(frozen=True)
class GaussianMoments:
    """E φ²(√q z) and E φ'²(√q z) as formulas in q > 0.

    Attributes
    ----------
    square : sympy.Expr
        E φ²(√q z): times g² the length map, but for σ².
    squared_slope : sympy.Expr
        E φ'²(√q z): times g² it is χ_1.

    Examples
    --------
    >>> gaussian_moments("relu")
    GaussianMoments(square=q/2, squared_slope=1/2)
    """

    source: ClassVar[Reference] = Reference("williams1996computing")

    square: sympy.Expr
    squared_slope: sympy.Expr


_MOMENTS = {
    "erf": GaussianMoments(
        square=2 / sympy.pi * sympy.asin(2 * _Q / (1 + 2 * _Q)),
        squared_slope=4 / (sympy.pi * sympy.sqrt(1 + 4 * _Q)),
    ),
    "relu": GaussianMoments(square=_Q / 2, squared_slope=sympy.Rational(1, 2)),
    "identity": GaussianMoments(square=_Q, squared_slope=sympy.Integer(1)),
}


def gaussian_moments(activation: str) -> GaussianMoments:
    """Return E φ² and E φ'² over N(0, q) for "erf", "relu" or "identity".

    Raises
    ------
    InputError
        If the activation is none of these: for tanh no closed form is known.

    Examples
    --------
    >>> gaussian_moments("erf").squared_slope
    4/(pi*sqrt(4*q + 1))
    """
    return _MOMENTS[require_one_of("activation", activation, tuple(_MOMENTS))]


def gaussian_proof(activation: str) -> tuple[ProofStep, ...]:
    """Return the integrals behind `gaussian_moments`, each of which SymPy proves.

    E erf² is not integrated but differentiated: by Stein's lemma its derivative D obeys
    D = E φ'² − 2q D, because erf'' = −2a erf'; and it is 0 at q = 0.

    Examples
    --------
    >>> all(step.holds for step in gaussian_proof("relu"))
    True
    """
    found = gaussian_moments(activation)
    a = sympy.sqrt(_Q) * _Z
    if activation == "erf":
        return _erf_proof(found, a)
    start = 0 if activation == "relu" else -sympy.oo  # φ = 0 to the left of it
    return (
        _integral("E φ'²", sympy.Integer(1), start, found.squared_slope),
        _integral("E φ²", a**2, start, found.square),
    )


def _erf_proof(found: GaussianMoments, a: sympy.Expr) -> tuple[ProofStep, ...]:
    x = sympy.Symbol("x", real=True)
    slope = sympy.erf(x).diff(x)
    D = found.square.diff(_Q)
    product = (sympy.erf(x) * slope).diff(x)
    stein = slope**2 - 2 * x * sympy.erf(x) * slope
    recursion = found.squared_slope - 2 * _Q * D
    return (
        _integral("E φ'²", slope.subs(x, a) ** 2, -sympy.oo, found.squared_slope),
        ProofStep("(φ φ')' = φ'² − 2a φ φ'", product, stein, product - stein),
        ProofStep("D = E φ'² − 2q D", D, recursion, sympy.simplify(D - recursion)),
        ProofStep(
            "E φ² = 0 at q = 0",
            sympy.Subs(found.square, _Q, 0),
            sympy.Integer(0),
            found.square.subs(_Q, 0),
        ),
    )


def _integral(
    claim: str, integrand: sympy.Expr, start: sympy.Expr, value: sympy.Expr
) -> ProofStep:
    mean = sympy.Integral(integrand * _DENSITY, (_Z, start, sympy.oo))
    return ProofStep(claim, mean, value, sympy.simplify(mean.doit() - value))
