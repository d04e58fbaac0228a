"""Steps of a run, rounded outward: the ln‖J_t‖, and sums Σ_t ln f(J_t)."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradlab.bounds.base import require_single
from gradlab.dynamics.trajectory import Trajectory
from gradlab.linalg.arithmetic import fault
from gradlab.linalg.outward import log_norm_above
from gradlab.linalg.rounding import down_sum, up_sum
from gradlab.typing import Factors, Vector
from gradlab.verified.enclosure import Enclosure

__all__ = ["log_norms_of_steps", "sum_over_steps"]

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
    logs = [log_between(J) for J in _blocks(trajectory)]
    lows, highs = (np.concatenate(ends) for ends in zip(*logs, strict=True))
    return Enclosure.between(down_sum(lows), up_sum(highs), fault=fault())


def log_norms_of_steps(trajectory: Trajectory) -> Vector:
    """Return float64s ≥ ln‖J_t‖₂ in nats for t = 1 … T.

    Raises
    ------
    InputError
        If the trajectory is a batch.
    """
    return np.concatenate([log_norm_above(J) for J in _blocks(trajectory)])


def _blocks(trajectory: Trajectory) -> Iterator[Factors]:
    chain = require_single(trajectory).chain
    for start in range(0, len(chain), _BLOCK):
        yield chain[start : start + _BLOCK].factors()
