"""A JAX step function as a cell: its Jacobians ∂h'/∂h and ∂h'/∂x by forward mode."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab._extras import require
from gradlab.cells import Wrapped
from gradlab.errors import InputTypeError
from gradlab.typing import Array

__all__ = ["from_jax"]


def from_jax(step: Callable[[Any, Any], Any], n: int, m: int = 0) -> Wrapped:
    """Return a JAX function h' = step(h, x) as a cell, in float64.

    The function and its two `jax.jacfwd` Jacobians are compiled once.  JAX's setting
    for 64-bit numbers is on while they run and as it was afterwards.

    Parameters
    ----------
    step : callable
        Takes h (n,) and x (m,), returns h' (n,), with operations that JAX can trace.
    n : int
        Entries of the state.
    m : int
        Entries of the input.

    Returns
    -------
    Wrapped
        Without named parameters: what `step` closes over is a constant here.

    Raises
    ------
    MissingExtraError
        If jax is not installed.
    InputTypeError
        If `step` is not a function, or `n` or `m` is not an integer.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> cell = from_jax(lambda h, x: jnp.tanh(2 * h) + x, 1, 1)
    >>> cell.jacobian(np.zeros(1), np.zeros(1))  # 2 sech² 0
    array([[2.]])
    """
    jax = require("jax", extra="jax")
    if not callable(step):
        message = f"`step` must be a function of (h, x); got {step!r}."
        raise InputTypeError(message)
    compiled = (
        jax.jit(step),
        jax.jit(jax.jacfwd(step, argnums=0)),
        jax.jit(jax.jacfwd(step, argnums=1)),
    )
    plain, by_state, by_input = (_in_float64(jax, step, f) for f in compiled)
    return Wrapped(plain, by_state, n=n, m=m, input_jacobian=by_input)


def _in_float64(
    jax: Any, step: Callable[[Any, Any], Any], function: Callable[[Any, Any], Any]
) -> Callable[[Array, Array], Array]:
    """Return `function` on NumPy arrays, under the name of the user's step."""
    # Until jax 0.8 the switch was to be found in jax.experimental alone.
    home = jax if hasattr(jax, "enable_x64") else jax.experimental

    @functools.wraps(step)
    def called(h: Array, x: Array) -> Array:
        with home.enable_x64(True):
            return np.asarray(function(h, x))

    return called
