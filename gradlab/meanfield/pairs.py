"""Means over pairs: E f(u) f(v) for normal u and v of variance q and correlation c.

With a common part a ~ N(0, q|c|) both are independent given a, so the mean is that of
F(a) F(±a), where F(a) = E f(a + √(q(1 − |c|)) t): one adaptive mean, of one that is
done on panels which end where f bends.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from gradlab._checks import require_number
from gradlab.meanfield.gaussian import GaussianMean, gaussian_mean
from gradlab.typing import Array

__all__ = ["by_panels", "pair_mean"]

_NODES = 16, 20  # of a panel; what the second rule changes is the error of the first
_EPS = float(np.finfo(float).eps)
_EDGE = 38.0  # exp(−38²/2) = 3e-314
_AROUND = np.array([0.0, 1.0, 2.0, 3.0, 4.5, 6.5, 9.0, 13.0, _EDGE])  # of the weight
_TOGETHER = 2**20  # values of f at once


def pair_mean(
    f: Callable[[Array], Array],
    variance: float,
    correlation: float,
    *,
    kinks: Sequence[float] = (),
) -> GaussianMean:
    """Return E f(u) f(v) for u, v ~ N(0, variance) with the given correlation.

    Parameters
    ----------
    f : callable
        Elementwise function of an array, finite, whose features are at 0 and of width 1
        (as those of activations are), or at `kinks`.
    variance : float
        q ≥ 0.
    correlation : float
        c in [−1, 1].
    kinks : sequence of float
        All arguments at which f or a derivative of it jumps.

    Returns
    -------
    GaussianMean
        With an estimate of its absolute error.

    Raises
    ------
    InputError
        If a number is out of its range.

    Examples
    --------
    >>> mean = pair_mean(np.tanh, 1.0, 0.5)  # odd: the mean for −c is its negative
    >>> mirrored = pair_mean(np.tanh, 1.0, -0.5)
    >>> abs(mean.value + mirrored.value) < 1e-15, round(mean.value, 12)
    (True, 0.186324413203)
    """
    q = require_number("variance", variance, minimum=0.0)
    c = require_number("correlation", correlation, minimum=-1.0, maximum=1.0)
    coarse, fine = (by_panels(f, q, c, kinks, nodes) for nodes in _NODES)
    change = abs(fine.value - coarse.value)
    return GaussianMean(
        value=fine.value,
        error=fine.error + change + 4 * _EPS * abs(fine.value),
        points=coarse.points + fine.points,
    )


def by_panels(
    f: Callable[[Array], Array],
    q: float,
    c: float,
    kinks: Sequence[float],
    nodes: int = _NODES[1],
) -> GaussianMean:
    """Return the same with so many nodes a panel, their error not included."""
    sign = math.copysign(1.0, c)
    spread = math.sqrt(q * (1 - abs(c)))

    def product(a: Array) -> Array:
        smooth = _smoothed(f, a, spread, kinks, nodes)
        if sign > 0:
            return np.square(smooth)
        return smooth * _smoothed(f, -a, spread, kinks, nodes)

    ends = sorted({*kinks, *(sign * kink for kink in kinks)})
    # |E f(u) f(v)| ≤ E f², and what is smoothed rounds relative to that.
    scale = gaussian_mean(lambda a: np.square(f(a)), q, kinks=kinks).value
    return gaussian_mean(product, q * abs(c), kinks=ends, scale=scale)


def _smoothed(
    f: Callable[[Array], Array], a: Array, spread: float, kinks: Sequence[float], n: int
) -> Array:
    """Return E f(a + spread t), t ~ N(0, 1), by n Gauss points on every panel."""
    if spread == 0.0:
        return f(a)
    flat = a.ravel()
    step = max(1, _TOGETHER // (64 * n))
    parts = [
        _on_panels(f, flat[i : i + step], spread, kinks, n)
        for i in range(0, len(flat), step)
    ]
    return np.concatenate(parts).reshape(a.shape)


def _on_panels(
    f: Callable[[Array], Array], a: Array, spread: float, kinks: Sequence[float], n: int
) -> Array:
    width = 0.5 / spread  # of the features of f, in t
    halvings = max(0, math.ceil(math.log2(2 * _EDGE / width)))
    around = width * np.concatenate([[0.0], 2.0 ** np.arange(min(halvings, 80) + 1)])
    offsets = [_AROUND, -_AROUND]
    centres = [-a[:, None] / spread + np.concatenate([around, -around])]
    at_kinks = [(kink - a[:, None]) / spread for kink in kinks]
    fixed = np.broadcast_to(np.concatenate(offsets), (len(a), 2 * len(_AROUND)))
    edges = np.sort(np.concatenate([fixed, *centres, *at_kinks], axis=1), axis=1)
    edges = np.clip(edges, -_EDGE, _EDGE)
    x, w = np.polynomial.legendre.leggauss(n)
    half = (edges[:, 1:] - edges[:, :-1])[..., None] / 2
    t = (edges[:, 1:] + edges[:, :-1])[..., None] / 2 + half * x
    weights = half * w * np.exp(-np.square(t) / 2) / math.sqrt(2 * math.pi)
    return (weights * f(a[:, None, None] + spread * t)).sum(axis=(1, 2))
