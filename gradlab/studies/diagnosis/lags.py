"""What is left of a gradient, lag by lag: a_l = ln‖∂ℓ_τ/∂h_{τ−l}‖ − ln‖∂ℓ_τ/∂h_τ‖.

ℓ_τ is the last loss of a sequence.  Where there is no loss, a_l is what the Jacobians
alone do: ln‖∂h_T/∂s_{T−l}‖ less that at lag 0.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.typing import Array

__all__ = [
    "Growth",
    "by_lag",
    "growth",
    "last_losses",
    "last_steps",
    "left",
    "quantiles",
    "required_lag",
]

_QUANTILES = (0.1, 0.5, 0.9)
_BLOCKS = 8
_SHORTEST = 20  # lags without which a rate of growth is not told
_ALIGNING = 5  # the first fifth of the lags turns a row towards the leading direction


def last_losses(sources: Array) -> Array:
    """Return the sources (T, B, n) with all but the last loss of each sequence gone."""
    last = last_steps(sources)
    kept = np.zeros_like(sources)
    at = np.arange(sources.shape[1])
    kept[last, at] = sources[last, at]
    return kept


def last_steps(sources: Array) -> Array:
    """Return the index (B,) of the last step with a loss; 0 where there is none."""
    seen = (sources != 0).any(axis=-1)
    T = len(seen)
    return np.where(seen.any(axis=0), T - 1 - seen[::-1].argmax(axis=0), 0)


def by_lag(values: Array, last: Array, starts: Array) -> Array:
    """Return values (T + 1, B) of the states by lag (T, B): from the last loss back.

    `last` (B,) is the index of the last loss among the T steps.  NaN beyond the first
    step of a sequence.
    """
    T, B = len(values) - 1, len(last)
    times = (last + 1)[None, :] - np.arange(T)[:, None]  # of the states the loss sees
    inside = times > np.asarray(starts)[None, :]
    picked = values[np.maximum(times, 0), np.arange(B)[None, :]]
    return np.where(inside, picked, np.nan)


def left(log_norms: Array) -> Array:
    """Return a_0, a_1, … from ln of the norms by lag; NaN where lag 0 has nothing."""
    newest = np.where(np.isfinite(log_norms[0]), log_norms[0], np.nan)
    return log_norms - newest


def required_lag(sources: Array, starts: Array) -> int:
    """Return the largest distance of a step to the next loss: what each input needs.

    0 with a loss at every step, T − 1 with one at the end; steps after the last loss
    are seen by none and need nothing.
    """
    seen = (sources != 0).any(axis=-1)
    T = len(seen)
    steps = np.arange(T)[:, None]
    following = np.where(seen, steps, T + 1)
    following = np.minimum.accumulate(following[::-1], axis=0)[::-1]
    counted = (following <= T) & (steps >= np.asarray(starts)[None, :])
    return int(np.where(counted, following - steps, 0).max(initial=0))


@final
@dataclass(frozen=True)
class Growth:
    """Growth of a row per step back, in nats: λ₁ of the steps it went through.

    Attributes
    ----------
    exponent : float
        −inf where the row is exactly zero before the end, NaN where too short.
    stderr : float
        From the scatter over blocks and sequences.
    """

    exponent: float
    stderr: float

    def over_lags(self, errors: Array) -> "Growth":
        """Return the same with the error of the sizes (L,) it was read off, too."""
        more = float(errors.max(initial=0.0)) / max(len(errors) - 1, 1)
        return Growth(self.exponent, float(np.hypot(self.stderr, more)))


def growth(profile: Array) -> Growth:
    """Return the mean growth of a_l (L, B) per lag, the first fifth left out.

    Blocks of at least some ten steps of different sequences are taken for independent.
    """
    if (profile == -np.inf).any(axis=0).all():
        return Growth(-np.inf, 0.0)
    lags = int(np.isfinite(profile).any(axis=1).sum())
    if lags < _SHORTEST:
        return Growth(np.nan, np.nan)
    first = lags // _ALIGNING
    cuts = np.linspace(first, lags - 1, min(_BLOCKS, (lags - first) // 10) + 1)
    cuts = cuts.round().astype(int)
    with np.errstate(invalid="ignore"):
        rates = np.diff(profile[cuts], axis=0) / np.diff(cuts)[:, None]
    rates = rates[np.isfinite(rates)]
    if not len(rates):
        return Growth(np.nan, np.nan)
    spread = rates.std(ddof=1) / np.sqrt(len(rates)) if len(rates) > 1 else np.nan
    return Growth(float(rates.mean()), float(spread))


def quantiles(logs: Array) -> Array:
    """Return quantiles (L, 3) of values (L, B), at the lags that any sequence has."""
    ranked = np.sort(logs, axis=1)  # NaN last
    count = np.count_nonzero(~np.isnan(ranked), axis=1)
    ranked, count = ranked[count > 0], count[count > 0]
    # Lower ones: nothing is interpolated where −∞ stands beside finite values.
    places = np.multiply.outer(count - 1, _QUANTILES).astype(int)
    return np.take_along_axis(ranked, places, axis=1)
