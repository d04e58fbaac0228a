"""The Jacobian ∂h'/∂h of a cell, derived from the very step that runs in floats."""

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

__all__ = ["jacobian", "symbolic_step"]


def jacobian(
    cell_class: type[AbstractCell], n: int, m: int, **options: Any
) -> sympy.ImmutableMatrix:
    """Return ∂h'/∂h as formulas; entry (i, j) is ∂h'_i/∂h_j.

    Parameters
    ----------
    cell_class : type
        `gradlab.cells.RNN`, `LSTM`, `GRU`, `Linear`, `Henon` or `Logistic`.
    n, m : int
        Hidden size and input size; (2, 0) for Henon and (1, 0) for Logistic.
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
    return sympy.ImmutableMatrix(
        [[entry.diff(symbol) for symbol in h] for entry in image]
    )


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
    n, m = require_count("n", n), require_count("m", m, minimum=0)
    template = _template(cell_class, n, m, options)
    if (template.hidden, template.sizes[1]) != (n, m):
        expected = f"({template.hidden}, {template.sizes[1]})"
        message = f"`(n, m)` of {cell_class.__name__} is {expected}; got ({n}, {m})."
        raise InputError(message)
    cell = copy.copy(template)
    for name, value in template.params.items():
        entries = _named(name, np.shape(value))
        object.__setattr__(cell, name, entries)  # past the door, which wants floats
    h, x = symbols("h", template.sizes[0]), symbols("x", m)
    image = np.asarray(cell.step(h, x, SYMBOLS), dtype=object)
    return h, x, np.vectorize(sympy.sympify, otypes=[object])(image)


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
