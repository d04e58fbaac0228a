"""Gaussian means E f(√q z), z ~ N(0, 1), by adaptive panels, with their error."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_number
from gradlab._results import Result
from gradlab.errors import NonFiniteError
from gradlab.typing import Array

__all__ = ["GaussianMean", "gaussian_mean"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_EDGE = 38.0  # exp(−38²/2) = 3e-314: float64 has no weight to give beyond it
_DEPTH = 60  # halvings of a panel: 2^−60 is below the spacing of float64 at 1
_PANELS = 4096  # at work at once; so many only if f is noise at the scale of its mean
_EPS = float(np.finfo(float).eps)


@final
@dataclass(frozen=True, eq=False, repr=False)
class GaussianMean(Result):
    """E f(√q z) with an estimate of its absolute error, and the points it took.

    Examples
    --------
    >>> GaussianMean(value=0.5, error=1e-16, points=320)
    GaussianMean(value=0.5, error=1e-16, points=320)
    """

    value: float
    error: float
    points: int


def gaussian_mean(
    f: Callable[[Array], Array],
    variance: float,
    *,
    kinks: Sequence[float] = (),
    scale: float = 0.0,
) -> GaussianMean:
    """Return E f(√q z) = ∫ f(√q z) exp(−z²/2)/√(2π) dz for z ~ N(0, 1).

    Parameters
    ----------
    f : callable
        Elementwise function of an array.  −inf is a value (ln 0); NaN and +inf are not.
    variance : float
        q ≥ 0; where it is 0 the mean is f(0).
    kinks : sequence of float
        All arguments of f at which it or a derivative jumps; panels end there.  A jump
        that is not named is blurred by some points' distance.
    scale : float
        Where f itself carries rounding of ε times this, halving for less than that is
        in vain; the error is then relative to it.

    Returns
    -------
    GaussianMean
        `error` is what the last halvings changed, which is more than what is left, and
        4 ε E|f| for rounding, that within f not included.  It holds for smooth f, or
        between `kinks`, if they are complete.

    Raises
    ------
    NonFiniteError
        If f returns NaN or +inf.
    InputError
        If `variance` is negative or not finite.

    Notes
    -----
    Panels shrink towards 0 by halves from |z| = 38 down to the scale of f or of the
    weight, whichever is finer, so neither is missed at any q.  Each is integrated by
    Gauss and Legendre with 16 points, and halved until that changes nothing.
    Gauss–Hermite would need thousands of points at √q = 20, and fails at kinks.

    A panel on which f is −inf throughout makes the mean −inf.

    Examples
    --------
    >>> mean = gaussian_mean(np.square, 3.0)
    >>> abs(mean.value - 3.0) <= mean.error < 1e-14
    True
    """
    variance = require_number("variance", variance, minimum=0.0)
    if variance == 0.0:
        return GaussianMean(value=_at_zero(f), error=0.0, points=1)
    deviation = math.sqrt(variance)
    ends = _panel_ends(deviation, kinks)
    return _adaptive(lambda z: _finite(f(deviation * z)), ends[:-1], ends[1:], scale)


def _at_zero(f: Callable[[Array], Array]) -> float:
    return float(_finite(f(np.zeros(1)))[0])


def _finite(values: Array) -> Array:
    bad = np.isnan(values) | np.isposinf(values)
    if bad.any():
        raise NonFiniteError("f", float(values[bad][0]), ())
    return values


def _panel_ends(deviation: float, kinks: Sequence[float]) -> Array:
    finest = min(1.0, 1.0 / deviation) / 4
    halvings = math.ceil(math.log2(_EDGE / finest))
    right = _EDGE * 0.5 ** np.arange(halvings + 1)
    at_kinks = np.asarray(kinks, dtype=float) / deviation
    inside = at_kinks[np.abs(at_kinks) < _EDGE]
    return np.unique(np.concatenate([-right, [0.0], inside, right]))


def _adaptive(
    f: Callable[[Array], Array], left: Array, right: Array, scale: float
) -> GaussianMean:
    coarse, sizes = _integrals(f, left, right)
    size = max(float(sizes.sum()), scale)
    value, error, points = 0.0, 4 * _EPS * size, left.size
    for _ in range(_DEPTH):
        middle = (left + right) / 2
        lower = _integrals(f, left, middle)[0]
        upper = _integrals(f, middle, right)[0]
        points += 2 * left.size
        fine = lower + upper
        if np.isneginf(coarse).any() or np.isneginf(fine).any():
            return GaussianMean(value=-math.inf, error=0.0, points=16 * points)
        change = np.abs(fine - coarse)
        done = change <= _EPS * size
        if np.count_nonzero(~done) > _PANELS:
            done[:] = True
        value += float(fine[done].sum())
        error += float(change[done].sum())
        left, right = (
            np.concatenate([left[~done], middle[~done]]),
            np.concatenate([middle[~done], right[~done]]),
        )
        coarse = np.concatenate([lower[~done], upper[~done]])
        if not left.size:
            break
    value, error = value + float(coarse.sum()), error + float(np.abs(coarse).sum())
    return GaussianMean(value=value, error=error, points=16 * points)


def _integrals(
    f: Callable[[Array], Array], left: Array, right: Array
) -> tuple[Array, Array]:
    """Return ∫ f dN, −inf where f is −inf throughout, and ∫ |f| (1 + z²/2) dN.

    The second is what rounding scales with: an ulp of z moves e^(−z²/2) by z² of them.
    """
    half = (right - left)[:, None] / 2
    z = (right + left)[:, None] / 2 + half * _NODES
    weights = half * _WEIGHTS * np.exp(-np.square(z) / 2) / math.sqrt(2 * math.pi)
    values = f(z)
    gone = np.isneginf(values)
    # A single node on a zero of exp f has no width; a whole panel of them has.
    terms = weights * np.where(gone, 0.0, values)
    sums = np.where(gone.all(axis=1), -np.inf, terms.sum(axis=1))
    return sums, (np.abs(terms) * (1 + np.square(z) / 2)).sum(axis=1)
