"""The bias of a window: lags ≥ k say at most Σ_{t≤T−k} ‖J_T‖⋯‖J_{t+1}‖ ‖∂f_t/∂θ‖."""

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from gradlab._checks import require_count
from gradlab.bounds.base import AbstractRunTheorem
from gradlab.bounds.parameter_norms import log_parameter_norms, up_log_sum_exp
from gradlab.bounds.step_sums import log_norms_of_steps
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.rounding import up_sum
from gradlab.references import Reference
from gradlab.verified.enclosure import Enclosure

__all__ = ["TruncationTail"]


@final
@dataclass(frozen=True)
class TruncationTail(AbstractRunTheorem):
    """ln‖Σ_{t≤T−k} δ J_T⋯J_{t+1} ∂f_t/∂θ‖₂ for a loss on h_T with ‖δ‖₂ ≤ 1, from above.

    That is the bias of backpropagation truncated after a window of k steps, the lags
    0 … k − 1.  With ‖J_t‖₂ ≤ q < 1 and ‖∂f_t/∂θ‖₂ ≤ b it is at most b q^k/(1 − q); with
    losses at several steps their biases add up.  The J_t, the ∂f_t/∂θ, states and
    inputs are those of float64, taken as exact numbers.

    Parameters
    ----------
    window : int
        k ≥ 1.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.cells import RNN
    >>> from gradlab.dynamics import run
    >>> cell = RNN([[0.5]], [[0.0]], [0.0], activation="identity")
    >>> rest = run(cell, [0.0], [[0.0]] * 4)  # ∂h_4/∂b_h = 1 + 1/2 + 1/4 + 1/8
    >>> round(float(np.exp(TruncationTail(window=2).log_bound(rest))), 12)  # 1/4 + 1/8
    0.375
    """

    window: int = 1

    label = "thm:truncation-tail"
    statement = (
        r"\Bigl\|\sum_{t\le T-k}\delta J_T\cdots J_{t+1}"
        r"\frac{\partial f_t}{\partial\theta}\Bigr\|_2\le\sum_{t=1}^{T-k}"
        r"\|J_T\|_2\cdots\|J_{t+1}\|_2\,\Bigl\|\frac{\partial f_t}{\partial\theta}"
        r"\Bigr\|_2\quad\text{for }\|\delta\|_2\le1"
    )
    source = Reference("aicher2019adaptive")
    assumptions = "the cell has parameters"
    quantity = (
        r"\ln\sup_{\|\delta\|_2\le1}\Bigl\|\sum_{t\le T-k}\delta J_T\cdots J_{t+1}"
        r"\frac{\partial f_t}{\partial\theta}\Bigr\|_2"
    )
    direction: ClassVar[Literal["above"]] = "above"

    def __post_init__(self) -> None:
        """Check the window."""
        object.__setattr__(self, "window", require_count("window", self.window))

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the logarithm of the sum in nats, rounded up; −∞ for k ≥ T.

        The theorem is about every δ, and no lower end is given.

        Raises
        ------
        AssumptionError
            If the cell has no parameters.
        InputError
            If the trajectory is a batch.
        """
        said = log_parameter_norms(trajectory, self.label)[::-1]
        later = itertools.accumulate(
            log_norms_of_steps(trajectory)[::-1],
            lambda total, log: up_sum((total, log)),
            initial=0.0,
        )
        terms = [up_sum(pair) for pair in zip(later, said, strict=False)]
        upper = up_log_sum_exp(terms[self.window :])
        return Enclosure.between(-math.inf, upper, fault=fault())
