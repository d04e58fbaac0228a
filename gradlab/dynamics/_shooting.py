"""A cycle is a root of all its steps at once: F(h_t, x_t) − h_{t+1} = 0, t mod p.

All states are unknowns, so the equations are no steeper than one step, where the p-fold
map itself would be as steep as the product of p Jacobians.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_finite
from gradlab.cells.base import AbstractCell
from gradlab.dynamics._newton import Root, newton_root
from gradlab.dynamics.stability import multipliers, radius_error
from gradlab.typing import Array, Inputs, Matrix, States, Vector

__all__ = ["Orbit", "closed_orbit"]

_EPS = float(np.finfo(float).eps)
_ROUNDINGS = 16  # of ε (1 + ‖J‖)(1 + ‖h‖): what a step of a cell rounds by, and more


@final
@dataclass(frozen=True, eq=False)
class Orbit:
    """What was found: states (p, n), multipliers (n,), and what they are worth.

    `error` bounds ‖h − h*‖₂ over all p states, to first order: the residual and the
    rounding of a step over the smallest singular value of the equations.
    """

    states: States
    residual: float
    error: float
    multipliers: Array
    radius_error: float
    steps: int
    exhausted: bool
    solved: bool


def closed_orbit(
    cell: AbstractCell, inputs: Inputs, start: States, max_steps: int
) -> Orbit:
    """Return the closed orbit that Newton's method goes to from `start` (p, n).

    Raises NonFiniteError where a step from `start`, or a Jacobian, is not finite.
    """
    shape = start.shape
    with np.errstate(over="ignore", invalid="ignore"):
        require_finite("F(guess)", cell.step(start, inputs))

    def value(z: Vector) -> Vector:
        h = z.reshape(shape)
        return (cell.step(h, inputs) - np.roll(h, -1, axis=0)).ravel()

    def slope(z: Vector) -> Matrix:
        return _equations(_jacobians(cell, z.reshape(shape), inputs))

    root = newton_root(value, slope, start.ravel(), max_steps)
    return _judged(cell, inputs, root, shape)


def _jacobians(cell: AbstractCell, states: States, inputs: Inputs) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return require_finite("jacobian", cell.slopes(states, inputs).dense())


def _equations(jacobians: Array) -> Matrix:
    """Return the matrix of the equations: J_t in block (t, t) and −1 in (t, t + 1)."""
    p, n, _ = jacobians.shape
    A = np.zeros((p, n, p, n))
    for t, J in enumerate(jacobians):
        A[t, :, t, :] = J
        A[t, :, (t + 1) % p, :] -= np.eye(n)
    return A.reshape(p * n, p * n)


def _judged(
    cell: AbstractCell, inputs: Inputs, root: Root, shape: tuple[int, ...]
) -> Orbit:
    states = root.point.reshape(shape)
    jacobians = _jacobians(cell, states, inputs)
    product = _product(jacobians)
    norms = np.linalg.norm(jacobians, 2, axis=(1, 2))
    size = float(np.linalg.norm(root.point))
    noise = _ROUNDINGS * _EPS * (1 + float(norms.max())) * (1 + size)
    residual = float(np.linalg.norm(root.value))
    _, sizes, V = np.linalg.svd(_equations(jacobians))
    with np.errstate(divide="ignore"):
        error = float(np.float64(residual + noise) / sizes[-1])
    # The states may be off by `error`, most of all along the last singular vector.
    doubt = min(error, 1.0) * V[-1].reshape(shape)
    moved = [
        _product(_jacobians(cell, h, inputs)) for h in (states + doubt, states - doubt)
    ]
    change = max(float(np.linalg.norm(P - product, 2)) for P in moved)
    change += root.point.size * _EPS * float(np.prod(norms))  # p products of n terms
    return Orbit(
        states=states,
        residual=residual,
        error=error,
        multipliers=multipliers(product),
        radius_error=radius_error(product, change),
        steps=root.steps,
        exhausted=root.exhausted,
        solved=residual <= noise,
    )


def _product(jacobians: Array) -> Matrix:
    """Return J_p ⋯ J_1, plainly: for the few steps of a short cycle."""
    product = jacobians[0]
    for J in jacobians[1:]:
        product = J @ product
    return product
