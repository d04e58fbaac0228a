"""What rounding does: random rows carried in float32 and in float64, side by side.

A row u = ωᵀ ∂h_T/∂s_t goes through the same Jacobians in both.  ‖u₃₂ − u₆₄‖/‖u₆₄‖ holds
the roundings of every step as the later steps grew them, those of weights and slopes
included; in float64 they are 2^−29 of that.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.gradients._lag_rows import rescale, sum_of_squares
from gradlab.gradients._row_products import AbstractProducts
from gradlab.gradients._stretches import Stretch
from gradlab.typing import Array

__all__ = ["Witness"]

_ROWS = 8
_UNIT = 2.0**-24  # of float32
_FAR = 1000  # binary orders: beyond them one of the two has lost everything


@final
@dataclass(eq=False)
class Witness:
    """Rows of some sequences of a batch, in float32 and in float64.

    Attributes
    ----------
    sequences : (w,) array of int
        The eight that start first.
    narrow, wide : (w, h, n) arrays of float32 and float64
        One row each, or more where there are fewer sequences.
    exponent : (2, w) array of int
        Theirs, in this order.
    """

    sequences: Array
    narrow: Array
    wide: Array
    exponent: Array

    @classmethod
    def first(
        cls, starts: Array, hidden: int, n: int, rng: np.random.Generator
    ) -> "Witness":
        """Return rows ω of random signs in the hidden part."""
        sequences = np.sort(np.argsort(starts, kind="stable")[:_ROWS])
        shape = len(sequences), max(_ROWS // len(sequences), 1)
        rows = np.zeros((*shape, n))
        signs = rng.integers(0, 2, size=(*shape, hidden))
        rows[..., :hidden] = 2.0 * signs - 1.0
        exponent = np.zeros((2, len(sequences)), dtype=np.int64)
        return cls(sequences, rows.astype(np.float32), rows, exponent)

    def advance(self, stretch: Stretch, t: int) -> None:
        """Multiply both rows by the Jacobian of step t of a stretch."""
        narrow, wide = stretch.products
        self.narrow = _advanced(narrow, t, self.sequences, self.narrow)
        self.wide = _advanced(wide, t, self.sequences, self.wide)
        self.exponent += stretch.exponent[t, self.sequences]
        for which, rows in enumerate((self.narrow, self.wide)):
            self.exponent[which] += rescale(rows, sum_of_squares(rows))

    def only(self, staying: Array) -> "Witness":
        """Return the rows of those sequences that stay, (B,) of bool."""
        here = staying[self.sequences]
        if here.all():
            return self
        parts = self.sequences[here], self.narrow[here], self.wide[here]
        return Witness(*parts, self.exponent[:, here])

    def rounding(self, batch: int, lag: int) -> Array:
        """Return the largest ‖u₃₂ − u₆₄‖/‖u₆₄‖ (B,) of each; for others, of all.

        At least what as many random roundings as steps leave: some rows are lucky.
        """
        shift = self.exponent[0] - self.exponent[1]
        scale = np.ldexp(1.0, np.clip(shift, -_FAR, _FAR))
        apart = self.narrow * scale[:, None, None] - self.wide
        difference, size = (np.square(x).sum(axis=2) for x in (apart, self.wide))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.maximum(np.sqrt(difference / size), _UNIT * np.sqrt(lag))
        ratio[(difference == 0) & (size == 0)] = 0.0
        ratio = ratio.max(axis=1)
        found = np.full(batch, ratio.max(initial=0.0))
        found[self.sequences] = ratio
        return found


def _advanced(
    products: AbstractProducts, t: int, sequences: Array, rows: Array
) -> Array:
    out = np.empty_like(rows)
    products.times(t, sequences, rows, out)
    return out
