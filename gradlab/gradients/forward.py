"""Real-time recurrent learning: ∂h_t/∂θ is carried forward, nothing is kept of h."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count
from gradlab.errors import RangeError
from gradlab.gradients._counts import as_losses, last_loss
from gradlab.gradients._sensitivities import by_parameter, sensitivities
from gradlab.gradients.base import (
    AbstractEstimator,
    Gradient,
    gradient_from_cotangents,
    require_objective,
)
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Seed

__all__ = ["Forward"]


@final
@dataclass(frozen=True)
class Forward(AbstractEstimator):
    """∂L/∂θ = Σ_t δ_t D_t with D_t = J_t D_{t−1} + ∂f_t/∂θ: exact, forward in time.

    For P parameters it holds n P numbers, whatever T is, and costs 2 n² P flops a step,
    about n² times as much as backwards: it is for small cells, and for checking.  The
    parameters' gradients are all its own; those by states and inputs, for which it
    would have to carry T more matrices, are the adjoint sweep's.

    Examples
    --------
    >>> from gradlab.cells import Logistic
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> steps = run(Logistic(4.0), [0.25], np.zeros((2, 0)))  # h = 3/4, 3/4
    >>> loss = SquaredError(steps, [[0.0], [0.0]], [[1.0]])
    >>> Forward().gradient(loss).params["r"]  # (3/16 − 3/16) · 3/8
    array(0.)
    """

    exact: ClassVar[bool] = True
    unbiased: ClassVar[bool] = True
    source: ClassVar[Reference] = Reference("jaeger2002tutorial")

    def gradient(
        self,
        objective: AbstractObjective,
        *,
        rng: Seed | None = None,
    ) -> Gradient:
        """Return ∂L/∂θ for every parameter; no randomness in it.

        Raises
        ------
        InputError
            If memory does not hold n P numbers.
        RangeError
            If a sensitivity or a cotangent overflows float64.
        """
        objective = require_objective(objective)
        trajectory, deltas = objective.trajectory, objective.cotangents
        states = trajectory.chain.backpropagate(deltas)
        backward = gradient_from_cotangents(objective, states)
        count = sum(value.size for value in trajectory.cell.params.values())
        total = np.zeros(count)
        with np.errstate(over="ignore", invalid="ignore"):
            for t, D in enumerate(sensitivities(trajectory), 1):
                if not deltas[t - 1].any():  # D may be beyond float64 by then
                    continue
                rows = deltas[t - 1][..., None, :] @ D
                total += rows.reshape(-1, count).sum(axis=0)
                if not np.isfinite(total).all():
                    raise RangeError(t)
        params = by_parameter(trajectory, total) | objective.readout_gradients()
        return dataclasses.replace(backward, params=params)

    def expected_steps(self, T: int, losses: object = None) -> float:
        """Return the steps of its one sweep: from the start to the last loss."""
        return float(last_loss(as_losses(T, losses)))

    def held_steps(self, T: int) -> float:
        """Return 1: one state is held at a time, and its n P sensitivities."""
        return float(min(1, require_count("T", T)))
