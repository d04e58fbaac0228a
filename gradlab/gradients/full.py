"""The full gradient through time: λ_t = δ_t + λ_{t+1} J_{t+1}, all the way back."""

from dataclasses import dataclass
from typing import ClassVar, final

from gradlab._checks import require_count
from gradlab.gradients._counts import as_losses, last_loss
from gradlab.gradients.base import (
    AbstractEstimator,
    Gradient,
    gradient_from_cotangents,
    require_objective,
)
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Seed

__all__ = ["Full"]


@final
@dataclass(frozen=True)
class Full(AbstractEstimator):
    """Backpropagation through time, untruncated: exact up to rounding.

    One sweep over the Jacobians backwards in time, then one GEMM over time for every
    weight matrix: a few times the cost of the run itself (1 to 7), and memory for the
    slopes of all T steps.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> run_ = run(Linear([[0.5]], [[1.0]]), [2.0], [[0.0], [0.0]])  # h = 1, 0.5
    >>> loss = SquaredError(run_, [[0.0], [0.0]], [[1.0]])  # (1 + 0.5²) / 4
    >>> Full().gradient(loss).params["W_hh"]  # ∂/∂w of (4w² + 4w⁴) / 4 at 1/2
    array([[1.5]])
    """

    exact: ClassVar[bool] = True
    unbiased: ClassVar[bool] = True
    source: ClassVar[Reference] = Reference("werbos1990backpropagation")

    def gradient(
        self,
        objective: AbstractObjective,
        *,
        rng: Seed | None = None,
    ) -> Gradient:
        """Return ∂L/∂θ for every parameter, ∂L/∂x_t, ∂L/∂h_t and ∂L/∂h_0.

        Raises
        ------
        RangeError
            If a cotangent overflows float64; `gradlab.gradients.profile` follows it in
            logarithms.
        """
        objective = require_objective(objective)
        states = objective.trajectory.chain.backpropagate(objective.cotangents)
        return gradient_from_cotangents(objective, states)

    def expected_steps(self, T: int, losses: object = None) -> float:
        """Return the steps of its one sweep: from the last loss to the start."""
        return float(last_loss(as_losses(T, losses)))

    def held_steps(self, T: int) -> float:
        """Return T: every state is held until the sweep passes it."""
        return float(require_count("T", T))
