"""What a paper prints of the cells, of backpropagation and of one unit: all derived.

Every right side comes out of the cell's own step or of a proof; nothing is typed here
but names.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy

from gradlab._checks import require_one_of
from gradlab.cells import GRU, LSTM, RNN
from gradlab.symbolic.bptt import unrolled_gradient, unrolled_sum_proof
from gradlab.symbolic.cliff import cliff
from gradlab.symbolic.derived import Derivation
from gradlab.symbolic.gates import GateForm, gate_form
from gradlab.symbolic.linear_rnn import linear_rnn_gradients
from gradlab.symbolic.scalar import B, W, scalar_unit
from gradlab.symbolic.stability import stability_derivations

__all__ = ["DERIVATIONS", "derivation"]


def derivation(name: str) -> tuple[Derivation, ...]:
    """Return the derivations of one of `DERIVATIONS`: "rnn", "lstm", "bptt", ….

    Raises
    ------
    InputError
        If there is none of that name.

    Examples
    --------
    >>> for part in derivation("rnn"):
    ...     for left, right in part.equations:
    ...         print(f"{left} = {right}")
    h' = tanh(a)
    ∂h'/∂a = 1 - tanh(a)**2
    ∂h'/∂h = diag(∂h'/∂a)*W_hh
    """
    require_one_of("name", name, tuple(DERIVATIONS))
    return DERIVATIONS[name]()


def _rnn() -> tuple[Derivation, ...]:
    form = gate_form(RNN)
    (new_h,), (h,), (a,) = form.image, form.state, form.gates
    slope = _partial(new_h, a)
    return (
        Derivation("rnn.step", "one step, a = W_hh h + W_hx x + b_h", _step(form)),
        Derivation("rnn.slopes", "its slope", ((slope, form.slopes[0, 0]),)),
        Derivation(
            "rnn.jacobian",
            "the Jacobian",
            ((_partial(new_h, h), _diag(slope) * _matrix("W_hh")),),
        ),
    )


def _lstm() -> tuple[Derivation, ...]:
    form = gate_form(LSTM)
    (new_h, new_c), (h, c) = form.image, form.state
    inner, o = form.gates[:3], form.gates[3]
    through = form.step[new_h].diff(new_c)
    slopes = (
        *((_partial(new_c, k), form.slopes[1, i]) for i, k in enumerate(inner)),
        (_partial(new_h, new_c), through),
        (_partial(new_h, o), form.slopes[0, 3]),
    )
    by_h = sympy.Add(*(_diag(_partial(new_c, k)) * _matrix(f"W_{k}") for k in inner))
    passed = _diag(_partial(new_h, new_c))
    jacobian = (
        (_partial(new_c, c), _diag(form.carry[1, 1])),
        (_partial(new_c, h), by_h),
        (_partial(new_h, c), passed * _partial(new_c, c)),
        (
            _partial(new_h, h),
            passed * _partial(new_c, h) + _diag(_partial(new_h, o)) * _matrix("W_o"),
        ),
    )
    step = tuple((name, form.step[name]) for name in (new_c, new_h))
    return (
        Derivation("lstm.step", "one step, (i, f, g, o) = W_hh h + W_hx x + b_h", step),
        Derivation("lstm.slopes", "its slopes, entry by entry", slopes),
        Derivation("lstm.jacobian", "the Jacobian in blocks", jacobian),
    )


def _gru() -> tuple[Derivation, ...]:
    form = gate_form(GRU)
    (new_h,), (h,) = form.image, form.state
    names = ("W_r", "W_z", "W_n")
    slopes = tuple(
        (_partial(new_h, k), sympy.factor_terms(form.slopes[0, i]))
        for i, k in enumerate(form.gates)
    )
    terms = (
        _diag(_partial(new_h, k)) * _matrix(name)
        for k, name in zip(form.gates, names, strict=True)
    )
    whole = sympy.Add(_diag(form.carry[0, 0]), *terms)
    step = tuple((name, form.step[name]) for name in reversed(tuple(form.step)))
    return (
        Derivation("gru.step", "one step; q = W_n h + b_n is what r gates", step),
        Derivation("gru.slopes", "its slopes, entry by entry", slopes),
        Derivation("gru.jacobian", "the Jacobian", ((_partial(new_h, h), whole),)),
    )


def _linear() -> tuple[Derivation, ...]:
    found = linear_rnn_gradients(3)
    states = tuple(
        (_symbol(f"∂L/∂h_{t + 1}"), formula) for t, formula in enumerate(found.states)
    )
    params = tuple(
        (_symbol(f"∂L/∂{name}"), formula)
        for name, formula in linear_rnn_gradients(2).params.items()
    )
    return (
        Derivation("linear.states", "by the states, T = 3, g_t = ∂L/∂o_t", states),
        Derivation("linear.params", "by the weights, T = 2", params),
    )


def _bptt() -> tuple[Derivation, ...]:
    keys = ("bptt.base", "bptt.newest", "bptt.older", "bptt.induction")
    steps = zip(keys, unrolled_sum_proof(), strict=True)
    sums = ((_symbol("∂h_3/∂w"), unrolled_gradient(3)),)
    return (
        Derivation("bptt.sum", "three steps, b_t = ∂f_t/∂w, c_t = ∂f_t/∂h_{t−1}", sums),
        *(Derivation(k, s.claim, ((s.left, s.right),)) for k, s in steps),
    )


def _scalar() -> tuple[Derivation, ...]:
    x0, T, y = sympy.symbols("x_0 T y", real=True)
    found = cliff(x0, steps=T, target=y)
    mu = _symbol("mu")
    by_b = found.gradient[1].subs(found.multiplier, mu)
    return (
        *_scalar_unit("tanh"),
        *_scalar_unit("sigmoid"),
        Derivation("cliff.line", "the cliff from x_0", ((B, found.line),)),
        Derivation("cliff.multiplier", "its multiplier", ((mu, found.multiplier),)),
        Derivation(
            "cliff.gradient",
            "the gradient on it",
            ((_symbol("∂E/∂b"), sympy.factor_terms(by_b)),),
        ),
    )


def _scalar_unit(name: str) -> tuple[Derivation, ...]:
    unit = scalar_unit(name)
    pair = sympy.Tuple(W, B)
    sets = {"fold": unit.fold, "flip": unit.flip, "cusp": unit.cusp, "tip": unit.tip}
    widths = {"fold": unit.fold_width, "flip": unit.flip_width}
    aside = sympy.Abs(B - unit.center)
    return (
        *(
            Derivation(
                f"{name}.{key}", f"the {key}, {name}", ((pair, sympy.Tuple(*at)),)
            )
            for key, at in sets.items()
        ),
        *(
            Derivation(f"{name}.{key}.arms", "its arms", ((aside, width),))
            for key, width in widths.items()
        ),
        Derivation(
            f"{name}.schwarzian",
            f"the Schwarzian derivative, {name}",
            ((_symbol("S"), unit.schwarzian),),
        ),
    )


DERIVATIONS: Mapping[str, Callable[[], tuple[Derivation, ...]]] = MappingProxyType(
    {
        "rnn": _rnn,
        "lstm": _lstm,
        "gru": _gru,
        "linear": _linear,
        "bptt": _bptt,
        "scalar": _scalar,
        "stability": stability_derivations,
    }
)


def _step(form: GateForm) -> tuple[tuple[Any, Any], ...]:
    return tuple(form.step.items())


def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name)


def _matrix(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, commutative=False)


def _partial(y: sympy.Symbol, x: sympy.Symbol) -> sympy.Symbol:
    return _matrix(f"∂{y}/∂{x}")


def _diag(entry: sympy.Expr) -> sympy.Expr:
    return sympy.Function("diag", commutative=False)(entry)
