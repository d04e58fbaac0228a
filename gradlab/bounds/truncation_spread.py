"""The spread of random truncation: its variance has a factor 1/π for every step kept.

With D_t = ∂h_t/∂θ and one π, a loss on h_T alone has the total variance

    (1/π − 1) Σ_{t=2}^T π^{−(T − t)} ‖δ J_T ⋯ J_t D_{t−1}‖².
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from gradlab._checks import require_number
from gradlab.bounds.base import AbstractRunTheorem
from gradlab.bounds.parameter_norms import log_parameter_norms, up_log_sum_exp
from gradlab.bounds.step_sums import log_norms_of_steps
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.powers_of_two import up_ldexp
from gradlab.linalg.rounding import down_log, up_log, up_sub, up_sum
from gradlab.references import Reference
from gradlab.typing import Vector
from gradlab.verified.enclosure import Enclosure

__all__ = ["TruncationSpread"]


@final
@dataclass(frozen=True)
class TruncationSpread(AbstractRunTheorem):
    """ln of the standard deviation of random truncation, for ‖δ‖₂ ≤ 1, from above.

    The total variance is at most (1/π − 1) Σ_{t=2}^T π^{−(T−t)} (‖J_T‖⋯‖J_t‖ d_{t−1})²
    with d_t = ‖J_t‖ d_{t−1} + ‖∂f_t/∂θ‖ and d_0 = 0.  Where ‖J_t‖₂² ≤ q < π that stays
    below a constant for all T; above √π the bound grows by ½ ln(q/π) a step.  The J_t,
    the ∂f_t/∂θ, states and inputs are those of float64, taken as exact numbers.

    Parameters
    ----------
    keep : float
        π, the probability that the chain is kept at a step, 0 < π ≤ 1.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import RNN
    >>> from gradlab.dynamics import run
    >>> cell = RNN([[0.5]], [[0.0]], [0.0], activation="identity")
    >>> rest = run(cell, [0.0], [[0.0]] * 2)  # ∂h_2/∂b_h = 1 + ξ/2, of variance 1/4
    >>> round(float(np.exp(TruncationSpread(keep=0.5).log_bound(rest))), 12)
    0.5
    """

    keep: float = 0.9

    label = "thm:truncation-spread"
    statement = (
        r"\sum_p\operatorname{Var}\hat g_p\le\Bigl(\frac1\pi-1\Bigr)\sum_{t=2}^{T}"
        r"\frac{1}{\pi^{T-t}}\bigl(\|J_T\|_2\cdots\|J_t\|_2\,d_{t-1}\bigr)^2,\qquad "
        r"d_t=\|J_t\|_2\,d_{t-1}+\Bigl\|\frac{\partial f_t}{\partial\theta}\Bigr\|_2"
        r"\quad\text{for }\|\delta\|_2\le1"
    )
    source = Reference("tallec2017unbiasing")
    assumptions = "the cell has parameters, and the ξ are independent"
    quantity = r"\tfrac12\ln\sup_{\|\delta\|_2\le1}\sum_p\operatorname{Var}\hat g_p"
    direction: ClassVar[Literal["above"]] = "above"

    def __post_init__(self) -> None:
        """Check the probability."""
        keep = require_number("keep", self.keep, above=0.0, maximum=1.0)
        object.__setattr__(self, "keep", keep)

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return half the logarithm of the variance in nats, rounded up.

        It is −∞ for π = 1 or T = 1.  The theorem is about every δ, and no lower end is
        given.

        Raises
        ------
        AssumptionError
            If the cell has no parameters.
        InputError
            If the trajectory is a batch.
        """
        said = log_parameter_norms(trajectory, self.label)
        rates = log_norms_of_steps(trajectory)
        inverse = up_sub(0.0, down_log(self.keep))
        kept = (
            up_sum((up_log(up_sub(1.0, self.keep)), inverse))
            if self.keep < 1
            else -math.inf
        )
        terms, passed = [], 0.0
        before = _reached(rates, said)
        for log_rate, reached in zip(rates[::-1], before[::-1], strict=True):
            passed = up_sum((passed, log_rate))
            terms.append(up_sum((kept, passed, passed, reached, reached)))
            kept = up_sum((kept, inverse))
        upper = float(up_ldexp(up_log_sum_exp(terms), -1))
        return Enclosure.between(-math.inf, upper, fault=fault())


def _reached(rates: Vector, said: Vector) -> list[float]:
    """Return ln d_0 … ln d_{T−1} in nats, rounded up."""
    found = [-math.inf]
    for log_rate, log_said in zip(rates[:-1], said[:-1], strict=True):
        found.append(up_log_sum_exp((up_sum((log_rate, found[-1])), log_said)))
    return found
