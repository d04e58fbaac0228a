"""Six verdicts on a gradient through time, and the rule that reads them off numbers.

With a_l the gradient at lag l over that at lag 0, in nats, R the lag that is needed and
λ₁ the growth of the Jacobians, in this order:

    exploding    max_l a_l > ln 1000, or the model's own gradient is not finite
    vanishing    R ≥ 1 and a_R < ln(1/1000)
    chaotic      λ₁ > 2 standard errors
    contracting  no loss was given, λ₁ < −2 standard errors and the horizon was seen
    healthy      else; if a loss was given: not the gradients
"""

import enum
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from gradlab.gradients.horizon import HORIZON_LEVEL

__all__ = ["Evidence", "GradientVerdict", "verdict_of", "worst"]

_SURE = 2.0  # standard errors
_LOST = math.log(HORIZON_LEVEL)
_GROWN = -_LOST


class GradientVerdict(enum.Enum):
    """What is wrong with a gradient through time, if anything."""

    EXPLODING = "exploding"
    VANISHING = "vanishing"
    CHAOTIC = "chaotic"
    CONTRACTING = "contracting"
    HEALTHY = "healthy"
    NOT_THE_GRADIENTS = "not the gradients"

    @property
    def is_trouble(self) -> bool:
        """Whether something should be done."""
        return self in _TROUBLE


_TROUBLE = (
    GradientVerdict.EXPLODING,
    GradientVerdict.VANISHING,
    GradientVerdict.CHAOTIC,
)
_BY_GRAVITY = tuple(GradientVerdict)


@final
@dataclass(frozen=True)
class Evidence:
    """The numbers a verdict rests on, in nats.

    Attributes
    ----------
    left : float
        a_R, what is left of the gradient at the lag that is needed.
    peak : float
        The largest a_l, 0 at least.
    exponent, stderr : float
        λ₁ per step and its standard error; NaN where too short to tell.
    required_lag : int
        R; 0 where none is needed.
    horizon : float
        In steps; inf where it was not reached.
    has_loss : bool
        Whether a_l is the gradient of a loss, or of the Jacobians alone.
    bounded : bool
        Whether the states are bounded, so that growth is chaos and not escape.
    finite : bool
        Whether the model's own gradient is finite in the model's precision.
    """

    left: float
    peak: float
    exponent: float
    stderr: float
    required_lag: int
    horizon: float
    has_loss: bool
    bounded: bool = True
    finite: bool = True

    @property
    def grows(self) -> bool:
        """Whether λ₁ is above 0 by more than two standard errors."""
        return self.exponent > _SURE * self.stderr


def verdict_of(evidence: Evidence) -> GradientVerdict:
    """Return the first verdict of the list above whose condition holds.

    Without a loss, growth of bounded states is called chaotic and not exploding.

    Examples
    --------
    >>> fading = Evidence(
    ...     left=-60.0, peak=0.0, exponent=-0.6, stderr=0.01, required_lag=100,
    ...     horizon=11.5, has_loss=True,
    ... )
    >>> verdict_of(fading)
    <GradientVerdict.VANISHING: 'vanishing'>
    """
    if evidence.peak > _GROWN or not evidence.finite:
        told_apart = evidence.grows and evidence.bounded and not evidence.has_loss
        return GradientVerdict.CHAOTIC if told_apart else GradientVerdict.EXPLODING
    if evidence.required_lag and evidence.left < _LOST:
        return GradientVerdict.VANISHING
    if evidence.grows:
        return GradientVerdict.CHAOTIC
    if evidence.has_loss:
        return GradientVerdict.NOT_THE_GRADIENTS
    shrinking = evidence.exponent < -_SURE * evidence.stderr
    if shrinking and math.isfinite(evidence.horizon):
        return GradientVerdict.CONTRACTING
    return GradientVerdict.HEALTHY


def worst(verdicts: Iterable[GradientVerdict]) -> GradientVerdict:
    """Return the gravest of several; the order is that of `GradientVerdict`.

    Examples
    --------
    >>> worst([GradientVerdict.HEALTHY, GradientVerdict.CHAOTIC])
    <GradientVerdict.CHAOTIC: 'chaotic'>
    """
    return min(verdicts, key=_BY_GRAVITY.index)
