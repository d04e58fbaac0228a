"""Newton's method made global: (AᵀA + μI) p = −Aᵀg, with μ = 0 wherever that helps.

g = G(z) and A = G'(z).  The plain Newton step is tried first; where it does not lower
‖g‖, the damping μ of Levenberg and Marquardt grows until a step does.  So ‖g‖ falls at
every step, and the steps near a regular root are Newton's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from gradlab.typing import Matrix, Vector

__all__ = ["Root", "newton_root"]

_Value: TypeAlias = Callable[[Vector], Vector]
_Slope: TypeAlias = Callable[[Vector], Matrix]

# Relative to ‖A‖: from a step that is nearly Newton's to one along the gradient that is
# too short to change anything.
_DAMPINGS = (0.0, *(4.0**k for k in range(-10, 25)))
_ENOUGH = 1 - 1e-4  # of ‖g‖: a step that lowers it less is refused


@final
@dataclass(frozen=True, eq=False)
class Root:
    """Where the iteration ended: z, G(z), the steps, and whether any step was left."""

    point: Vector
    value: Vector
    steps: int
    exhausted: bool


def newton_root(value: _Value, slope: _Slope, start: Vector, max_steps: int) -> Root:
    """Return the point at which no step lowers ‖G‖, or the last of `max_steps`.

    G may overflow away from `start`: such steps are refused like any other that does
    not lower ‖G‖.  At `start` it must be finite.
    """
    z, g = start, value(start)
    for step in range(max_steps):
        if not g.any():
            return Root(z, g, step, exhausted=True)
        moved = _lowered(value, z, g, slope(z))
        if moved is None:
            return Root(z, g, step, exhausted=True)
        z, g = moved
    return Root(z, g, max_steps, exhausted=False)


def _lowered(
    value: _Value, z: Vector, g: Vector, A: Matrix
) -> tuple[Vector, Vector] | None:
    """Return the first z + p whose ‖G‖ is lower, with its G; None if there is none."""
    U, sizes, V = np.linalg.svd(A)
    along = U.T @ g
    for damping in _DAMPINGS:
        step = V.T @ (_inverse(sizes, damping) * along)
        moved = z - step
        if np.array_equal(moved, z):
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            reached = value(moved)
            lower = np.linalg.norm(reached) <= _ENOUGH * np.linalg.norm(g)
        if lower:
            return moved, reached
    return None


def _inverse(sizes: Vector, damping: float) -> Vector:
    """Return σ/(σ² + μ) with μ = (damping · σ_1)², and 0 where σ and μ are 0."""
    relative = sizes / sizes[0] if sizes[0] > 0 else sizes
    denominators = relative**2 + damping**2
    inverse = np.zeros_like(sizes)
    np.divide(relative, denominators, out=inverse, where=denominators > 0)
    return inverse / sizes[0] if sizes[0] > 0 else inverse
