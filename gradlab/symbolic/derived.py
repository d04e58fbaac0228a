"""Equations that were derived, left = right, under a key and some words."""

from dataclasses import dataclass
from typing import Any, final

__all__ = ["Derivation"]


@final
@dataclass(frozen=True)
class Derivation:
    """Equations that belong together.

    Attributes
    ----------
    key : str
        Such as "lstm.jacobian".
    words : str
        What they say.
    equations : tuple of pairs of sympy.Basic
        Left and right sides.  A symbol named ∂y/∂x stands for that derivative.

    Examples
    --------
    >>> from gradlab.symbolic import derivation
    >>> derivation("lstm")[0].equations
    ((c', c*sigma(f) + tanh(g)*sigma(i)), (h', tanh(c')*sigma(o)))
    """

    key: str
    words: str
    equations: tuple[tuple[Any, Any], ...]
