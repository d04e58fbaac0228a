"""The gradient horizon: the steps back beyond which a gradient stays below a level.

With a_l = ln of the gradient's norm at lag l over that at lag 0, it is the lag at which
a_l passes ln(level) for the last time, going back; between two lags a_l is a line.
"""

import math

import numpy as np

from gradlab._checks import require_number
from gradlab.errors import InputError, InputTypeError
from gradlab.typing import Array, ArrayLike

__all__ = ["HORIZON_LEVEL", "gradient_horizon"]

HORIZON_LEVEL = 1e-3
"""What is left at the horizon unless another level is asked for: a thousandth."""


def gradient_horizon(log_norms: ArrayLike, *, level: float = HORIZON_LEVEL) -> float:
    """Return how many steps back at least `level` of a gradient is left.

    Parameters
    ----------
    log_norms : (L + 1,) array_like
        ln of the norm at lags 0 … L in nats, such as ln‖∂ℓ_T/∂h_{T−l}‖; −inf where
        nothing is left.
    level : float
        Above 0 and at most 1; a thousandth unless told.

    Returns
    -------
    float
        In steps, 0 if the first step back loses more than that; ``inf`` if more is left
        at the last lag, so that the horizon lies beyond it, and NaN if nothing is there
        at lag 0.

    Raises
    ------
    InputError
        If there is no lag, or a norm is NaN or +inf.

    Notes
    -----
    A gradient that comes back above the level at a later lag has reached that lag: the
    last passage counts, not the first.

    Examples
    --------
    >>> halving = -np.log(2) * np.arange(100)
    >>> round(gradient_horizon(halving), 2)  # ln 1000 / ln 2
    9.97
    >>> gradient_horizon(np.zeros(100))
    inf
    """
    logs = _as_logs(log_norms)
    threshold = math.log(require_number("level", level, above=0.0, maximum=1.0))
    if logs[0] == -math.inf:
        return math.nan
    left = logs - logs[0]
    last = int(np.flatnonzero(left >= threshold)[-1])
    if last == len(left) - 1:
        return math.inf
    fall = left[last] - left[last + 1]
    return last + float((left[last] - threshold) / fall)


def _as_logs(log_norms: ArrayLike) -> Array:
    logs = np.asarray(log_norms)
    if logs.dtype.kind not in "iuf":
        message = f"`log_norms` must be real numbers; got dtype {logs.dtype}."
        raise InputTypeError(message)
    if logs.ndim != 1 or not len(logs) or not (logs < math.inf).all():
        got = f"shape {logs.shape}" if logs.ndim != 1 or not len(logs) else "NaN or inf"
        message = f"`log_norms` must be (L + 1,) nats below inf; got {got}."
        raise InputError(message)
    return logs.astype(np.float64)
