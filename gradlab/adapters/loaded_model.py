"""A model out of a file, in float64: an embedding, recurrent layers and a readout.

x_t = E[i_t],    h = stack(x),    o_t = W_qh h_t + b_q.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, final

import numpy as np

from gradlab._checks import (
    require_array,
    require_count,
    require_one_of,
    require_parameter,
)
from gradlab.adapters.alignment import Alignment
from gradlab.adapters.recording import RecordedLayer, Recording
from gradlab.adapters.stack import Stack
from gradlab.cells import AbstractCell, ProjectedLSTM
from gradlab.datasets import one_hot
from gradlab.dynamics import Trajectory
from gradlab.errors import InputError
from gradlab.objectives.cross_entropy import (
    cross_entropies,
    require_classes,
    softmax_errors,
)
from gradlab.typing import Array

__all__ = ["LoadedModel"]

_LOSSES = ("last", "every")


@final
@dataclass(frozen=True, eq=False, repr=False)
class LoadedModel:
    """A recurrent module of a file, with what stands around it.

    Attributes
    ----------
    name : str
        Of the module in the file; "" if it is alone there.
    kind : str
        "RNN", "GRU" or "LSTM".
    stack : Stack
        Its layers, in float64.
    dtype : str
        The precision that its weights were stored in.
    embedding : (q, m) array or None
        Row i is what symbol i enters as.
    W_qh : (q, n) array or None
        The readout of what the last layer writes; n counts both of two directions.
    b_q : (q,) array or None
        Its bias.
    caveats : tuple of str
        What the file does not tell, and what of it is not in this model.
    file, sha256 : str
        The name of the file, without folders and printable, and the hash of its bytes;
        "" of a model that no file holds.

    Raises
    ------
    ShapeError, NonFiniteError
        If the embedding or the readout does not fit the stack.
    """

    name: str
    kind: str
    stack: Stack
    dtype: str = "float64"
    embedding: Array | None = None
    W_qh: Array | None = None
    b_q: Array | None = None
    caveats: tuple[str, ...] = ()
    file: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        """Check that everything fits the stack, and keep read-only copies."""
        first, last = self.stack.layers[0], self.stack.rows()[-1]
        sizes = {"m": first.cell.sizes[1], "n": sum(one.cell.hidden for one in last)}
        if self.W_qh is not None:
            sizes["q"] = len(self._keep("W_qh", "(q, n)", sizes))
        if self.b_q is not None:
            self._keep("b_q", "(q,)", sizes)
        if self.embedding is not None:
            self._keep("embedding", "(symbols, m)", sizes)

    def _keep(self, name: str, shape: str, sizes: Mapping[str, int]) -> Array:
        kept = require_parameter(name, getattr(self, name), shape, sizes=sizes)
        object.__setattr__(self, name, kept)
        return kept

    @property
    def symbols(self) -> int:
        """How many symbols it can read: rows of the embedding, or entries of x_t."""
        if self.embedding is not None:
            return len(self.embedding)
        return self.stack.layers[0].cell.sizes[1]

    def __repr__(self) -> str:
        first = self.stack.layers[0].cell
        layers, ways = len(self.stack.rows()), len(self.stack.rows()[0])
        shape = f"{first.sizes[1]} → {first.hidden}"
        if isinstance(first, ProjectedLSTM):
            shape = f"{first.sizes[1]} → {first.units} → {first.hidden} projected"
        parts = [f"{self.kind} {shape}"]
        parts += [f"{layers} layers"] * (layers > 1) + ["two directions"] * (ways > 1)
        if self.embedding is not None:
            parts.append(f"reads {self.symbols:,} symbols")
        if self.W_qh is not None:
            parts.append(f"{len(self.W_qh):,} outputs")
        return f"LoadedModel({', '.join(parts)}, {self.dtype})"

    def inputs(self, batch: object) -> Array:
        """Return what the first layer reads, x (T, B, m).

        Parameters
        ----------
        batch : (T, B) array_like of int, or (T, B, m) array_like
            Symbols, which enter as rows of the embedding, or as unit vectors if there
            is none; or numbers.

        Raises
        ------
        ShapeError, InputError
            If they do not fit, or are numbers and there is an embedding.
        """
        array = np.asarray(batch)
        if array.ndim == 2 and array.dtype.kind in "iu":
            symbols = require_classes(array, array.shape, self.symbols)
            if self.embedding is not None:
                return self.embedding[symbols]
            return one_hot(symbols, self.symbols)
        if self.embedding is not None:
            got = f"got {array.dtype} of shape {array.shape}"
            message = f"`batch` must be symbols, integers of shape (T, B); {got}."
            raise InputError(message)
        return require_array("batch", array, "(T, B, m)", sizes={"m": self.symbols})

    def outputs(self, batch: object) -> Array:
        """Return o_t (T, B, q), or what the last layer writes if nothing reads it."""
        return self._read(self.stack.outputs(self.inputs(batch)))

    def record(
        self,
        batch: object,
        targets: object = None,
        *,
        loss: str | None = None,
        sequences: int | None = None,
    ) -> Recording:
        """Return what every layer does on a batch, and what the loss says of it.

        Parameters
        ----------
        batch : (T, B) array_like of int, or (T, B, m) array_like
            As `inputs` takes it.
        targets : (T, B) array_like of int, optional
            The class to predict at every step.
        loss : "last" or "every", optional
            The cross-entropy at the last step, or its mean over all steps; averaged
            over the batch, in nats.
        sequences : int, optional
            How many to keep at most, evenly picked; the loss is that of all.

        Returns
        -------
        Recording
            As `gradlab.adapters.record` returns it of a torch model.

        Raises
        ------
        InputError
            If there is a loss and no readout, or no targets, or one is no output.

        Examples
        --------
        >>> from gradlab.adapters import StackLayer
        >>> from gradlab.cells import Linear
        >>> half = Stack([StackLayer(0, "forward", Linear([[0.5]], [[1.0]]))])
        >>> model = LoadedModel("half", "RNN", half, W_qh=np.array([[0.0], [2.0]]))
        >>> found = model.record(np.zeros((3, 1, 1)), np.ones((3, 1), int), loss="last")
        >>> found.layers[0].sources.ravel()  # W_qh (p − e_y), with p = ½, ½
        array([ 0.,  0., -1.])
        """
        x = self.inputs(batch)
        runs, layers = self.stack.run(x), self.stack.layers
        orders = [Alignment.of(x.shape, None, layer.direction) for layer in layers]
        value, sources = math.nan, dict[int, Array]()
        if loss is not None:
            chosen = require_one_of("loss", loss, _LOSSES)
            value, sources = self._sources(runs, orders, targets, chosen)
        kept = _some(x.shape[1], sequences)
        recorded = (
            RecordedLayer(
                name=name,
                module=self.name,
                trajectory=Trajectory(
                    one.cell, one.states[:, kept], one.inputs[:, kept]
                ),
                sources=sources[place][:, kept] if sources else None,
                order=dataclasses.replace(order, lengths=order.lengths[kept]),
                reads=reads,
                dtype=self.dtype,
            )
            for place, (name, one, order, reads) in enumerate(
                zip(self._names(), runs, orders, self._reads(), strict=True)
            )
        )
        return Recording(self.kind, tuple(recorded), value, "cpu", self.caveats)

    def with_cells(self, cells: Mapping[str, AbstractCell]) -> Self:
        """Return the model with other cells in some layers, by the names they record.

        It is no more what its file holds, and names none.

        Raises
        ------
        InputError
            If a layer is not there.
        """
        names = self._names()
        unknown = next((name for name in cells if name not in names), None)
        if unknown is not None:
            message = (
                f"`cells` must name layers of {', '.join(names)}; got {unknown!r}."
            )
            raise InputError(message)
        layers = [
            dataclasses.replace(layer, cell=cells.get(name, layer.cell))
            for name, layer in zip(names, self.stack.layers, strict=True)
        ]
        return dataclasses.replace(self, stack=Stack(layers), file="", sha256="")

    def _sources(
        self,
        runs: Sequence[Trajectory],
        orders: Sequence[Alignment],
        targets: object,
        loss: str,
    ) -> tuple[float, dict[int, Array]]:
        """Return the loss, and ∂L/∂(state_t) by the place of a layer, 0 below the top.

        Each is in the layer's own order of time.
        """
        if self.W_qh is None or targets is None:
            lacking = "`targets`" if self.W_qh is not None else "a readout in the file"
            message = f"`loss` needs {lacking}; there is none."
            raise InputError(message)
        top = range(len(runs) - len(self.stack.rows()[-1]), len(runs))
        written = [orders[place].back(np.array(runs[place].hidden)) for place in top]
        outputs = self._read(np.concatenate(written, axis=-1))
        T, B = outputs.shape[:2]
        wanted = require_classes(targets, (T, B), len(self.W_qh))
        weights = np.full(T, 1 / T) if loss == "every" else np.arange(T) == T - 1
        value = weights @ cross_entropies(outputs, wanted).mean(axis=1)
        errors = softmax_errors(outputs, wanted) * (weights / B)[:, None, None]
        found = {
            place: np.zeros(one.states[1:].shape) for place, one in enumerate(runs)
        }
        parts = np.split(errors @ self.W_qh, len(top), axis=-1)
        for place, part in zip(top, parts, strict=True):
            found[place][..., : part.shape[-1]] = orders[place].own(part)
        return float(value), found

    def _read(self, written: Array) -> Array:
        if self.W_qh is None:
            return written
        outputs = written @ self.W_qh.T
        return outputs if self.b_q is None else outputs + self.b_q

    def _names(self) -> list[str]:
        """Return the names of the layers, as `record` has those of a torch model."""
        layers = self.stack.layers
        if len(layers) == 1:
            return [self.name or self.kind.lower()]
        before = f"{self.name}." if self.name else ""
        return [before + layer.name for layer in layers]

    def _reads(self) -> list[tuple[int, ...]]:
        """Return the places of the layers that each layer reads."""
        found: list[tuple[int, ...]] = []
        below: tuple[int, ...] = ()
        for level in self.stack.rows():
            start = len(found)
            found += [below] * len(level)
            below = tuple(range(start, len(found)))
        return found


def _some(B: int, sequences: int | None) -> Array:
    """Return the places of so many of B sequences at most, evenly picked."""
    if sequences is None or require_count("sequences", sequences) >= B:
        return np.arange(B)
    return np.linspace(0, B - 1, sequences).round().astype(int)
