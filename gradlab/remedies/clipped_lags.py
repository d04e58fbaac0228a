"""Of the length (‖g‖ − θ)₊ that clipping removes, lag l has the share ⟨G_l, g⟩/‖g‖²."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_array, require_finite, require_number
from gradlab._results import Origin, Result
from gradlab.errors import InputError, ShapeError
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = ["ClippedLags", "clipped_lags", "lag_contributions"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ClippedLags(Result):
    """Which lags carry the length that clipping by norm takes away.

    Attributes
    ----------
    removed : (L,) array
        Mean over the steps of what lag l loses: (1 − θ/‖g‖)₊ ⟨G_l, g⟩/‖g‖.  They sum
        to the mean of (‖g‖ − θ)₊; a lag that works against the sum has a negative one.
    share_removed : (L,) array
        `removed` over its sum; NaN where no step was clipped.
    share_passed : (L,) array
        The same shares of the length of the steps that were not clipped; NaN if none.
    threshold : float
        θ.
    fraction : float
        Share of the steps that were clipped.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("pascanu2013difficulty"),)

    removed: Vector
    share_removed: Vector
    share_passed: Vector
    threshold: float
    fraction: float

    def columns(self) -> dict[str, Array]:
        """Return lag, what is removed there, and the two shares."""
        lags = np.arange(len(self.removed))
        names = ("removed", "share_removed", "share_passed")
        return {"lag": lags, **{name: getattr(self, name) for name in names}}


def lag_contributions(terms: ArrayLike) -> Array:
    """Return ⟨G_l, g⟩/‖g‖ for g = Σ_l G_l: the length that each lag adds to g.

    Parameters
    ----------
    terms : (..., L, p) array_like
        G_0 … G_{L−1}, the parts of a gradient that reach back l steps, each flattened
        over all parameters; leading axes are steps of training.

    Returns
    -------
    (..., L) array
        They sum to ‖g‖₂; all zero where g = 0.

    Examples
    --------
    >>> lag_contributions([[3.0, 0.0], [0.0, 4.0]])  # of 5: 9/5 and 16/5
    array([1.8, 3.2])
    """
    G = require_array("terms", terms, "(..., L, p)")
    size = np.abs(G).max(axis=(-2, -1), keepdims=True, initial=0.0)
    _, exponents = np.frexp(size)
    G = np.ldexp(G, -exponents)  # at most 1: nothing overflows from here on
    g = G.sum(axis=-2)
    size = np.abs(g).max(axis=-1, keepdims=True, initial=0.0)
    direction = g / np.where(size > 0, size, 1.0)
    norm = np.linalg.norm(direction, axis=-1, keepdims=True)
    direction = direction / np.where(norm > 0, norm, 1.0)
    with np.errstate(over="ignore"):
        lengths = np.ldexp((G @ direction[..., None])[..., 0], exponents[..., 0])
    return require_finite("contributions", lengths)


def clipped_lags(contributions: ArrayLike, threshold: float) -> ClippedLags:
    """Return which lags carry what clipping at θ takes away, over steps of training.

    Clipping multiplies a whole gradient by θ/‖g‖, so in one step every lag loses the
    same part of itself.  What differs is how long each lag is, and whether the steps
    that are clipped are those in which far lags are long.

    Parameters
    ----------
    contributions : (K, L) or (L,) array_like
        ⟨G_l, g⟩/‖g‖ for K steps, from `lag_contributions`; every row sums to its norm.
    threshold : float
        θ > 0.

    Returns
    -------
    ClippedLags

    Raises
    ------
    InputError
        If there is no step or no lag, or a row sums to less than zero: no norm does.

    Examples
    --------
    >>> found = clipped_lags([[1.0, 0.0], [1.0, 9.0]], 2.0)
    >>> found.removed, found.share_removed, found.share_passed
    (array([0.4, 3.6]), array([0.1, 0.9]), array([1., 0.]))
    """
    theta = require_number("threshold", threshold, above=0.0)
    rows = np.atleast_2d(require_array("contributions", contributions, "(..., L)"))
    if rows.ndim != 2:
        raise ShapeError("contributions", "(K, L) or (L,)", rows.shape)
    norms = rows.sum(axis=1)
    scale = np.abs(rows).sum(axis=1)
    # A sum of L terms may round to −L eps Σ|term| where it is zero.
    if not rows.size or (norms < -rows.shape[1] * np.finfo(float).eps * scale).any():
        got = f"one of {norms.min():.3g}" if rows.size else f"shape {rows.shape}"
        message = f"`contributions` must have rows that sum to norms; got {got}."
        raise InputError(message)
    over = norms > theta
    lost = 1.0 - theta / np.where(over, norms, theta)
    removed = (lost[:, None] * rows).mean(axis=0)
    return ClippedLags(
        removed=removed,
        share_removed=_shares(removed),
        share_passed=_shares(rows[~over].sum(axis=0)),
        threshold=theta,
        fraction=float(over.mean()),
        origin=Origin(parameters={"steps": len(rows), "lags": rows.shape[1]}),
    )


def _shares(lengths: Vector) -> Vector:
    total = lengths.sum()
    return lengths / total if total > 0 else np.full(len(lengths), np.nan)
