"""One recurrent layer on its own run: its cell, its states, and what the loss says."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np

from gradlab.cells import AbstractCell
from gradlab.dynamics import ScaledRows, Trajectory, run
from gradlab.objectives import AbstractObjective
from gradlab.studies.diagnosis.lags import last_losses, last_steps, required_lag
from gradlab.typing import Array

__all__ = ["Losses", "Subject"]


@final
@dataclass(frozen=True, eq=False)
class Losses:
    """The gradients that reach a layer from outside, at any size.

    Attributes
    ----------
    every : ScaledRows
        ∂L/∂h_t (T, B, n), not through the layer's own later steps.
    last : ScaledRows
        Those of the last loss of each sequence alone.
    steps : (B,) array of int
        Where that last loss is, among the T steps.
    lag : int
        The largest distance of a step to the next loss.
    """

    every: ScaledRows
    last: ScaledRows
    steps: Array
    lag: int

    @classmethod
    def of(cls, sources: Array, starts: Array) -> Self:
        """Return the losses of a layer that sees them itself."""
        return cls(
            ScaledRows.of(sources),
            ScaledRows.of(last_losses(sources)),
            last_steps(sources),
            required_lag(sources, starts),
        )

    def at(self, sequences: Array) -> Self:
        """Return those of some sequences."""
        every, last = (
            ScaledRows(rows.mantissa[:, sequences], rows.exponent[:, sequences])
            for rows in (self.every, self.last)
        )
        return type(self)(every, last, self.steps[sequences], self.lag)


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
    losses : Losses or None
        None without a loss.
    starts : (B,) array of int
        The first real step of each sequence.
    dtype : str
        The precision of the model.
    reads_inputs : bool
        Whether it reads the inputs of its module, and not another layer.
    """

    name: str
    trajectory: Trajectory
    losses: Losses | None
    starts: Array
    dtype: str = "float64"
    reads_inputs: bool = True

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
        seen = sources is not None and sources.any()
        losses = Losses.of(sources, starts) if seen else None  # type: ignore[arg-type]
        return cls(name, trajectory, losses, starts)

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
        changes: dict[str, Any] = {
            "trajectory": Trajectory(
                self.cell,
                self.trajectory.states[:, at],
                self.trajectory.inputs[:, at],
            ),
            "losses": None if self.losses is None else self.losses.at(at),
            "starts": self.starts[at],
        }
        return dataclasses.replace(self, **changes)

    def with_cell(self, cell: AbstractCell) -> Self:
        """Return the run of another cell on the same inputs, under the same loss.

        The gradients that the loss sends are kept as they are: how they fare on their
        way back is what changes.
        """
        again = run(cell, self.trajectory.states[0], self.trajectory.inputs)
        return dataclasses.replace(self, trajectory=again)
