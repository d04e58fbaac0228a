"""Other cells in the place of a plain recurrence: gated, or with a residual step.

Of h' = F(h, x) the residual step is h + (F(h, x) − h)/τ, with the Jacobian
(1 − 1/τ) I + ∂F/∂h / τ: what a unit holds decays over τ steps by itself.
"""

import numpy as np

from gradlab.cells import GRU, RNN, Wrapped
from gradlab.typing import Array

__all__ = ["gated", "residual"]


def gated(cell: RNN) -> GRU:
    """Return a GRU of the same sizes with torch's initial weights."""
    n, m = cell.sizes
    rng = np.random.default_rng(0)  # any one will do; the same every time
    return GRU.random(n, m, gain=1.0, rng=rng, init="torch")


def residual(cell: RNN, tau: float) -> Wrapped:
    """Return the cell with steps of 1/τ of its own."""
    n, m = cell.sizes
    share = 1 / tau
    kept = (1 - share) * np.eye(n)

    def step(h: Array, x: Array) -> Array:
        return h + share * (cell.step(h, x) - h)

    def jacobian(h: Array, x: Array) -> Array:
        return kept + share * cell.slopes(h, x).dense()

    def input_jacobian(h: Array, x: Array) -> Array:
        return share * cell.input_slopes(h, x).dense()

    return Wrapped(
        step, jacobian, n=n, m=m, input_jacobian=input_jacobian, batched=True
    )
