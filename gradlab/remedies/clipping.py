"""Gradient clipping: g ← min(1, θ/‖g‖) g by norm, g_i ← min(max(g_i, −θ), θ) by value.

‖g‖ is taken over all parameters together, with its exponent kept apart: it is right
also where its square, or it itself, is out of the range of float64.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, final

import numpy as np

from gradlab._checks import require_array, require_number
from gradlab._results import Result
from gradlab.errors import InputError, InputTypeError
from gradlab.linalg import Scaled
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike

__all__ = [
    "Clipped",
    "HasParams",
    "clip_by_norm",
    "clip_by_value",
]


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

    sources: ClassVar[tuple[Reference, ...]] = (Reference("pascanu2013difficulty"),)

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
