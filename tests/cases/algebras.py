"""One row per number system: numbers in, float64 out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab.algebra import FLOATS
from gradlab.algebra.balls import BALLS
from gradlab.algebra.symbols import SYMBOLS

__all__ = ["ALGEBRAS", "NumberSystem"]


@dataclass(frozen=True)
class NumberSystem:
    """An algebra and the way back to float64."""

    algebra: Any
    to_float: Callable[[Any], float]

    def floats(self, array):
        """Return an array of the system as float64."""
        flat = [self.to_float(entry) for entry in np.asarray(array).flat]
        return np.reshape(np.array(flat, dtype=float), np.shape(array))


ALGEBRAS = {
    "floats": NumberSystem(FLOATS, float),
    "symbols": NumberSystem(SYMBOLS, lambda entry: float(entry.evalf(30))),
    "balls": NumberSystem(BALLS, lambda entry: float(entry.mid())),
}
