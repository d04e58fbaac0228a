"""The total variance of a nested random truncation as a function of π, with slope."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from gradlab.cells.factored import AbstractJacobian
from gradlab.gradients._sensitivities import sensitivities
from gradlab.gradients._variance import second_moments
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = ["KeepVariance"]


@final
@dataclass(frozen=True, eq=False)
class KeepVariance:
    """V(π) = Σ_t (1/π_t − 1) tr(M_t F_t), M_t = E λ_t λ_tᵀ, F_t = Y_t Y_tᵀ, Y = J D.

    The F_t are made once, 2 T n² P flops; then V and ∂V/∂π cost O(T n³).
    """

    objective: AbstractObjective
    slopes: AbstractJacobian
    forms: Array

    @classmethod
    def of(cls, objective: AbstractObjective) -> Self:
        """Prepare the F_t (T, N, N), N = n or B n."""
        trajectory = objective.trajectory
        N = trajectory.states[0].size
        forms = np.zeros((len(trajectory), N, N))
        for t, (Y, _) in enumerate(sensitivities(trajectory)):
            rows = Y.reshape(N, -1)
            forms[t] = rows @ rows.T
        slopes = trajectory.cell.slopes(trajectory.states[:-1], trajectory.inputs)
        return cls(objective, slopes, forms)

    def __call__(self, keep: Array) -> tuple[float, Array]:
        """Return V and ∂V/∂π (T,).

        Q_t = ∂V/∂M_t = (w_t − 1) F_t + w_t J_t Q_{t−1} J_tᵀ with w = 1/π, and
        ∂V/∂w_t = tr M_t (F_t + J_t Q_{t−1} J_tᵀ).
        """
        moments = second_moments(self.objective, keep)
        total, slope = 0.0, np.zeros(len(keep))
        carried = np.zeros_like(self.forms[0])  # J_t Q_{t−1} J_tᵀ
        for t, w in enumerate(1 / keep):
            total += (w - 1) * float(np.vdot(moments[t], self.forms[t]))
            slope[t] = np.vdot(moments[t], self.forms[t] + carried)
            Q = (w - 1) * self.forms[t] + w * carried
            if t + 1 < len(keep):
                carried = _around(self.slopes[t + 1], Q)
        return float(total), -slope / keep**2


def _around(J: AbstractJacobian, Q: Array) -> Array:
    """Return J Q Jᵀ; a batch's J is block diagonal."""
    return _after(J, _after(J, Q).T)


def _after(J: AbstractJacobian, Q: Array) -> Array:
    if len(J.shape) == 2:
        return J.tangent(Q)
    B, n, _ = J.shape
    return J.tangent(Q.reshape(B, n, -1)).reshape(Q.shape)
