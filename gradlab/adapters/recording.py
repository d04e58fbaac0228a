"""What every recurrent layer of a model did on one batch, and what its loss says of it.

Nothing of the model is in it but numbers: float64 arrays that the model's own were
widened to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from gradlab.adapters.alignment import Alignment
from gradlab.dynamics import Trajectory
from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["RecordedLayer", "Recording"]


@final
@dataclass(frozen=True, eq=False)
class RecordedLayer:
    """One recurrent layer in one direction on one batch.

    Attributes
    ----------
    name : str
        Such as "encoder.lstm.layer0.reverse".
    module : str
        The recurrent module it belongs to; "" if the model is itself one.
    trajectory : Trajectory
        A batch (T, B, ·) in the layer's own order of time, aligned at the end.
    sources : (T, B, n) array or None
        ∂L/∂(state_t) as it enters from outside the module, in the same order: neither
        through later steps nor through layers above it in its own module.  None where
        no loss was given.
    order : Alignment
        How its time lies in the batch's.
    reads : tuple of int
        Which layers of the recording write its inputs, one after the other; empty for
        the first of a module.
    dtype : str
        The precision of the module.
    dropout : (T, B, m) array or None
        What dropout multiplied its inputs by, 0 or 1/(1 − p), where it drew between the
        layers of its module; the trajectory's inputs are those that it then read.

    Examples
    --------
    >>> import torch
    >>> from gradlab.adapters import record
    >>> found = record(torch.nn.LSTM(2, 4), torch.zeros(5, 1, 2))
    >>> found.layers[0].trajectory.states.shape
    (6, 1, 8)
    """

    name: str
    module: str
    trajectory: Trajectory
    sources: Array | None
    order: Alignment
    reads: tuple[int, ...]
    dtype: str
    dropout: Array | None = None


@final
@dataclass(frozen=True, eq=False)
class Recording:
    """A run of a model.

    Attributes
    ----------
    model : str
        The name of its class.
    layers : tuple of RecordedLayer
        In the order in which the modules were called, from the inputs up.
    loss : float
        NaN where none was given.
    device : str
        Where the model ran.
    caveats : tuple of str
        What a reader should know before believing the numbers.

    Examples
    --------
    >>> import torch
    >>> from gradlab.adapters import record
    >>> model = torch.nn.GRU(2, 4, num_layers=2)
    >>> found = record(model, torch.zeros(5, 1, 2), loss=lambda out: out[0].sum())
    >>> [layer.name for layer in found.layers], found.layer("layer1").reads
    (['layer0', 'layer1'], (0,))
    """

    model: str
    layers: Sequence[RecordedLayer]
    loss: float
    device: str
    caveats: tuple[str, ...] = ()

    def layer(self, name: str) -> RecordedLayer:
        """Return the layer of that name.

        Raises
        ------
        InputError
            If there is none; it lists the names.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(layer.name for layer in self.layers)
        message = f"`name` must be one of {names}; got {name!r}."
        raise InputError(message)
