"""What the sliders of a page move over: an exploration, to four digits."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradlab.studies import Exploration
from gradlab.typing import Array

__all__ = ["explorer_data"]


def explorer_data(found: Exploration) -> Mapping[str, Any]:
    """Return the grid in JSON's types; null is what is not finite, or not there.

    Examples
    --------
    >>> from gradlab.studies import exploration
    >>> data = explorer_data(exploration("Linear", rng=0))
    >>> data["gains"][3], len(data["exponents"][3][0]), data["twins"][3][0][0]
    (1.0, 8, 0.0)
    """
    return {
        "kind": f"{found.activation} {found.kind}".strip(),
        "gains": found.gains.tolist(),
        "sizes": found.sizes.tolist(),
        "lags": found.lags.tolist(),
        "times": found.times.tolist(),
        "profiles": _rounded(found.profiles),
        "exponents": [
            [_rounded(row[~np.isnan(row)]) for row in by_size]
            for by_size in found.exponents
        ],
        "twins": _rounded(found.twins),
        "paths": _rounded(found.paths),
    }


def _rounded(values: Array) -> list[Any]:
    if values.ndim > 1:
        return [_rounded(part) for part in values]
    return [float(f"{x:.4g}") if math.isfinite(x) else None for x in values.tolist()]
