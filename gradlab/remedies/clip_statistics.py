"""Norms before clipping: P(‖g‖ ≤ x) over steps, and the θ that clips a given share."""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_array, require_number
from gradlab._results import Origin, Result
from gradlab.errors import InputError
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = ["ClipStatistics", "clip_statistics"]


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

    sources: ClassVar[tuple[Reference, ...]] = (Reference("pascanu2013difficulty"),)

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
