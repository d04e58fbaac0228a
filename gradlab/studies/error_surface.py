"""E(w, b) of one unit after T steps, and ln‖∇E‖, over a grid of weights and biases.

The unit is x_t = w φ(x_{t−1}) + b from x_0, and E = (φ(x_T) − y)²
[pascanu2013difficulty, Sec. 2.3].  Derivatives go forward in time,

    D_t = w φ'(x_{t−1}) D_{t−1} + (φ(x_{t−1}), 1),

in mantissas and exponents, so that none overflows.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_array, require_count, require_memory, require_number
from gradlab._results import Origin, Result
from gradlab.cells import AbstractActivation, activation_named
from gradlab.dynamics.rows import ScaledRows
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = ["ErrorSurface", "error_surface"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ErrorSurface(Result):
    """The error of one unit over a grid: row i at biases[i], column k at weights[k].

    Attributes
    ----------
    weights : (K,) array
        w.
    biases : (M,) array
        b.
    outputs : (M, K) array
        φ(x_T).
    loss : (M, K) array
        E.
    log_gradient : (M, K) array
        ln √((∂E/∂w)² + (∂E/∂b)²) in nats; −inf where it is 0.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("pascanu2013difficulty", "Sec. 2.3"),
    )

    weights: Vector
    biases: Vector
    outputs: Array
    loss: Array
    log_gradient: Array


def error_surface(
    weights: ArrayLike,
    biases: ArrayLike,
    *,
    x0: float,
    steps: int,
    target: float,
    activation: str | AbstractActivation = "sigmoid",
) -> ErrorSurface:
    """Return E = (φ(x_T) − y)² and ln‖∇E‖ at every pair of a weight and a bias.

    Parameters
    ----------
    weights : (K,) array_like
        w.
    biases : (M,) array_like
        b.
    x0 : float
        The first state, a preactivation.
    steps : int
        T.
    target : float
        y.
    activation : str or AbstractActivation
        φ.

    Returns
    -------
    ErrorSurface
        Where x_0 is near a repelling fixed point, rounding is multiplied as the
        derivative is; elsewhere to a few units in the last place.

    Raises
    ------
    InputError, InputTypeError
        If an argument cannot be used.

    Examples
    --------
    The example of the source, on either side of its cliff:

    >>> found = error_surface([5.0], [-2.62, -2.6], x0=0.5, steps=50, target=0.7)
    >>> found.outputs[:, 0].round(3)
    array([0.114, 0.81 ])
    """
    w = require_array("weights", weights, "(K,)")
    b = require_array("biases", biases, "(M,)")
    start, y = require_number("x0", x0), require_number("target", target)
    steps = require_count("steps", steps)
    phi = activation_named(activation)
    require_memory("weights", len(w), 10 * len(w) * len(b))
    x, rows = _final(phi, w, b[:, None], start, steps)
    outputs = phi.value(x)
    with np.errstate(divide="ignore"):  # where the target is met the gradient is 0
        outer = np.log(2 * np.abs(outputs - y)) + phi.log_slope(x)
    parameters = {"x0": start, "steps": steps, "target": y, "activation": phi.name}
    return ErrorSurface(
        weights=w,
        biases=b,
        outputs=outputs,
        loss=np.square(outputs - y),
        log_gradient=outer + rows.log_norms(),
        origin=Origin(parameters=parameters),
    )


def _final(
    phi: AbstractActivation, w: Array, b: Array, x0: float, steps: int
) -> tuple[Array, ScaledRows]:
    """Return x_T and (∂x_T/∂w, ∂x_T/∂b), on the grid of w and b."""
    x = np.full(np.broadcast_shapes(w.shape, b.shape), x0)
    rows = ScaledRows.of(np.zeros((*x.shape, 2)))
    for _ in range(steps):
        value, slope = phi.value(x), w * phi.slope(x)
        carried = ScaledRows.of(slope[..., None] * rows.mantissa, rows.exponent)
        new = ScaledRows.of(np.stack([value, np.ones_like(value)], axis=-1))
        total = carried.plus(new)
        rows = ScaledRows.of(total.mantissa, total.exponent)
        x = w * value + b
    return x, rows
