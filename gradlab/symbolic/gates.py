"""The Jacobian of a gated cell from its step: J = diag(carry) + Σ_k diag(slope_k) W_k.

The slopes are ∂h'/∂a_k, entry by entry in the preactivations a_k, so they do not depend
on n.  They are derived from the step with W_hh = W_hx = 0, where the biases are the
preactivations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import sympy

from gradlab.cells import GRU, LSTM, RNN, AbstractCell
from gradlab.errors import InputTypeError
from gradlab.symbolic.jacobian import symbolic_cell
from gradlab.symbolic.notation import NOTATION
from gradlab.typing import Array

__all__ = ["GateForm", "gate_form"]


@final
@dataclass(frozen=True)
class GateForm:
    """One unit of a cell: its step in preactivations, and the slopes of that step.

    Attributes
    ----------
    gates : tuple of sympy.Symbol
        The preactivations that W_hh h enters, in the order of its blocks W_k.
    state, image : tuple of sympy.Symbol
        The entries of the state before and after the step.
    step : dict
        The entries of the image, and what abbreviates them, as formulas.
    slopes : (p, K) sympy.ImmutableMatrix
        ∂image_r/∂gate_k: what diag(·) W_k has on its diagonal in row r.
    carry : (p, p) sympy.ImmutableMatrix
        ∂image_r/∂state_s with the gates held.

    Examples
    --------
    >>> gate_form(RNN).step, gate_form(RNN).slopes
    ({h': tanh(a)}, Matrix([[1 - tanh(a)**2]]))
    """

    gates: tuple[sympy.Symbol, ...]
    state: tuple[sympy.Symbol, ...]
    image: tuple[sympy.Symbol, ...]
    step: Mapping[sympy.Symbol, sympy.Expr]
    slopes: sympy.ImmutableMatrix
    carry: sympy.ImmutableMatrix


def gate_form(cell_class: type[AbstractCell]) -> GateForm:
    """Return the slopes of `RNN`, `LSTM` or `GRU`, for any n.

    Raises
    ------
    InputTypeError
        If it is another class.

    Examples
    --------
    >>> from gradlab.cells import LSTM
    >>> form = gate_form(LSTM)
    >>> form.gates, form.carry[1, 1]  # ∂c'/∂c with the gates held
    ((i, f, g, o), sigma(f))
    """
    if cell_class is RNN:
        return _rnn()
    if cell_class is LSTM:
        return _lstm()
    if cell_class is GRU:
        return _gru()
    message = f"`cell_class` must be RNN, LSTM or GRU; got {cell_class!r}."
    raise InputTypeError(message)


def _rnn() -> GateForm:
    (a,), (h, new_h) = _named("a"), _named("h h'")
    (image,) = _image(RNN, (h,), b_h=(a,))
    return _form((a,), (h,), {new_h: image}, {})


def _lstm() -> GateForm:
    gates, state = _named("i f g o"), _named("h c")
    new_h, new_c = _named("h' c'")
    h_image, c_image = _image(LSTM, state, b_h=gates)
    return _form(gates, state, {new_h: h_image, new_c: c_image}, {new_c: c_image})


def _gru() -> GateForm:
    r, z, p, q = _named("a_r a_z p q")
    h, new_h, n = _named("h h' n")
    zero = sympy.Integer(0)
    (image,) = _image(GRU, (h,), b_hx=(zero, zero, p), b_hh=(r, z, q))
    proposal = sympy.tanh(p + NOTATION.sigmoid(np.array([r]))[0] * q)
    return _form((r, z, q), (h,), {new_h: image}, {n: proposal})


def _named(names: str) -> tuple[sympy.Symbol, ...]:
    return tuple(sympy.Symbol(name, real=True) for name in names.split())


def _image(
    cell_class: type[AbstractCell],
    state: tuple[sympy.Symbol, ...],
    **biases: tuple[sympy.Expr, ...],
) -> Array:
    """Return the step of one unit without weights, with these biases."""
    cell = symbolic_cell(cell_class, 1, 0)
    for name in ("W_hh", "W_hx"):
        blank = np.full(np.shape(cell.params[name]), sympy.Integer(0), dtype=object)
        object.__setattr__(cell, name, blank)
    for name, bias in biases.items():
        object.__setattr__(cell, name, np.array(bias, dtype=object))
    return cell.step(np.array(state, dtype=object), np.zeros(0, dtype=object), NOTATION)


def _form(
    gates: tuple[sympy.Symbol, ...],
    state: tuple[sympy.Symbol, ...],
    images: dict[sympy.Symbol, sympy.Expr],
    short: dict[sympy.Symbol, sympy.Expr],
) -> GateForm:
    """Return the derivatives of the images, with what has a short name called by it."""
    names = [(formula, name) for name, formula in short.items()]

    def derivatives(symbols: tuple[sympy.Symbol, ...]) -> sympy.ImmutableMatrix:
        rows = [[image.diff(s) for s in symbols] for image in images.values()]
        return sympy.ImmutableMatrix(rows).subs(names)

    step = {name: image.subs(names) for name, image in images.items()} | short
    image = tuple(images)
    return GateForm(gates, state, image, step, derivatives(gates), derivatives(state))
