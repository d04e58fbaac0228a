"""Batch means: the error of a mean over T = Σ L_b steps from the spread of B blocks.

With block sums S_b over L_b steps and the mean m = Σ_b S_b / T,

    stderr² = Σ_b L_b (S_b / L_b − m)² / ((B − 1) T),

which is right, whatever the correlation from step to step, once a block is much longer
than it lasts.  Where successive block means still have a correlation r > 0, B of them
are worth B (1 − r)/(1 + r) independent ones (exactly so in an autoregression): errors
are widened by √((1 + r)/(1 − r)) and have fewer degrees of freedom.
"""

import numpy as np
from scipy.special import stdtrit

from gradlab._checks import require_number
from gradlab.errors import InputError
from gradlab.typing import Array, Vector

__all__ = [
    "correlations",
    "degrees_of_freedom",
    "quantiles",
    "standard_errors",
    "widenings",
]

_ROUNDING = 1e-9  # nats per step; a spread below it is none
_LARGEST = 0.9  # a correlation beyond it says that blocks say next to nothing


def standard_errors(sums: Array, lengths: Array) -> Vector:
    """Return the standard errors of the means of block sums (B, k): (k,).

    NaN from a single block, and 0 where a sum is −inf, which no further step changes.
    """
    steps, count = lengths.sum(), len(lengths)
    finite = np.isfinite(sums).all(axis=0)
    errors = np.where(finite, np.nan, 0.0)
    if count > 1:
        kept = sums[:, finite]
        apart = kept / lengths[:, None] - kept.sum(axis=0) / steps
        squares = (lengths[:, None] * apart**2).sum(axis=0)
        errors[finite] = np.sqrt(squares / ((count - 1) * steps))
    return errors


def correlations(rates: Array) -> Vector:
    """Return the correlation r of successive block rates (B, k): (k,).

    0 where there is none to speak of: −inf, or no spread but rounding.
    """
    found = np.zeros(rates.shape[1])
    finite = np.isfinite(rates).all(axis=0)
    apart = rates[:, finite] - rates[:, finite].mean(axis=0)
    power = (apart**2).sum(axis=0)
    products = (apart[1:] * apart[:-1]).sum(axis=0)
    moving = power > len(rates) * _ROUNDING**2
    found[finite] = np.divide(products, power, out=np.zeros_like(power), where=moving)
    return found


def widenings(rates: Array) -> Vector:
    """Return √((1 + r)/(1 − r)) >= 1 for block rates (B, k): (k,)."""
    r = _positive(rates)
    return np.sqrt((1 + r) / (1 - r))


def degrees_of_freedom(rates: Array) -> Vector:
    """Return B (1 − r)/(1 + r) − 1, at least 1, for block rates (B, k): (k,)."""
    r = _positive(rates)
    return np.maximum(len(rates) * (1 - r) / (1 + r) - 1, 1.0)


def quantiles(level: float, degrees: Vector) -> Vector:
    """Return how many standard errors hold Student's t with probability `level`."""
    level = require_number("level", level, above=0.0)
    if level >= 1:
        message = f"`level` must be less than 1; got {level:g}."
        raise InputError(message)
    return stdtrit(degrees, (1 + level) / 2)


def _positive(rates: Array) -> Vector:
    r = correlations(rates)
    # An estimate from B blocks is low by about 1/B, and what is negative narrows
    # nothing.
    return np.where(r == 0.0, 0.0, np.clip(r + 1 / len(rates), 0.0, _LARGEST))
