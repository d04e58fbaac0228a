"""Gradients of a linear RNN: ∂L/∂h_t = Σ_{i=t}^T (W_hhᵀ)^{T−i} W_qhᵀ ∂L/∂o_{T+t−i}.

With h_t = W_hh h_{t−1} + W_hx x_t, o_t = W_qh h_t and L any function of o_1 … o_T,

    ∂L/∂W_qh = Σ_t (∂L/∂o_t) h_tᵀ,    ∂L/∂W_hx = Σ_t (∂L/∂h_t) x_tᵀ,
    ∂L/∂W_hh = Σ_t (∂L/∂h_t) h_{t−1}ᵀ.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import sympy

from gradlab._checks import require_count
from gradlab.algebra.symbols import SYMBOLS
from gradlab.errors import ShapeError
from gradlab.references import Reference

__all__ = ["LinearRnnGradients", "linear_rnn_gradients"]


@final
@dataclass(frozen=True)
class LinearRnnGradients:
    """The textbook's formulas as SymPy matrix expressions of symbolic size.

    Attributes
    ----------
    params : dict
        ∂L/∂W_qh, ∂L/∂W_hx and ∂L/∂W_hh by the names of the parameters.
    states : tuple of sympy.MatrixExpr
        ∂L/∂h_1 … ∂L/∂h_T.
    symbols : dict
        The matrix symbols by name: W_hh, W_hx, W_qh, h_0 … h_T, x_1 … x_T, and g_t for
        ∂L/∂o_t.
    """

    source: ClassVar[Reference] = Reference(
        "zhang2023dive", "Backpropagation through time"
    )

    params: Mapping[str, sympy.MatrixExpr]
    states: tuple[sympy.MatrixExpr, ...]
    symbols: Mapping[str, sympy.MatrixSymbol]

    def evaluated(
        self,
        *,
        W_hh: Any,
        W_hx: Any,
        W_qh: Any,
        inputs: Sequence[Any],
        targets: Sequence[Any],
        h0: Any = None,
    ) -> "LinearRnnGradients":
        """Return the formulas in exact rationals for L = (1/T) Σ ½ ‖o_t − y_t‖².

        Parameters
        ----------
        W_hh : (n, n) array_like
            Integers, fractions, SymPy numbers, or floats by their shortest decimal.
        W_hx : (n, m) array_like
        W_qh : (q, n) array_like
        inputs : (T, m) array_like
        targets : (T, q) array_like
        h0 : (n,) array_like, optional
            Zero unless told.

        Returns
        -------
        LinearRnnGradients
            With explicit SymPy matrices in place of the expressions.

        Raises
        ------
        ShapeError
            If there is not one input and one target for each of the T steps, or an
            array does not fit the others.

        Examples
        --------
        h = 1, 1/2 and L = (h_1² + h_2²)/4 at w = 1/2: ∂L/∂w = (h_1 h_0 + h_2 (h_1 +
        w h_0))/2.

        >>> found = linear_rnn_gradients(2).evaluated(
        ...     W_hh=[[0.5]], W_hx=[[1]], W_qh=[[1]], h0=[2],
        ...     inputs=[[0], [0]], targets=[[0], [0]],
        ... )
        >>> found.params["W_hh"]
        Matrix([[3/2]])
        """
        T = len(self.states)
        for name, rows in (("inputs", inputs), ("targets", targets)):
            if len(rows) != T:
                raise ShapeError(name, f"(T, ...) with T = {T}", (len(rows),))
        W = _matrix("W_hh", "(n, n)", W_hh)
        n = W.rows
        U = _matrix("W_hx", "(n, m)", W_hx, n=n)
        V = _matrix("W_qh", "(q, n)", W_qh, n=n)
        m, q = U.cols, V.rows
        h = [_matrix("h0", "(n,)", [0] * n if h0 is None else h0, n=n)]
        values = {"W_hh": W, "W_hx": U, "W_qh": V}
        for t in range(1, T + 1):
            x = _matrix(f"inputs[{t - 1}]", "(m,)", inputs[t - 1], m=m)
            y = _matrix(f"targets[{t - 1}]", "(q,)", targets[t - 1], q=q)
            h.append(W * h[-1] + U * x)
            values[f"x_{t}"] = x
            values[f"g_{t}"] = (V * h[-1] - y) / T
        values |= {f"h_{t}": state for t, state in enumerate(h)}
        sizes = {"n": n, "m": m, "q": q}
        return LinearRnnGradients(
            {k: _explicit(v, sizes, values) for k, v in self.params.items()},
            tuple(_explicit(state, sizes, values) for state in self.states),
            self.symbols,
        )


def linear_rnn_gradients(T: int) -> LinearRnnGradients:
    """Return the gradients of a linear RNN over T steps, with powers of W_hhᵀ.

    Parameters
    ----------
    T : int
        At least 1.

    Returns
    -------
    LinearRnnGradients
        Matrix expressions of sizes n (hidden), m (input) and q (output).

    Notes
    -----
    The powers of W_hhᵀ are why eigenvalues below 1 in modulus make gradients vanish and
    above 1 diverge [zhang2023dive, Backpropagation through time].

    Examples
    --------
    >>> linear_rnn_gradients(3).states[0]  # ∂L/∂h_1
    W_hh.T**2*W_qh.T*g_3 + W_hh.T*W_qh.T*g_2 + W_qh.T*g_1
    """
    T = require_count("T", T)
    symbols = _symbols(T)
    states = tuple(_state_gradient(symbols, t, T) for t in range(1, T + 1))
    times = range(1, T + 1)
    params = {
        "W_qh": _sum([symbols[f"g_{t}"] * symbols[f"h_{t}"].T for t in times]),
        "W_hx": _sum([states[t - 1] * symbols[f"x_{t}"].T for t in times]),
        "W_hh": _sum([states[t - 1] * symbols[f"h_{t - 1}"].T for t in times]),
    }
    return LinearRnnGradients(params, states, symbols)


def _symbols(T: int) -> dict[str, sympy.MatrixSymbol]:
    n, m, q = sympy.symbols("n m q", integer=True, positive=True)
    shapes = {"W_hh": (n, n), "W_hx": (n, m), "W_qh": (q, n), "h_0": (n, 1)}
    for t in range(1, T + 1):
        shapes |= {f"h_{t}": (n, 1), f"x_{t}": (m, 1), f"g_{t}": (q, 1)}
    return {name: sympy.MatrixSymbol(name, *shape) for name, shape in shapes.items()}


def _state_gradient(
    symbols: Mapping[str, sympy.MatrixSymbol], t: int, T: int
) -> sympy.MatrixExpr:
    """Return Σ_{i=t}^T (W_hhᵀ)^{T−i} W_qhᵀ g_{T+t−i}."""
    W, V = symbols["W_hh"], symbols["W_qh"]
    return _sum(
        [W.T ** (T - i) * V.T * symbols[f"g_{T + t - i}"] for i in range(t, T + 1)]
    )


def _sum(terms: Sequence[sympy.MatrixExpr]) -> sympy.MatrixExpr:
    return sympy.MatAdd(*terms).doit()


def _explicit(
    formula: sympy.MatrixExpr, sizes: Mapping[str, int], values: Mapping[str, Any]
) -> sympy.MatrixBase:
    """Return the formula at these matrices; it is substituted into, not rewritten."""
    sized = formula.subs(
        {sympy.Symbol(k, integer=True, positive=True): v for k, v in sizes.items()}
    )
    symbols = sized.atoms(sympy.MatrixSymbol)
    return sized.subs({s: values[s.name] for s in symbols}).doit().as_explicit()


def _matrix(name: str, letters: str, value: Any, **sizes: int) -> sympy.ImmutableMatrix:
    """Return exact numbers of the named shape; one axis is a column."""
    array = SYMBOLS.array(value)
    wanted = re.findall(r"\w+", letters)
    known = dict(sizes)
    fits = array.ndim == len(wanted) and all(
        known.setdefault(letter, size) == size
        for letter, size in zip(wanted, array.shape, strict=True)
    )
    if not fits:
        given = ", ".join(f"{k} = {v}" for k, v in sizes.items())
        expected = f"{letters} with {given}" if given else letters
        raise ShapeError(name, expected, array.shape)
    return sympy.ImmutableMatrix(array.tolist())
