"""One recurrent layer on its own run: its cell, its states, and what the loss says."""

import dataclasses
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from gradlab.cells import AbstractCell
from gradlab.dynamics import Trajectory, run
from gradlab.objectives import AbstractObjective
from gradlab.typing import Array

__all__ = ["Subject"]


@final
@dataclass(frozen=True, eq=False)
class Subject:
    """What a layer did, and the gradients that reach it from outside.

    Attributes
    ----------
    name : str
        Of the layer in its model.
    trajectory : Trajectory
        A batch (T, B, ·), aligned at the end.
    sources : (T, B, n) array or None
        ∂L/∂h_t not through the layer's own later steps; None without a loss.
    starts : (B,) array of int
        The first real step of each sequence.
    dtype : str
        The precision of the model.
    """

    name: str
    trajectory: Trajectory
    sources: Array | None
    starts: Array
    dtype: str = "float64"

    @classmethod
    def of(cls, source: Trajectory | AbstractObjective, *, name: str) -> Self:
        """Return the subject that a run is, with the loss of an objective."""
        if isinstance(source, Trajectory):
            trajectory, sources = source, None
        else:
            trajectory, sources = source.trajectory, source.cotangents
        if not trajectory.batch:
            cell = trajectory.cell
            states, inputs = trajectory.states[:, None], trajectory.inputs[:, None]
            trajectory = Trajectory(cell, states, inputs)
            sources = None if sources is None else sources[:, None]
        starts = np.zeros(trajectory.batch, dtype=np.intp)
        return cls(name, trajectory, sources, starts)

    @property
    def cell(self) -> AbstractCell:
        """The cell."""
        return self.trajectory.cell

    def some(self, sequences: int) -> Self:
        """Return the same of so many sequences at most, evenly picked."""
        (B,) = self.trajectory.batch
        if sequences >= B:
            return self
        at = np.linspace(0, B - 1, sequences).round().astype(int)
        picked = Trajectory(
            self.cell,
            self.trajectory.states[:, at],
            self.trajectory.inputs[:, at],
        )
        sources = None if self.sources is None else self.sources[:, at]
        return dataclasses.replace(
            self, trajectory=picked, sources=sources, starts=self.starts[at]
        )

    def with_cell(self, cell: AbstractCell) -> Self:
        """Return the run of another cell on the same inputs, under the same loss.

        The gradients that the loss sends are kept as they are: how they fare on their
        way back is what changes.
        """
        again = run(cell, self.trajectory.states[0], self.trajectory.inputs)
        return dataclasses.replace(self, trajectory=again)
