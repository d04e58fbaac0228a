"""Time as a layer lives it: its own first step first, all sequences ending together.

A padded batch of T steps holds sequences of L_b ≤ T steps, padded behind.  In a layer's
own order sequence b begins at step T − L_b, so that the last step of every sequence is
the last of the array; a backward layer reads its sequence from the end:

    own step s is step s − (T − L_b) forward, and step T − 1 − s backward.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, final

import numpy as np

from gradlab._checks import require_array
from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["Alignment", "Direction"]

Direction: TypeAlias = Literal["forward", "backward"]


@final
@dataclass(frozen=True, eq=False)
class Alignment:
    """The order of time of one direction, for sequences of some lengths.

    Attributes
    ----------
    steps : int
        T, of the padded batch.
    lengths : (B,) array of int
        L_b in 1 … T.
    direction : "forward" or "backward"

    Examples
    --------
    >>> order = Alignment(3, np.array([3, 1]), "backward")
    >>> order.starts
    array([0, 2])
    >>> order.own(np.array([[1, 4], [2, 0], [3, 0]])).tolist()  # padded with 0
    [[3, 0], [2, 0], [1, 4]]
    """

    steps: int
    lengths: Array
    direction: Direction

    @classmethod
    def of(
        cls, shape: tuple[int, ...], lengths: object, direction: Direction
    ) -> "Alignment":
        """Return the alignment of a batch (T, B, ·); None says that none is shorter.

        Raises
        ------
        InputError
            If a length is not an integer in 1 … T.
        """
        T, B = shape[:2]
        if lengths is None:
            return cls(T, np.full(B, T), direction)
        found = require_array("lengths", lengths, "(B,)", sizes={"B": B})
        if (found != found.round()).any() or (found < 1).any() or (found > T).any():
            message = (
                f"`lengths` must be integers in 1 … T = {T}; got {found.tolist()}."
            )
            raise InputError(message)
        return cls(T, found.astype(np.intp), direction)

    @property
    def starts(self) -> Array:
        """The own step at which each sequence begins (B,)."""
        return self.steps - self.lengths

    def own(self, values: Array) -> Array:
        """Return values (T, B, ...) of the batch in the layer's own order, 0 before."""
        found = np.zeros_like(values)
        own, b, at = self._pairs()
        found[own, b] = values[at, b]
        return found

    def back(self, values: Array) -> Array:
        """Return values (T, B, ...) in own order as the batch has them, 0 behind."""
        found = np.zeros_like(values)
        own, b, at = self._pairs()
        found[at, b] = values[own, b]
        return found

    def _pairs(self) -> tuple[Array, Array, Array]:
        """Return own step, sequence, and step of the batch, of every real step."""
        T = self.steps
        own, b = np.nonzero(np.arange(T)[:, None] >= self.starts[None, :])
        at = T - 1 - own if self.direction == "backward" else own - self.starts[b]
        return own, b, at
