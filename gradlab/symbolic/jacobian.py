"""Derivatives ∂h'/∂h, ∂h'/∂x and uᵀ∂h'/∂θ, from the very step that runs in floats."""

import copy
import dataclasses
from typing import Any

import numpy as np
import sympy

from gradlab._checks import require_count
from gradlab.algebra.symbols import SYMBOLS, symbols
from gradlab.cells import AbstractCell
from gradlab.errors import InputError, InputTypeError
from gradlab.typing import Array

__all__ = [
    "input_jacobian",
    "jacobian",
    "parameter_cotangents",
    "symbolic_cell",
    "symbolic_step",
]


def jacobian(
    cell_class: type[AbstractCell], n: int, m: int, **options: Any
) -> sympy.ImmutableMatrix:
    """Return ∂h'/∂h as formulas; entry (i, j) is ∂h'_i/∂h_j.

    Parameters
    ----------
    cell_class : type
        `gradlab.cells.RNN`, `LSTM`, `GRU`, `Linear`, `Henon` or `Logistic`.
    n, m : int
        Units and inputs; (2, 0) for Henon and (1, 0) for Logistic.
    **options
        Passed to the cell's ``random``: ``activation="relu"`` for an RNN.

    Returns
    -------
    sympy.ImmutableMatrix
        (n, n), or (2n, 2n) for an LSTM, whose state is (h, c).  The symbols are real:
        h_1 …, x_1 …, and W_hh_1_2 for row 1, column 2 of W_hh.

    Raises
    ------
    InputError
        If the cell has another size than (n, m).
    InputTypeError
        If `cell_class` is not one of the cells named above.

    Examples
    --------
    >>> from gradlab.cells import RNN, Henon
    >>> jacobian(RNN, 1, 0)
    Matrix([[W_hh_1_1*(1 - tanh(W_hh_1_1*h_1 + b_h_1)**2)]])
    >>> jacobian(Henon, 2, 0).tolist()
    [[-2*a*h_1, 1], [b, 0]]
    """
    h, _, image = symbolic_step(cell_class, n, m, **options)
    return _derivatives(image, h)


def input_jacobian(
    cell_class: type[AbstractCell], n: int, m: int, **options: Any
) -> sympy.ImmutableMatrix:
    """Return ∂h'/∂x as formulas; entry (i, j) is ∂h'_i/∂x_j.

    Takes what `jacobian` takes and raises what it raises; (n, m), or (2n, m) for an
    LSTM.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> input_jacobian(Linear, 1, 2)
    Matrix([[W_hx_1_1, W_hx_1_2]])
    """
    _, x, image = symbolic_step(cell_class, n, m, **options)
    return _derivatives(image, x)


def parameter_cotangents(
    cell_class: type[AbstractCell], n: int, m: int, **options: Any
) -> dict[str, Array]:
    """Return uᵀ∂h'/∂θ as formulas in u_1 …, by name and in the shape of θ.

    Takes what `jacobian` takes and raises what it raises.

    Examples
    --------
    >>> from gradlab.cells import Logistic
    >>> parameter_cotangents(Logistic, 1, 0)["r"].item()
    h_1*u_1*(1 - h_1)
    """
    cell = symbolic_cell(cell_class, n, m, **options)
    _, _, image = _stepped(cell)
    pulled = (symbols("u", len(image)) * image).sum()
    return {
        name: np.vectorize(pulled.diff, otypes=[object])(np.asarray(symbol))
        for name, symbol in cell.params.items()
    }


def symbolic_step(
    cell_class: type[AbstractCell], n: int, m: int, **options: Any
) -> tuple[Array, Array, Array]:
    """Return the symbols h and x, and h' = F(h, x; θ) with symbols for θ.

    Takes what `jacobian` takes.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> symbolic_step(Linear, 1, 1)
    (array([h_1], dtype=object), array([x_1], dtype=object),
    array([W_hh_1_1*h_1 + W_hx_1_1*x_1], dtype=object))
    """
    return _stepped(symbolic_cell(cell_class, n, m, **options))


def symbolic_cell(
    cell_class: type[AbstractCell], n: int, m: int, **options: Any
) -> AbstractCell:
    """Return a cell whose parameters are symbols, for its step in SYMBOLS only.

    Takes what `jacobian` takes and raises what it raises.

    Examples
    --------
    >>> from gradlab.cells import Henon
    >>> symbolic_cell(Henon, 2, 0).params
    {'a': array(a, dtype=object), 'b': array(b, dtype=object)}
    """
    n, m = require_count("n", n), require_count("m", m, minimum=0)
    template = _template(cell_class, n, m, options)
    if (template.units, template.sizes[1]) != (n, m):
        expected = f"({template.units}, {template.sizes[1]})"
        message = f"`(n, m)` of {cell_class.__name__} is {expected}; got ({n}, {m})."
        raise InputError(message)
    cell = copy.copy(template)
    for name, value in template.params.items():
        entries = _named(name, np.shape(value))
        object.__setattr__(cell, name, entries)  # past the door, which wants floats
    return cell


def _stepped(cell: AbstractCell) -> tuple[Array, Array, Array]:
    """Return the symbols h and x, and h'."""
    size, m = cell.sizes
    h, x = symbols("h", size), symbols("x", m)
    image = np.asarray(cell.step(h, x, SYMBOLS), dtype=object)
    return h, x, np.vectorize(sympy.sympify, otypes=[object])(image)


def _derivatives(image: Array, by: Array) -> sympy.ImmutableMatrix:
    entries = [formula.diff(symbol) for formula in image for symbol in by]
    return sympy.ImmutableMatrix(len(image), len(by), entries)


def _template(
    cell_class: type[AbstractCell], n: int, m: int, options: dict[str, Any]
) -> AbstractCell:
    """Return a cell of this size: its shapes count, its numbers do not."""
    if isinstance(cell_class, type) and issubclass(cell_class, AbstractCell):
        if hasattr(cell_class, "random"):
            return cell_class.random(n, m, gain=1.0, rng=0, **options)
        numbers = _numbers_wanted(cell_class)
        if numbers:
            return cell_class(*[1.0] * numbers)
    message = (
        "`cell_class` must be a cell with weights or with numbers for parameters; "
        f"got {cell_class!r}."
    )
    raise InputTypeError(message)


def _numbers_wanted(cell_class: Any) -> int:
    """Return how many numbers make a cell, or 0 if anything else is wanted as well."""
    kinds = [field.type for field in dataclasses.fields(cell_class)]
    return len(kinds) if all(kind in (float, "float") for kind in kinds) else 0


def _named(name: str, shape: tuple[int, ...]) -> Any:
    """Return real symbols name_i_j in the shape of a parameter, counted from 1."""
    if shape == ():
        return sympy.Symbol(name, real=True)
    entries = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        places = "_".join(str(i + 1) for i in index)
        entries[index] = sympy.Symbol(f"{name}_{places}", real=True)
    return entries
