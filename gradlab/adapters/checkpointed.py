"""A file of weights as a model: read, never run, and rebuilt by names and shapes."""

import os

from gradlab._checks import require_one_of
from gradlab._files import printable
from gradlab.adapters.loaded_model import LoadedModel
from gradlab.adapters.stack import Stack, StackLayer
from gradlab.cells import GRU, LSTM, RNN, AbstractCell, ProjectedLSTM
from gradlab.checkpoints import (
    Checkpoint,
    RecurrentModule,
    load_checkpoint,
    recurrent_architecture,
)
from gradlab.checkpoints.layouts import LayerWeights, layer_weights, widened
from gradlab.checkpoints.refusals import quoted
from gradlab.checkpoints.vocabulary import Vocabulary, vocabulary_of
from gradlab.errors import CheckpointError, InputError

__all__ = ["from_checkpoint"]

_PRECISIONS = ("float64", "float32", "bfloat16", "float16")  # widest first
_LISTED = 6
_LONGEST = 80  # characters of the name of a file


def from_checkpoint(
    path: str | os.PathLike[str],
    *,
    module: str | None = None,
    activation: str | None = None,
    embedding: str | None = None,
    readout: str | None = None,
    state_dict: str | None = None,
    sha256: str | None = None,
    max_bytes: int = 2**30,
) -> LoadedModel:
    """Return the recurrent model whose weights a file holds, and run nothing of it.

    Names and shapes tell the kind, the sizes, layers and directions, an embedding in
    front and a readout behind; `gradlab.checkpoints` says how files are read.

    Parameters
    ----------
    path : path
        A .safetensors or .npz file, or one that torch.save wrote.
    module : str, optional
        Which recurrent module of the file, where it has several.
    activation : "tanh" or "relu", optional
        φ of an RNN, which its weights do not tell; tanh unless told.
    embedding, readout : str, optional
        The names of their matrices, where several fit; "" says that there is none.
    state_dict, sha256, max_bytes
        As in `gradlab.checkpoints.load_checkpoint`.

    Returns
    -------
    LoadedModel
        Its weights widened to float64, which is exact.  Everything else of the file
        that holds numbers with a fraction is named in its caveats.

    Raises
    ------
    CheckpointError
        If the file cannot be used, or holds no recurrent weights, weights that do not
        fit together, NaN or infinity, or a module that gradlab has no cell for.
    InputError
        If a name is not in the file, or several modules are and none is named.
    MissingExtraError
        If the file is torch's and torch is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.npz")
    ...     np.savez(
    ...         path,
    ...         **{"rnn.weight_ih_l0": np.ones((1, 1)), "rnn.weight_hh_l0": [[0.5]]},
    ...     )
    ...     model = from_checkpoint(path, activation="relu")
    >>> model, model.outputs(np.ones((3, 1, 1))).ravel()
    (LoadedModel(RNN 1 → 1, float64), array([1.  , 1.5 , 1.75]))
    """
    found = load_checkpoint(
        path, max_bytes=max_bytes, sha256=sha256, state_dict=state_dict
    )
    tensors = found.tensors
    architecture = recurrent_architecture(tensors, dtypes=found.dtypes)
    one = architecture.module(module)
    if one.unsupported:
        message = f"{one}: {one.unsupported}."
        raise CheckpointError(message)
    around = vocabulary_of(tensors, one, embedding=embedding, readout=readout)
    caveats = _caveats(found, one, around, told=activation is not None)
    weights, bias = None, None
    if around.readout is not None:
        weights = widened(around.readout.weight, tensors)
        weights = weights.T if around.readout.transposed else weights
        bias = widened(around.readout.bias, tensors) if around.readout.bias else None
    return LoadedModel(
        name=one.name,
        kind=one.kind,
        stack=_stack(one, found, _activation(one, activation)),
        dtype=_precision(one.dtype),
        embedding=widened(around.embedding, tensors) if around.embedding else None,
        W_qh=weights,
        b_q=bias,
        caveats=caveats,
        file=printable(found.path.name, _LONGEST),
        sha256=found.sha256,
    )


def _stack(one: RecurrentModule, found: Checkpoint, activation: str) -> Stack:
    layers = []
    for layer in range(one.layers):
        for direction in one.directions:
            weights = layer_weights(one, found.tensors, layer, direction)
            cell = _cell(one.kind, weights, activation)
            layers.append(StackLayer(layer, direction, cell))
    return Stack(layers)


def _cell(kind: str, weights: LayerWeights, activation: str) -> AbstractCell:
    W_hh, W_hx, b_hx, b_hh, W_hr = weights
    match kind:
        case "RNN":
            return RNN(W_hh, W_hx, b_hx + b_hh, activation=activation)
        case "LSTM" if W_hr is not None:
            return ProjectedLSTM(W_hh, W_hx, b_hx + b_hh, W_hr)
        case "LSTM":
            return LSTM(W_hh, W_hx, b_hx + b_hh)
        case _:
            return GRU(W_hh, W_hx, b_hx, b_hh)


def _activation(one: RecurrentModule, told: str | None) -> str:
    if told is None:
        return "tanh"
    if one.kind != "RNN":
        message = f"`activation` is for an RNN; {one} has its own."
        raise InputError(message)
    return require_one_of("activation", told, ("tanh", "relu"))


def _precision(stored: str) -> str:
    """Return the widest of the formats that a module's weights are in.

    torch computes with none of 8 bits: such weights are widened before they are used.
    """
    there = stored.split(", ")
    return next((name for name in _PRECISIONS if name in there), "float32")


def _caveats(
    found: Checkpoint, one: RecurrentModule, around: Vocabulary, told: bool
) -> tuple[str, ...]:
    used = {*one.weights.values(), around.embedding}
    if around.readout is not None:
        used |= {around.readout.weight, around.readout.bias}
    others = [
        quoted(name)
        for name, array in found.tensors.items()
        if name not in used and array.dtype.kind in "fc"
    ]
    caveats = [*one.caveats, *around.caveats]
    if one.kind == "RNN" and not told:
        caveats.append("its nonlinearity is not in the file: tanh is taken")
    if _precision(one.dtype) != one.dtype:
        caveats.append(f"its weights are stored as {one.dtype}")
    if others:
        more = f" and {len(others) - _LISTED:,} more" * (len(others) > _LISTED)
        listed = ", ".join(others[:_LISTED])
        caveats.append(f"not in the model as it is rebuilt here: {listed}{more}")
    return tuple(caveats)
