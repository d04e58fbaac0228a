"""Forms P and multipliers Λ with ‖DW‖_P ≤ γ for all slopes D in [l, h], to be tried.

Nothing here is proved or has to be: what a solver says of γ is decided elsewhere, for
rates a little above it.
"""

from collections.abc import Iterator

import numpy as np

from gradlab.linalg.lmi import sector_forms
from gradlab.typing import Matrix, Vector

__all__ = ["sector_candidates"]

_LARGEST = 16  # units: the inequality has n(n + 3)/2 unknowns and 2n rows
_RTOL = 1e-2
_MARGINS = (1e-6, 1e-3)
_SMALLEST = 1e-3  # of the norm: a joint spectral radius below it is not looked for


def sector_candidates(
    W: Matrix, slopes: tuple[float, float]
) -> Iterator[tuple[Matrix, Vector, list[float]]]:
    """Yield P, the diagonal of Λ, and rates at which they may be proved to do."""
    largest = max(map(abs, slopes))
    norm = largest * float(np.linalg.norm(W, 2))
    if not 1 < len(W) <= _LARGEST or not norm > 0:
        return
    radius = largest * float(np.abs(np.linalg.eigvals(W)).max())
    least = max(0.99 * radius, _SMALLEST * norm)
    for gamma, P, multipliers in sector_forms(W, slopes, least=least, rtol=_RTOL):
        rates = [gamma * (1 + margin) for margin in _MARGINS]
        yield (P + P.T) / 2, np.maximum(multipliers, 0.0), rates
