"""How gradient norms are distributed, in constant memory: counts of ⌊ln‖g‖ / w⌋.

A quantile is the middle of its bin, so it is right to a factor e^{±w/2}, one per cent.
"""

import math
from typing import final

import numpy as np

from gradlab._checks import require_number
from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["NormHistogram"]

_WIDTH = 0.02  # nats
_FARTHEST = 92.0  # nats: norms from 1e−40 to 1e40, which float32 does not leave


@final
class NormHistogram:
    """Norms counted one by one, however many: their quantiles, and the share above θ.

    What `gradlab.remedies.clip_statistics` says of norms that were kept, for norms that
    were not: those of a whole training run.  Memory is 74 kB.  Norms below 1e−40, zero
    too, are counted as 1e−40, and those above 1e40 as that.

    Examples
    --------
    >>> seen = NormHistogram()
    >>> for norm in (1.0, 2.0, 3.0, 400.0):
    ...     seen.add(norm)
    >>> seen.count, round(seen.quantile(0.75), 1), seen.share_above(100.0)
    (4, 3.0, 0.25)
    """

    def __init__(self) -> None:
        self._counts: Array = np.zeros(2 * round(_FARTHEST / _WIDTH), dtype=np.int64)

    @property
    def count(self) -> int:
        """How many norms were counted."""
        return int(self._counts.sum())

    def add(self, norm: float) -> None:
        """Count a norm.

        Raises
        ------
        InputError
            If it is negative, NaN or infinite.
        """
        self._counts[self._bin(require_number("norm", norm, minimum=0.0))] += 1

    def quantile(self, q: float) -> float:
        """Return the least norm that at most a share 1 − q exceeds, to 1 %.

        Raises
        ------
        InputError
            If q is not above 0 and at most 1, or nothing was counted.
        """
        level = require_number("q", q, above=0.0, maximum=1.0)
        total = self.count
        if not total:
            message = "a quantile needs at least one norm; got none."
            raise InputError(message)
        # The rank must not round up past q K: 0.7 · 10 is 7.000000000000001 in float64.
        rank = max(math.ceil(level * total * (1 - 2**-50)), 1)
        place = int(np.searchsorted(np.cumsum(self._counts), rank))
        return math.exp((place + 0.5) * _WIDTH - _FARTHEST)

    def share_above(self, threshold: float) -> float:
        """Return the share of norms above θ > 0; NaN if nothing was counted.

        Norms within 1 % of θ may be counted on its other side.
        """
        theta = require_number("threshold", threshold, above=0.0)
        total = self.count
        above = self._counts[self._bin(theta) + 1 :].sum()
        return float(above / total) if total else math.nan

    def _bin(self, norm: float) -> int:
        log = math.log(norm) if norm else -math.inf
        inside = min(max(log, -_FARTHEST), _FARTHEST)
        return min(int((inside + _FARTHEST) / _WIDTH), len(self._counts) - 1)
