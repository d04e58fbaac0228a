"""The Jacobians of a run, ∂h_t/∂h_{t−1} at its states, evaluated where they are used.

A thousand steps of an LSTM of 256 units with 32 sequences have 2^28 slopes, which are
two gigabytes; a stretch of some steps has a few million, and is soon made again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradlab.cells.base import AbstractCell
from gradlab.cells.factored import AbstractJacobian
from gradlab.typing import Array

__all__ = ["RunJacobian"]

_STATES = 2**18  # entries of the states whose slopes are at hand at once


@final
@dataclass(frozen=True, eq=False)
class RunJacobian(AbstractJacobian):
    """∂F/∂h of a cell at states h (..., n) under inputs x (..., m), not yet evaluated.

    Examples
    --------
    >>> from gradlab.cells import Logistic
    >>> J = RunJacobian(Logistic(4.0), np.array([[0.25], [0.5]]), np.zeros((2, 0)))
    >>> J.dense().tolist()  # r (1 − 2h)
    [[[2.0]], [[0.0]]]
    """

    cell: AbstractCell
    states: Array
    inputs: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(..., n, n)."""
        return (*self.states.shape, self.states.shape[-1])

    def __getitem__(self, index: Any) -> "RunJacobian":
        """Index or slice the leading axes."""
        return RunJacobian(self.cell, self.states[index], self.inputs[index])

    def evaluated(self) -> AbstractJacobian:
        """Return the slopes at all these states."""
        return self.cell.slopes(self.states, self.inputs)

    def tangent(self, V: Array) -> Array:
        """Return J V."""
        return self.evaluated().tangent(V)

    def cotangent(self, U: Array) -> Array:
        """Return U J."""
        return self.evaluated().cotangent(U)

    def dense(self) -> Array:
        """Return J as an array (..., n, n), a stretch of the first axis at a time."""
        return np.concatenate([J.dense() for J in self._stretches()])

    def log_abs_det(self) -> Array:
        """Return ln|det J|, a stretch of the first axis at a time."""
        return np.concatenate([J.log_abs_det() for J in self._stretches()])

    def _stretches(self) -> Iterator[AbstractJacobian]:
        steps = max(_STATES // max(self.states[:1].size, 1), 1)
        for start in range(0, max(len(self.states), 1), steps):
            yield self[start : start + steps].evaluated()
