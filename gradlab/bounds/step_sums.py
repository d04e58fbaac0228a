"""Sums over the steps of a run: Σ_t ln f(J_t), with f(J_t) between float64s."""

from collections.abc import Callable
from typing import Any

import numpy as np

from gradlab.bounds.base import require_single
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.rounding import down_sum, up_sum
from gradlab.typing import Factors
from gradlab.verified.enclosure import Enclosure

__all__ = ["sum_over_steps"]

_BLOCK = 64  # Jacobians made dense at once


def sum_over_steps(
    trajectory: Trajectory, log_between: Callable[[Factors], tuple[Any, Any]]
) -> Enclosure:
    """Return Σ_t ln f(J_t) in nats; `log_between` takes J_t … (k, n, n), 64 at most.

    It returns float64s (k,) below and above ln f of each.

    Raises
    ------
    InputError
        If the trajectory is a batch.
    """
    chain = require_single(trajectory).chain
    starts = range(0, len(chain), _BLOCK)
    blocks = (chain[start : start + _BLOCK].factors() for start in starts)
    logs = [log_between(J) for J in blocks]
    lows, highs = (np.concatenate(ends) for ends in zip(*logs, strict=True))
    return Enclosure.between(down_sum(lows), up_sum(highs), fault=fault())
