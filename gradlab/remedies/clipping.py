"""Gradient clipping: g ← min(1, θ/‖g‖) g by norm, g_i ← min(max(g_i, −θ), θ) by value.

‖g‖ is taken over all parameters together, with its exponent kept apart: it is right
also where its square, or it itself, is out of the range of float64.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, final

import numpy as np

from gradlab._checks import require_array, require_finite, require_number
from gradlab._results import Origin, Result
from gradlab.errors import InputError, InputTypeError, ShapeError
from gradlab.linalg import Scaled
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = [
    "ClipStatistics",
    "Clipped",
    "ClippedLags",
    "HasParams",
    "clip_by_norm",
    "clip_by_value",
    "clip_statistics",
    "clipped_lags",
    "lag_contributions",
]

_SOURCES = (Reference("pascanu2013difficulty"),)


class HasParams(Protocol):
    """Anything with gradients by the names of parameters, as estimators return it."""

    @property
    def params(self) -> Mapping[str, Array]:
        """∂L/∂θ by name."""


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Clipped(Result):
    """A gradient after clipping, and what it was before.

    Attributes
    ----------
    params : dict
        The clipped gradient by the names of the parameters.
    norm : float
        ‖g‖₂ before clipping, over all parameters; inf where float64 has no such number.
    log_norm : float
        ln‖g‖₂ in nats; finite wherever g is not zero.
    threshold : float
        θ.
    clipped : bool
        Whether anything was changed.
    share : float
        Fraction of the entries that were changed.
    """

    sources: ClassVar[tuple[Reference, ...]] = _SOURCES

    params: Mapping[str, Array]
    norm: float
    log_norm: float
    threshold: float
    clipped: bool
    share: float

    def columns(self) -> dict[str, Array]:
        """Return norm, its logarithm, the threshold and the share, in one row."""
        names = ("norm", "log_norm", "threshold", "share")
        return {name: np.array([getattr(self, name)]) for name in names}


def clip_by_norm(
    gradient: Mapping[str, ArrayLike] | HasParams, threshold: float
) -> Clipped:
    """Return min(1, θ/‖g‖₂) g, the norm taken over all parameters together.

    Parameters
    ----------
    gradient : mapping of str to array_like, or anything with ``.params``
        ∂L/∂θ by name.
    threshold : float
        θ > 0, the largest norm that passes.

    Returns
    -------
    Clipped
        Unchanged to the last bit where ‖g‖ ≤ θ; otherwise of norm θ to a few eps.

    Raises
    ------
    NonFiniteError
        If an entry is NaN or infinite; it names the parameter and the place.
    InputError, InputTypeError
        If there is no parameter, or the threshold is not positive and finite.

    Notes
    -----
    [pascanu2013difficulty].  ``torch.nn.utils.clip_grad_norm_`` divides by ‖g‖ + 1e-6
    instead, and its result is that much shorter than θ.

    Examples
    --------
    >>> found = clip_by_norm({"W": [[3.0]], "b": [4.0]}, 1.0)
    >>> found.params, found.norm
    ({'W': array([[0.6]]), 'b': array([0.8])}, 5.0)
    """
    theta = require_number("threshold", threshold, above=0.0)
    params = _params(gradient)
    length = _length(params)
    if not _exceeds(length, theta):
        return _clipped(params, length, theta, changed=0)
    mantissa, exponent = length
    # θ/‖g‖ · g as (g 2^−e) · θ/(‖g‖ 2^−e): neither factor leaves float64.
    scaled = {
        name: np.ldexp(g, -exponent) * (theta / mantissa) for name, g in params.items()
    }
    entries = sum(g.size for g in params.values())
    return _clipped(scaled, length, theta, changed=entries)


def clip_by_value(
    gradient: Mapping[str, ArrayLike] | HasParams, threshold: float
) -> Clipped:
    """Return every entry of g cut off at ±θ; the direction of g is not kept.

    Parameters
    ----------
    gradient : mapping of str to array_like, or anything with ``.params``
        ∂L/∂θ by name.
    threshold : float
        θ > 0, the largest entry that passes.

    Returns
    -------
    Clipped
        As ``torch.nn.utils.clip_grad_value_`` does it, exactly.

    Raises
    ------
    NonFiniteError
        If an entry is NaN or infinite; it names the parameter and the place.
    InputError, InputTypeError
        If there is no parameter, or the threshold is not positive and finite.

    Examples
    --------
    >>> found = clip_by_value({"W": [[3.0, -0.5]]}, 1.0)
    >>> found.params["W"], found.share
    (array([[ 1. , -0.5]]), 0.5)
    """
    theta = require_number("threshold", threshold, above=0.0)
    params = _params(gradient)
    changed = sum(int((np.abs(g) > theta).sum()) for g in params.values())
    cut = {name: np.clip(g, -theta, theta) for name, g in params.items()}
    return _clipped(cut, _length(params), theta, changed=changed)


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ClipStatistics(Result):
    """How gradient norms are distributed, and how many a threshold would clip.

    Attributes
    ----------
    norms : (K,) array
        The pre-clip norms in ascending order.
    threshold : float
        θ, or the suggested one where none was given.
    fraction : float
        Share of the steps with ‖g‖ > θ.
    mean_factor : float
        Mean of min(1, θ/‖g‖): what is left of a gradient on average.
    quantile : float
        The quantile that the suggestion is.
    suggested : float
        The least of the norms that at most a share 1 − quantile of them exceeds.
    """

    sources: ClassVar[tuple[Reference, ...]] = _SOURCES

    norms: Vector
    threshold: float
    fraction: float
    mean_factor: float
    quantile: float
    suggested: float

    def columns(self) -> dict[str, Array]:
        """Return the distribution: norms and the share of steps at or below each."""
        share = np.arange(1, len(self.norms) + 1) / len(self.norms)
        return {"norm": self.norms, "share": share}


def clip_statistics(
    norms: ArrayLike, threshold: float | None = None, *, quantile: float = 0.9
) -> ClipStatistics:
    """Return the distribution of pre-clip norms and a threshold that suits it.

    Parameters
    ----------
    norms : (K,) array_like
        ‖g‖₂ of K ≥ 1 steps before clipping.
    threshold : float, optional
        θ > 0; the suggested one unless told.
    quantile : float
        In (0, 1]: the share of steps that the suggested threshold leaves alone.

    Returns
    -------
    ClipStatistics

    Raises
    ------
    InputError
        If there is no norm, one is negative or not finite, or `threshold` or `quantile`
        is out of range.

    Notes
    -----
    A threshold from the average norm of a few updates is the advice of
    [pascanu2013difficulty]; a quantile does not let one explosion decide.

    Examples
    --------
    >>> found = clip_statistics([1.0, 2.0, 3.0, 400.0], quantile=0.75)
    >>> found.suggested, found.fraction
    (3.0, 0.25)
    """
    sizes = np.sort(require_array("norms", norms, "(K,)"))
    if not len(sizes) or sizes[0] < 0:
        got = f"a negative one, {sizes[0]:g}" if len(sizes) else "none"
        message = f"`norms` must hold at least one, none negative; got {got}."
        raise InputError(message)
    level = require_number("quantile", quantile, above=0.0, maximum=1.0)
    # The rank must not round up past q K: 0.7 · 10 is 7.000000000000001 in float64.
    rank = max(math.ceil(level * len(sizes) * (1 - 2**-50)), 1)
    suggested = float(sizes[rank - 1])
    theta = suggested
    if threshold is not None:
        theta = require_number("threshold", threshold, above=0.0)
    over = sizes[sizes > theta]
    kept = (len(sizes) - len(over)) + float((theta / over).sum())
    return ClipStatistics(
        norms=sizes,
        threshold=theta,
        fraction=len(over) / len(sizes),
        mean_factor=kept / len(sizes),
        quantile=level,
        suggested=suggested,
        origin=Origin(parameters={"steps": len(sizes)}),
    )


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

    sources: ClassVar[tuple[Reference, ...]] = _SOURCES

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


def _params(gradient: Any) -> dict[str, Array]:
    """Return copies of the gradients by name, every entry finite."""
    given = getattr(gradient, "params", gradient)
    if not isinstance(given, Mapping):
        message = (
            "`gradient` must be a mapping of names to arrays, or have `.params`; "
            f"got {type(gradient).__name__}."
        )
        raise InputTypeError(message)
    if not given:
        message = "`gradient` must hold at least one parameter; got none."
        raise InputError(message)
    return {
        name: np.array(require_array(f"gradient[{name!r}]", value, "..."))
        for name, value in given.items()
    }


def _length(params: Mapping[str, Array]) -> tuple[float, int]:
    """Return ‖g‖₂ over all parameters as (x, e), its value being x 2^e."""
    scaled = Scaled.of(np.concatenate([g.ravel() for g in params.values()]))
    return float(np.linalg.norm(scaled.mantissa)), int(scaled.exponent)


def _exceeds(length: tuple[float, int], theta: float) -> bool:
    return _as_float(length) > theta


def _as_float(length: tuple[float, int]) -> float:
    try:
        return math.ldexp(*length)
    except OverflowError:
        return math.inf


def _clipped(
    params: Mapping[str, Array],
    length: tuple[float, int],
    theta: float,
    *,
    changed: int,
) -> Clipped:
    mantissa, exponent = length
    log = math.log(mantissa) + exponent * math.log(2.0) if mantissa else -math.inf
    entries = sum(g.size for g in params.values())
    return Clipped(
        params=params,
        norm=_as_float(length),
        log_norm=log,
        threshold=theta,
        clipped=changed > 0,
        share=changed / max(entries, 1),
    )
