"""Norms made of entries, rounded outward: ‖A‖₁, ‖A‖_∞ and ‖A‖_F over leading axes."""

from typing import Any

import numpy as np

from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic
from gradlab.linalg.powers_of_two import split_power
from gradlab.linalg.rounding import (
    down_abs,
    down_log,
    down_mul,
    down_sqrt,
    down_sub,
    down_sums,
    up_abs,
    up_add,
    up_log,
    up_mul,
    up_sqrt,
    up_sums,
)
from gradlab.typing import Array

__all__ = ["entrywise_between", "log_entrywise_between"]


def entrywise_between(
    S: Array, order: float | str, arithmetic: Arithmetic = FLOAT64
) -> tuple[Any, Any]:
    """Return float64s ≤ and ≥ a norm of matrices (..., m, n), known up to 2⁻¹⁰⁷⁴ each.

    `order` is 1, inf or "fro", as in `numpy.linalg.norm`; entries are of moderate size
    (see `split_power`), so that no square overflows.

    Examples
    --------
    >>> low, high = entrywise_between(np.array([[0.6, -0.8]]), "fro")
    >>> bool(low <= 1 <= high < 1 + 1e-15)
    True
    """
    low, high = np.maximum(down_sub(down_abs(S), ETA), 0.0), up_add(up_abs(S), ETA)
    if order == "fro":
        flat = (*S.shape[:-2], S.shape[-2] * S.shape[-1])
        squares = np.maximum(down_mul(low, low), 0.0).reshape(flat)
        below = np.maximum(down_sums(squares, arithmetic), 0.0)
        above = up_sums(up_mul(high, high).reshape(flat), arithmetic)
        return down_sqrt(below), up_sqrt(above)
    if order == 1:
        low, high = np.swapaxes(low, -1, -2), np.swapaxes(high, -1, -2)
    below, above = down_sums(low, arithmetic), up_sums(high, arithmetic)
    return below.max(axis=-1, initial=0.0), above.max(axis=-1, initial=0.0)


def log_entrywise_between(
    A: Array, order: float | str, arithmetic: Arithmetic = FLOAT64
) -> tuple[Any, Any]:
    """Return float64s ≤ and ≥ ln of a norm in nats, at any size; −inf for zeros."""
    S, exponent = split_power(A)
    low, high = entrywise_between(S, order, arithmetic)
    high = np.where(S.any(axis=(-2, -1)), high, 0.0)
    return down_log(low, exponent), up_log(high, exponent)
