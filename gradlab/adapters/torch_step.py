"""A torch function h' = step(h, x) as a cell: its Jacobians by torch.func."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab._checks import require_count
from gradlab._extras import require
from gradlab.cells import Wrapped
from gradlab.errors import InputTypeError
from gradlab.typing import Array

__all__ = ["from_torch_step"]

_AT_ONCE = 256  # states whose Jacobians are taken together


def from_torch_step(step: Callable[[Any, Any], Any], n: int, m: int = 0) -> Wrapped:
    """Return a torch function h' = step(h, x) as a cell, in float64.

    Parameters
    ----------
    step : callable
        Takes tensors h (n,) and x (m,), returns h' (n,), with operations that
        `torch.func` can transform; a bound method of a module is fine if its
        parameters are float64.
    n : int
        Entries of the state.
    m : int
        Entries of the input.

    Returns
    -------
    Wrapped
        Without named parameters: what `step` closes over is a constant here.  Many
        states are taken at once, by `torch.func.vmap`.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    InputTypeError
        If `step` is not a function, or `n` or `m` is not an integer.

    Notes
    -----
    Slopes are autograd's: what `step` detaches is a constant, and a rounding, a sign or
    an argmax has slope 0, as in the training of the same function.

    Examples
    --------
    >>> import torch
    >>> cell = from_torch_step(lambda h, x: torch.tanh(2 * h) + x, 1, 1)
    >>> cell.jacobian(np.zeros(1), np.zeros(1))  # 2 sech² 0
    array([[2.]])
    """
    torch = require("torch", extra="torch")
    if not callable(step):
        message = f"`step` must be a function of (h, x); got {step!r}."
        raise InputTypeError(message)
    n, m = require_count("n", n), require_count("m", m, minimum=0)
    functions = step, *(torch.func.jacrev(step, argnums=k) for k in (0, 1))
    plain, by_state, by_input = (_over_many(step, f) for f in functions)
    return Wrapped(plain, by_state, n=n, m=m, input_jacobian=by_input, batched=True)


def _over_many(
    step: Callable[[Any, Any], Any], function: Callable[[Any, Any], Any]
) -> Callable[[Array, Array], Array]:
    """Return `function` on stacks of states, under the name of the user's step."""
    torch = require("torch", extra="torch")
    mapped = torch.func.vmap(function, chunk_size=_AT_ONCE)

    @functools.wraps(step)
    def called(h: Array, x: Array) -> Array:
        lead = h.shape[:-1]
        flat = [np.reshape(a, (math.prod(lead), a.shape[-1])) for a in (h, x)]
        states, inputs = (torch.tensor(a, dtype=torch.float64) for a in flat)
        with torch.no_grad():
            found = mapped(states, inputs).numpy()
        return found.reshape(*lead, *found.shape[1:])

    return called
