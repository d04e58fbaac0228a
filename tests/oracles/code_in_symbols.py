"""The very code of a cell's Jacobians, run on SymPy symbols instead of floats.

`slopes`, `input_slopes` and `parameter_cotangents` call NumPy and the activations.
With these replaced by twins that take expressions, they return the closed forms they
state.  One replacement is a convention and not an identity: min(x, 800) is x, since it
only keeps exp(−x) from underflowing.  A comparison needs a symbol of known sign.
"""

import contextlib
import types

import numpy as np
import sympy
from scipy import special

from gradlab.algebra.symbols import SYMBOLS
from gradlab.cells import activations, gru, henon, lstm_base, projected_lstm, rnn

__all__ = ["SIGMOID", "TANH", "activation_code_in_symbols", "cell_code_in_symbols"]


def _elementwise(function):
    def applied(a, *rest, out=None):  # what is written to is returned, too
        return np.asarray(np.frompyfunc(function, 1, 1)(a), dtype=object)

    return applied


def _filled(shape, *_, **__):
    return np.full(shape, sympy.Integer(0), dtype=object)


class SymbolicNumPy:
    """NumPy with the functions that cells use replaced by those of SymPy."""

    empty = zeros = staticmethod(_filled)
    exp = staticmethod(_elementwise(sympy.exp))
    tanh = staticmethod(SYMBOLS.tanh)
    abs = staticmethod(_elementwise(sympy.Abs))

    @staticmethod
    def minimum(a, limit):
        assert np.min(np.abs(limit)) >= 800  # only the guard against underflow
        return a

    @staticmethod
    def where(condition, yes, no):
        chosen = np.where(np.asarray(condition, dtype=bool), yes, no)
        return np.vectorize(sympy.nsimplify, otypes=[object])(chosen)

    def __getattr__(self, name):
        return getattr(np, name)


class _Twin:
    """An activation whose slope is the derivative of its value, as an expression."""

    def __init__(self, value):
        self._a = sympy.Symbol("a", real=True)
        self._slope = value(np.array([self._a], dtype=object))[0].diff(self._a)

    def slope(self, a):
        return _elementwise(lambda z: self._slope.subs(self._a, z))(a)


SIGMOID, TANH = _Twin(SYMBOLS.sigmoid), _Twin(SYMBOLS.tanh)


def _sigmoid_and_slope(a):
    return SYMBOLS.sigmoid(a), SIGMOID.slope(a)


@contextlib.contextmanager
def cell_code_in_symbols(monkeypatch):
    """Run the cells' own code on symbols, with slopes of activations as derivatives."""
    with monkeypatch.context() as patch:
        for module in (gru, henon, lstm_base, projected_lstm, rnn):
            patch.setattr(module, "np", SymbolicNumPy(), raising=False)
        for module in (gru, lstm_base, projected_lstm, rnn):
            patch.setattr(module, "FLOATS", SYMBOLS)
        for module in (gru, lstm_base):
            patch.setattr(module, "sigmoid_and_slope", _sigmoid_and_slope)
            patch.setattr(module, "_TANH", TANH)
        yield


@contextlib.contextmanager
def activation_code_in_symbols(monkeypatch):
    """Run the activations' own slopes on symbols of known sign."""
    constants = types.SimpleNamespace(
        sqrt=lambda x: sympy.sqrt(sympy.nsimplify(x)), pi=sympy.pi
    )
    functions = types.SimpleNamespace(
        expit=SYMBOLS.sigmoid, log_expit=None, erfcx=special.erfcx
    )
    with monkeypatch.context() as patch:
        patch.setattr(activations, "np", SymbolicNumPy())
        patch.setattr(activations, "math", constants)
        patch.setattr(activations, "special", functions)
        patch.setattr(activations, "FLOATS", SYMBOLS)
        patch.setattr(
            activations,
            "gaussian",
            lambda a, k: _elementwise(lambda z: sympy.exp(-sympy.nsimplify(k) * z**2))(
                a
            ),
        )
        patch.setattr(activations.Erf, "lipschitz", 2 / sympy.sqrt(sympy.pi))
        yield
