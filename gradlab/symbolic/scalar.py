"""One unit h' = φ(w h + b), φ = tanh or σ: where it bifurcates, in closed form.

In the preactivation a = w h + b one step is a' = w φ(a) + b, and a fixed point a has
the multiplier w φ'(a).  So the fold set (multiplier 1) and the flip set (−1) are

    w = ±1/φ'(a),    b = a − w φ(a),    a ∈ ℝ.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import final

import sympy

from gradlab._checks import require_one_of
from gradlab.symbolic.notation import Sigma
from gradlab.symbolic.proof import ProofStep, identity

__all__ = ["A", "B", "ScalarUnit", "W", "scalar_proof", "scalar_unit"]

A, B, W = sympy.symbols("a b w", real=True)


@final
@dataclass(frozen=True)
class ScalarUnit:
    """The bifurcation sets of a' = w φ(a) + b as formulas in the symbols a, b, w.

    Attributes
    ----------
    name : str
        "tanh" or "sigmoid".
    value : sympy.Expr
        φ(a).
    fold, flip : pair of sympy.Expr
        (w, b) at which a is a fixed point of multiplier 1, or −1.
    cusp, tip : pair of sympy.Expr
        (w, b) where the two arms of the fold meet, and of the flip: at a = 0.  Through
        the cusp, along b = `center`, runs a pitchfork.
    center : sympy.Expr
        The b, at a given w, about which everything is symmetric.
    fold_width, flip_width : sympy.Expr
        |b − center| on the fold, for w beyond the cusp, and on the flip, for w below
        the tip.
    stretch : int
        k in φ(a) = tanh(a/k) up to scale and shift: 1 for tanh, 2 for σ.
    schwarzian : sympy.Expr
        φ'''/φ' − (3/2)(φ''/φ')², a negative constant.

    Examples
    --------
    >>> scalar_unit("tanh").fold_width
    sqrt(w*(w - 1)) - acosh(sqrt(w))
    """

    name: str
    value: sympy.Expr
    fold: tuple[sympy.Expr, sympy.Expr]
    flip: tuple[sympy.Expr, sympy.Expr]
    cusp: tuple[sympy.Expr, sympy.Expr]
    tip: tuple[sympy.Expr, sympy.Expr]
    center: sympy.Expr
    fold_width: sympy.Expr
    flip_width: sympy.Expr
    stretch: int
    schwarzian: sympy.Expr

    @property
    def step(self) -> sympy.Expr:
        """The map in the preactivation, w φ(a) + b."""
        return W * self.value + B

    @property
    def multiplier(self) -> sympy.Expr:
        """Its slope, w φ'(a)."""
        return W * self.value.diff(A)


def _widths(stretch: int, v: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Return k (√(v(v − 1)) ∓ arcosh √v), the half-widths of fold and flip."""
    root, angle = sympy.sqrt(sympy.factor(v * (v - 1))), sympy.acosh(sympy.sqrt(v))
    return stretch * (root - angle), stretch * (root + angle)


def _tanh_unit() -> ScalarUnit:
    shear = sympy.sinh(2 * A) / 2
    return ScalarUnit(
        name="tanh",
        value=sympy.tanh(A),
        fold=(sympy.cosh(A) ** 2, A - shear),
        flip=(-(sympy.cosh(A) ** 2), A + shear),
        cusp=(sympy.Integer(1), sympy.Integer(0)),
        tip=(sympy.Integer(-1), sympy.Integer(0)),
        center=sympy.Integer(0),
        fold_width=_widths(1, W)[0],
        flip_width=_widths(1, -W)[1],
        stretch=1,
        schwarzian=sympy.Integer(-2),
    )


def _sigmoid_unit() -> ScalarUnit:
    return ScalarUnit(
        name="sigmoid",
        value=Sigma(A),
        fold=(2 + 2 * sympy.cosh(A), A - 1 - sympy.exp(A)),
        flip=(-2 - 2 * sympy.cosh(A), A + 1 + sympy.exp(A)),
        cusp=(sympy.Integer(4), sympy.Integer(-2)),
        tip=(sympy.Integer(-4), sympy.Integer(2)),
        center=-W / 2,
        fold_width=_widths(2, W / 4)[0],
        flip_width=_widths(2, -W / 4)[1],
        stretch=2,
        schwarzian=-sympy.Rational(1, 2),
    )


_UNITS = MappingProxyType({"tanh": _tanh_unit(), "sigmoid": _sigmoid_unit()})


def scalar_unit(activation: str = "tanh") -> ScalarUnit:
    """Return the bifurcation sets of h' = φ(w h + b) for φ = "tanh" or "sigmoid".

    Raises
    ------
    InputError
        If the activation is neither.

    Notes
    -----
    The two units are one: y = 2h − 1 turns h' = σ(w h + b) into y' = tanh(W y + B) with
    W = w/4 and B = w/4 + b/2.  The fold set is that of the neuron in continuous time
    [beer1995dynamics], whose equilibria are the same; the bifurcations are those of
    [doya1993bifurcations].

    Examples
    --------
    >>> scalar_unit("tanh").fold
    (cosh(a)**2, a - sinh(2*a)/2)
    >>> scalar_unit("sigmoid").cusp
    (4, -2)
    """
    return _UNITS[require_one_of("activation", activation, tuple(_UNITS))]


def scalar_proof(activation: str = "tanh") -> tuple[ProofStep, ...]:
    """Return the identities behind the bifurcation sets, each of which SymPy proves.

    Fold and flip: a is a fixed point there with multiplier ±1; the coefficients that
    make the bifurcation the generic one [kuznetsov2004elements, Chapter 4]; the arms in
    terms of w; the cusp; and the Schwarzian derivative, whose sign says that there is
    nothing else [singer1978stable].

    Examples
    --------
    >>> all(step.holds for step in scalar_proof("tanh"))
    True
    """
    unit = scalar_unit(activation)
    fold, flip = (
        dict(zip((W, B), pair, strict=True)) for pair in (unit.fold, unit.flip)
    )
    return (
        *_set_steps("fold", unit, fold, 1),
        *_set_steps("flip", unit, flip, -1),
        *_coefficient_steps(unit, fold, flip),
        *_arm_steps(unit),
        *_cusp_steps(unit),
        identity("the Schwarzian is a constant", _schwarzian(unit), unit.schwarzian),
        _conjugacy_step(),
    )


def _set_steps(
    name: str, unit: ScalarUnit, at: dict[sympy.Symbol, sympy.Expr], multiplier: int
) -> tuple[ProofStep, ...]:
    return (
        identity(f"{name}: a is a fixed point", unit.step.subs(at), A),
        identity(
            f"{name}: its multiplier is {multiplier}",
            unit.multiplier.subs(at),
            sympy.Integer(multiplier),
        ),
    )


def _coefficient_steps(
    unit: ScalarUnit,
    fold: dict[sympy.Symbol, sympy.Expr],
    flip: dict[sympy.Symbol, sympy.Expr],
) -> tuple[ProofStep, ...]:
    second, third = (unit.step.diff(A, order) for order in (2, 3))
    k = unit.stretch
    return (
        identity(
            "fold: the quadratic coefficient is 0 at the cusp only",
            (second / 2).subs(fold),
            -sympy.tanh(A / k) / k,
        ),
        identity(
            "fold: the lines b = a − w φ(a) are its tangents",
            unit.fold[1].diff(A) / unit.fold[0].diff(A),
            -unit.value,
        ),
        identity(
            "flip: the cubic coefficient is above 0: the 2-cycle attracts",
            (second**2 / 4 + third / 6).subs(flip),
            -unit.schwarzian / 6,
        ),
    )


def _arm_steps(unit: ScalarUnit) -> tuple[ProofStep, ...]:
    """Return the arms b(w), with |w| = c v, v = cosh² t and a = k t for t > 0.

    Then √(v(v − 1)) = sinh t cosh t and arcosh √v = t in `fold_width` and `flip_width`.
    """
    t = sympy.Symbol("t", positive=True)
    v, root, k = sympy.cosh(t) ** 2, sympy.sinh(t) * sympy.cosh(t), unit.stretch
    at, c = {A: k * t}, unit.cusp[0]
    fold, flip = unit.center.subs(W, c * v), unit.center.subs(W, -c * v)
    return (
        identity("arms: the root", v * (v - 1), root**2),
        identity("arms: |w|", unit.fold[0].subs(at), c * v),
        identity("fold: the lower arm", unit.fold[1].subs(at), fold - k * (root - t)),
        identity("flip: the upper arm", unit.flip[1].subs(at), flip + k * (root + t)),
    )


def _cusp_steps(unit: ScalarUnit) -> tuple[ProofStep, ...]:
    step, zero = unit.step, sympy.Integer(0)
    unfolding = sympy.Matrix(
        [[step.diff(B), step.diff(W)], [step.diff(A, B), step.diff(A, W)]]
    ).det()
    pitchfork = step.subs(B, unit.center)

    def at_cusp(claim: str, formula: sympy.Expr, value: sympy.Expr) -> ProofStep:
        left = sympy.Subs(formula, (A, W, B), (zero, *unit.cusp))
        return ProofStep(claim, left, value, left.doit() - value)

    return (
        at_cusp("cusp: a = 0 is fixed", step, zero),
        at_cusp("cusp: multiplier 1", step.diff(A), sympy.Integer(1)),
        at_cusp("cusp: no quadratic coefficient", step.diff(A, 2) / 2, zero),
        at_cusp("cusp: a cubic one below 0", step.diff(A, 3) / 6, unit.schwarzian / 6),
        at_cusp("cusp: w and b unfold it", unfolding, unit.value.diff(A).subs(A, 0)),
        identity("pitchfork: the map is odd", pitchfork.subs(A, -A), -pitchfork),
    )


def _schwarzian(unit: ScalarUnit) -> sympy.Expr:
    first, second, third = (unit.value.diff(A, k) for k in (1, 2, 3))
    return third / first - sympy.Rational(3, 2) * (second / first) ** 2


def _conjugacy_step() -> ProofStep:
    h = sympy.Symbol("h", real=True)
    sigmoid = _UNITS["sigmoid"].value.subs(A, W * h + B)
    slope, shift = W / 4, W / 4 + B / 2
    return identity(
        "conjugacy: y = 2h − 1 makes σ a tanh",
        2 * sigmoid - 1,
        sympy.tanh(slope * (2 * h - 1) + shift),
    )
