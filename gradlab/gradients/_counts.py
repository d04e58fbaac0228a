"""What a sweep costs: Σ_i P(step i is live), live if a loss reaches it."""

import numpy as np

from gradlab._checks import require_array, require_length
from gradlab.typing import Array

__all__ = ["as_losses", "last_loss", "live_steps", "longest_run"]

_BLOCK = 512  # lengths that are looked at together


def as_losses(T: int, losses: object) -> Array:
    """Return (T,) of bool: which steps have a loss; all of them for None."""
    steps = require_length("T", T)
    if losses is None:
        return np.ones(steps, dtype=bool)
    return require_array("losses", losses, "(T,)", sizes={"T": steps}) != 0


def last_loss(losses: Array) -> int:
    """Return the last step t = 1 … T that has a loss, 0 if none has."""
    times = np.flatnonzero(losses)
    return 1 + int(times[-1]) if len(times) else 0


def live_steps(losses: Array, passed: Array) -> float:
    """Return Σ_i P(λ_i is not cut to nothing), ξ_t ≠ 0 with probability passed[t − 1].

    p_i = 1 where there is a loss, and else p_i = P(ξ_{i+1} ≠ 0) p_{i+1}.
    """
    total = chance = 0.0
    after = np.append(passed[1:], 0.0)
    for has_loss, kept in zip(losses[::-1], after[::-1], strict=True):
        chance = 1.0 if has_loss else kept * chance
        total += chance
    return float(total)


def longest_run(keep: Array) -> float:
    """Return the mean length of the longest stretch of T steps without a cut.

    Between steps t − 1 and t there is a cut with probability 1 − keep[t − 1], t ≥ 2,
    independently.  With f_m(t) the chance that a stretch ends at t and none of those up
    to there is longer than m, E max = Σ_m (1 − f_m(T)), and

        f_m(t) = P(cut after t) Σ_{s = t−m}^{t−1} f_m(s) Π_{s+1 < j ≤ t} keep_j,

    whose sum is carried from t to t + 1, for many m together: O(T²) at most, and less
    where no stretch is nearly as long as T.
    """
    T, total = len(keep), 0.0
    for first in range(0, T, _BLOCK):
        longer = _longer(keep, np.arange(first, min(first + _BLOCK, T)))
        total += float(longer.sum())
        if T * longer[-1] < 2.0**-53:  # all that follow, of a total of at least 1
            break
    return total


def _longer(keep: Array, lengths: Array) -> Array:
    """Return P(the longest stretch is longer than m), 1 − f_m(T), for ascending m."""
    T = len(keep)
    cut = np.append(1 - keep[1:], 1.0)  # after step t; the end cuts for certain
    logs = np.append(0.0, np.cumsum(np.log(keep)))
    f = np.zeros((len(lengths), T + 1))
    f[:, 0] = 1.0
    within = np.zeros(len(lengths))
    for t in range(1, T + 1):
        within = keep[t - 1] * within + f[:, t - 1]
        k = np.arange(np.searchsorted(lengths, t))
        gone = t - 1 - lengths[k]  # the s that is now too far back
        within[k] -= f[k, gone] * np.exp(logs[t] - logs[gone + 1])
        f[:, t] = cut[t - 1] * np.maximum(within, 0.0)
    found: Array = 1 - f[:, T]
    return found
