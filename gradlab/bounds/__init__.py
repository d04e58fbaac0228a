"""Theorems about gradients through time, as objects; one theorem a file."""

from gradlab.bounds.base import AbstractBound, AbstractTheorem
from gradlab.bounds.certificate import Certificate
from gradlab.bounds.linear_floor import LinearFloor
from gradlab.bounds.linear_radius import LinearRadius
from gradlab.bounds.norm_product import NormProduct
from gradlab.bounds.slope_norm import SlopeNorm
from gradlab.verified.compare import Verdict

__all__ = [
    "AbstractBound",
    "AbstractTheorem",
    "Certificate",
    "LinearFloor",
    "LinearRadius",
    "NormProduct",
    "SlopeNorm",
    "Verdict",
    "all_bounds",
    "all_theorems",
]


def all_bounds() -> list[type[AbstractBound]]:
    """Return every theorem that bounds the gain of a trajectory.

    Examples
    --------
    >>> NormProduct in all_bounds()
    True
    """
    return [NormProduct, SlopeNorm, LinearRadius, LinearFloor]


def all_theorems() -> list[type[AbstractTheorem]]:
    """Return every theorem.

    Examples
    --------
    >>> "thm:norm-product" in [theorem.label for theorem in all_theorems()]
    True
    """
    return [*all_bounds()]
