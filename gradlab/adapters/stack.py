"""A stack of recurrent layers, each in one or two directions, reading one another.

Layer l reads what layer l − 1 has written at the same step: the hidden parts of its
directions, one after the other.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_array
from gradlab.adapters.alignment import Alignment, Direction
from gradlab.cells import AbstractCell
from gradlab.dynamics import Trajectory, run
from gradlab.errors import InputError, ShapeError
from gradlab.typing import Array

__all__ = ["Stack", "StackLayer", "aligned_run"]


@final
@dataclass(frozen=True, eq=False)
class StackLayer:
    """One layer of a stack in one direction.

    Attributes
    ----------
    name : str
        "layer0", or "layer0.reverse" backwards.
    layer : int
        Counted from 0, from the inputs up.
    direction : "forward" or "backward"
    cell : AbstractCell

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> StackLayer(1, "backward", Linear([[0.5]], [[1.0]])).name
    'layer1.reverse'
    """

    layer: int
    direction: Direction
    cell: AbstractCell

    @property
    def name(self) -> str:
        """Its name in the stack."""
        return f"layer{self.layer}" + ".reverse" * (self.direction == "backward")


@final
@dataclass(frozen=True, eq=False)
class Stack:
    """Recurrent layers, from the inputs up; forward before backward within a layer.

    Raises
    ------
    InputError
        If the layers are not in this order, or do not fit together.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> half = Linear([[0.5]], [[1.0]])
    >>> stack = Stack([StackLayer(0, "forward", half), StackLayer(1, "forward", half)])
    >>> stack.outputs(np.ones((3, 1, 1))).ravel().tolist()  # of 1, 1½, 1¾
    [1.0, 2.0, 2.75]
    """

    layers: Sequence[StackLayer]

    def __post_init__(self) -> None:
        """Check order and sizes."""
        object.__setattr__(self, "layers", tuple(self.layers))
        places = [(one.layer, one.direction == "backward") for one in self.layers]
        numbers = sorted({layer for layer, _ in places})
        if places != sorted(set(places)) or numbers != list(range(len(numbers))):
            names = ", ".join(layer.name for layer in self.layers)
            message = f"`layers` must be from the inputs up, none twice; got {names}."
            raise InputError(message)
        for below, above in itertools.pairwise(self.rows()):
            width = sum(layer.cell.hidden for layer in below)
            for layer in above:
                if layer.cell.sizes[1] != width:
                    expected = f"m = {width} inputs, what the layer below writes"
                    raise ShapeError(layer.name, expected, layer.cell.sizes[1])

    def rows(self) -> list[tuple[StackLayer, ...]]:
        """Return the layers, those of one level together."""
        grouped = itertools.groupby(self.layers, key=lambda one: one.layer)
        return [tuple(group) for _, group in grouped]

    def run(
        self, inputs: object, h0: Sequence[object] | None = None, lengths: object = None
    ) -> tuple[Trajectory, ...]:
        """Return the run of every layer, each in its own order of time.

        Parameters
        ----------
        inputs : (T, B, m) array_like
            A batch, shorter sequences padded behind.
        h0 : sequence of (B, n) array_like, optional
            The initial state of every layer; zeros unless told.
        lengths : (B,) array_like of int, optional
            Steps of each sequence; T unless told.

        Returns
        -------
        tuple of Trajectory
            In the order of `layers`, aligned at the end as `Alignment` says: before its
            first real step a sequence rests in its initial state.
        """
        return tuple(trajectory for trajectory, _ in self._runs(inputs, h0, lengths))

    def outputs(
        self, inputs: object, h0: Sequence[object] | None = None, lengths: object = None
    ) -> Array:
        """Return what the last layer writes (T, B, hidden of its directions).

        It is torch's ``output``: zeros behind the end of a sequence.
        """
        written = [output for _, output in self._runs(inputs, h0, lengths)]
        return np.concatenate(written[-len(self.rows()[-1]) :], axis=-1)

    def _runs(
        self, inputs: object, h0: Sequence[object] | None, lengths: object
    ) -> Iterator[tuple[Trajectory, Array]]:
        """Yield every layer's run, and what it writes in the order of the batch."""
        m = self.layers[0].cell.sizes[1]
        x = require_array("inputs", inputs, "(T, B, m)", sizes={"m": m})
        starts = [None] * len(self.layers) if h0 is None else list(h0)
        if len(starts) != len(self.layers):
            message = f"`h0` must hold {len(self.layers)} states; got {len(starts)}."
            raise InputError(message)
        waiting = iter(starts)
        for level in self.rows():
            written = []
            for layer in level:
                order = Alignment.of(x.shape, lengths, layer.direction)
                trajectory = aligned_run(layer.cell, next(waiting), order.own(x), order)
                written.append(order.back(np.array(trajectory.hidden)))
                yield trajectory, written[-1]
            x = np.concatenate(written, axis=-1)


def aligned_run(
    cell: AbstractCell, h0: object, inputs: Array, order: Alignment
) -> Trajectory:
    """Return the run of a cell on inputs in its own order, at rest until it begins."""
    shape = inputs.shape[1], cell.sizes[0]
    rest = np.zeros(shape)
    if h0 is not None:
        sizes = dict(zip(("B", "n"), shape, strict=True))
        rest = require_array("h0", h0, "(B, n)", sizes=sizes)
    first = int(order.starts.max(initial=0))
    if not first:
        return run(cell, rest, inputs)
    states = np.empty((len(inputs) + 1, *shape))
    h = states[0] = rest
    for t, x in enumerate(inputs[:first]):
        begun = order.starts <= t
        h = np.where(begun[:, None], cell.step(h, x), rest)
        states[t + 1] = h
    if first < len(inputs):
        states[first:] = run(cell, h, inputs[first:]).states
    return Trajectory(cell, states, inputs)
