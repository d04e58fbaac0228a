"""What sweeps over lags take: a batch of sequences, and the step each begins with."""

import numpy as np

from gradlab._checks import require_array
from gradlab.dynamics import Trajectory
from gradlab.errors import InputError, InputTypeError
from gradlab.typing import ArrayLike, Vector

__all__ = ["batch_of", "first_steps", "require_trajectory"]


def require_trajectory(trajectory: object) -> Trajectory:
    """Return `trajectory` if it is one."""
    if not isinstance(trajectory, Trajectory):
        message = f"`trajectory` must be a trajectory; got {trajectory!r}."
        raise InputTypeError(message)
    return trajectory


def batch_of(trajectory: object) -> Trajectory:
    """Return a trajectory with a batch axis, of length 1 if it has none."""
    given = require_trajectory(trajectory)
    if given.batch:
        return given
    return Trajectory(given.cell, given.states[:, None], given.inputs[:, None])


def first_steps(batch: Trajectory, starts: ArrayLike | None) -> Vector:
    """Return (B,) ints: the state with which each sequence begins, 0 … T − 1."""
    count = batch.batch[0]
    if starts is None:
        return np.zeros(count, dtype=np.int64)
    given = require_array("starts", starts, "(B,)", sizes={"B": count})
    firsts = given.astype(np.int64)
    wrong = (firsts != given) | (firsts < 0) | (firsts >= len(batch))
    if wrong.any():
        got = f"{given[wrong][0]:g} with T = {len(batch)}"
        message = f"`starts` must be integers in 0 … T − 1; got {got}."
        raise InputError(message)
    return firsts
