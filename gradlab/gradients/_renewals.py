"""Renewals: r_t, the chance that a stretch starts at step t, r_t = Σ_{s<t} r_s f_{t−s}.

A stretch is l steps long with probability f_l = S_{l−1} − S_l, and the first starts at
step 1.  Step t is in one that started at s ≤ t with probability r_s S_{t−s}.
"""

import numpy as np

from gradlab._checks import require_memory
from gradlab.typing import Array

__all__ = ["live_renewal_steps", "longest_stretch", "renewals", "stretch_chances"]


def renewals(survival: Array) -> Array:
    """Return r_1 … r_T (T,) from S_0 … S_{T−1}."""
    lengths = -np.diff(survival)
    r = np.ones(len(survival))
    for t in range(1, len(r)):
        r[t] = r[:t] @ lengths[:t][::-1]
    return r


def stretch_chances(survival: Array) -> Array:
    """Return (T, T): the chance that step t is in a stretch from s, row t, column s."""
    T = len(survival)
    require_memory("T", T, 4 * T * T)
    lag = np.arange(T)[:, None] - np.arange(T)[None, :]
    return np.tril(survival[np.abs(lag)]) * renewals(survival)


def live_renewal_steps(losses: Array, survival: Array) -> float:
    """Return Σ_i P(λ_i is not cut to nothing): no cut from i up to the next loss.

    With a loss next at step k ≥ i that is Σ_{s≤i} r_s S_{k−s}.
    """
    total, heard = 0.0, stretch_chances(survival).cumsum(axis=1)
    for k in np.flatnonzero(losses):
        before = np.flatnonzero(losses[:k])
        first = before[-1] + 1 if len(before) else 0
        total += float(heard[k, first : k + 1].sum())
    return total


def longest_stretch(survival: Array) -> float:
    """Return the mean length of the longest stretch in T steps, in O(T³).

    E max = Σ_m P(max > m), and no stretch is longer than m with probability
    Σ_{l≤m} g_m(T − l) S_{l−1}, where g_m(t) = Σ_{l≤m} f_l g_m(t − l) from g_m(0) = 1: a
    stretch ends at t, and none so far is longer than m.
    """
    T = len(survival)
    require_memory("T", T, 4 * T * T)
    lengths = np.append(-np.diff(survival), 0.0)
    within = np.tril(np.ones((T, T)))  # row m − 1, column l − 1: l ≤ m
    f, last = within * lengths, within * survival
    g = np.ones((T, T))  # column t
    for t in range(1, T):
        g[:, t] = np.einsum("ml,ml->m", f[:, :t], g[:, :t][:, ::-1])
    none_longer = np.einsum("ml,ml->m", last, g[:, ::-1])
    return 1.0 + float((1 - none_longer[:-1]).sum())
