"""Exact twins of a stored run, in balls: how far do orbits that start near it get?"""

import flint
import numpy as np

from gradlab.algebra.balls import BALLS

__all__ = ["some_twin_beyond"]

_BITS = 400
_ROUNDED = 1 - 1e-15  # a computed unit vector is no longer than 1 after this


def some_twin_beyond(trajectory, separation, log_distance):
    """Decide whether some orbit tried, ‖y_0 − h_0‖ ≤ e_0, has ‖y_T − h_T‖ > e^b.

    Tried are a few random directions, and the one that the Jacobians stretch most.
    """
    states, cell = trajectory.states, trajectory.cell
    n = states.shape[1]
    product = np.eye(n)
    for J in trajectory.chain.factors():
        product = J @ product
        product /= np.abs(product).max() or 1.0
    leading = np.linalg.svd(product)[2][0]
    directions = [leading, -leading, *np.random.default_rng(0).normal(size=(3, n))]
    with BALLS.precision(_BITS):
        limit = flint.arb(log_distance).exp()
        for v in directions:
            step = _ROUNDED * separation * v / np.linalg.norm(v)
            y = BALLS.array(states[0]) + BALLS.array(step)
            for x in trajectory.inputs:
                y = cell.step(y, BALLS.array(x), BALLS)
            gap = y - BALLS.array(states[-1])
            if sum(d**2 for d in gap) > limit**2:
                return True
    return False
