"""A survival P(K ≥ l) starts at 1 and never rises; where it is 0 nothing is left."""

import numpy as np

from gradlab._checks import require_array
from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["as_survival", "require_reach"]


def as_survival(values: object) -> Array:
    """Return a read-only copy of a survival at lags 0, 1, …, or raise."""
    array = np.array(require_array("law", values, "(L,)"))
    if not len(array) or array[0] != 1 or (np.diff(array) > 0).any() or array[-1] < 0:
        message = "`law` must be a survival: P(K >= 0) = 1, never rising, never < 0."
        raise InputError(message)
    array.setflags(write=False)
    return array


def require_reach(survival: Array, count: int, T: int) -> Array:
    """Return the first `count` values, if the last of them is there and above 0."""
    if len(survival) < count or survival[count - 1] == 0:
        dead = min(len(survival), int(np.count_nonzero(survival)))
        message = (
            f"`law` must have P(K >= l) > 0 at every lag l = 0 … {T - 1}; "
            f"it is 0 at l = {dead}."
        )
        raise InputError(message)
    return survival[:count]
