"""Norms of gradients before clipping: since the last look, and since the beginning."""

from typing import final

from gradlab.remedies.norm_histogram import NormHistogram

__all__ = ["RunningNorms"]

_QUANTILES = {"q50": 0.5, "q90": 0.9, "q99": 0.99}


@final
class RunningNorms:
    """Quantiles of norms in constant memory, exact between two looks.

    Parameters
    ----------
    threshold : float or None
        θ: also say what share of the norms is above it.

    Examples
    --------
    >>> norms = RunningNorms(2.5)
    >>> for norm in (1.0, 2.0, 3.0, 4.0):
    ...     norms.add(norm)
    >>> norms.recent()
    {'steps': 4, 'median': 2.0, 'largest': 4.0, 'clipped': 0.5}
    >>> norms.recent(), norms.overall()["steps"]
    ({'steps': 0}, 4)
    """

    def __init__(self, threshold: float | None) -> None:
        self._threshold = threshold
        self._all = NormHistogram()
        self._recent: list[float] = []
        self._above = 0

    def add(self, norm: float) -> None:
        """Count a finite norm."""
        self._all.add(norm)
        self._recent.append(norm)
        self._above += self._is_above(norm)

    def recent(self) -> dict[str, float]:
        """Return what was seen since the last call of this, and forget it."""
        seen = sorted(self._recent)
        self._recent.clear()
        if not seen:
            return {"steps": 0}
        found = {
            "steps": len(seen),
            "median": seen[(len(seen) - 1) // 2],
            "largest": seen[-1],
        }
        if self._threshold is not None:
            found["clipped"] = sum(map(self._is_above, seen)) / len(seen)
        return found

    def overall(self) -> dict[str, float]:
        """Return quantiles of everything that was seen, to 1 %, and the share above."""
        found: dict[str, float] = {"steps": self._all.count}
        if self._all.count:
            found |= {name: self._all.quantile(q) for name, q in _QUANTILES.items()}
            if self._threshold is not None:
                found["clipped"] = self._above / self._all.count
        return found

    def _is_above(self, norm: float) -> bool:
        return self._threshold is not None and norm > self._threshold
