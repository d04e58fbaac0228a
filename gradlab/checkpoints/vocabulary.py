"""What stands around a recurrent module that reads text: an embedding and a readout.

Symbols enter as rows of an embedding (q, m) and are predicted by W_qh h + b_q from what
the module writes.  Both are told by their widths; where widths leave several, by their
names.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from gradlab.checkpoints.recurrent import RecurrentModule
from gradlab.checkpoints.refusals import quoted
from gradlab.errors import CheckpointError, InputError
from gradlab.typing import Array

__all__ = ["Readout", "Vocabulary", "vocabulary_of"]

_EMBEDDINGS = re.compile(r"emb|wte|lookup|token|encoder\.weight$", re.IGNORECASE)
_READOUTS = re.compile(
    r"head|out|decoder|logit|fc|dense|linear|proj|classif|generator|softmax|vocab",
    re.IGNORECASE,
)
_WEIGHT = re.compile(
    r"(?P<head>(?:.*[/.])?)(?P<role>weight|kernel)(?P<tail>(?::0)?)", re.DOTALL
)


class Readout(NamedTuple):
    """The names of W_qh and b_q, the latter "" without one.

    Keras has W_qh transposed, (n, q).
    """

    weight: str
    bias: str
    transposed: bool


class Vocabulary(NamedTuple):
    """What reads symbols and what predicts them, by their names in the file.

    `embedding` is "" and `readout` None where there is none, or where several fit
    equally well; `caveats` then names them.
    """

    embedding: str
    readout: Readout | None
    caveats: tuple[str, ...]


def vocabulary_of(
    tensors: Mapping[str, Array],
    module: RecurrentModule,
    *,
    embedding: str | None = None,
    readout: str | None = None,
) -> Vocabulary:
    """Return the embedding and the readout of a recurrent module.

    Parameters
    ----------
    tensors : mapping of str to array
        All weights of the file.
    module : RecurrentModule
        Whose inputs and outputs they must fit.
    embedding, readout : str, optional
        The names of their matrices, where it is known; "" says that there is none.

    Raises
    ------
    InputError
        If a name is not in the file.
    CheckpointError
        If a matrix that is named does not fit the module, with got and expected.

    Examples
    --------
    >>> import numpy as np
    >>> from gradlab.checkpoints.recurrent import recurrent_architecture
    >>> weights = {
    ...     "embed.weight": np.zeros((9, 3)),
    ...     "rnn.weight_ih_l0": np.zeros((8, 3)),
    ...     "rnn.weight_hh_l0": np.zeros((8, 2)),
    ...     "head.weight": np.zeros((9, 2)),
    ...     "head.bias": np.zeros(9),
    ... }
    >>> module = recurrent_architecture(weights).module()
    >>> found = vocabulary_of(weights, module)
    >>> found.embedding, found.readout.weight, found.readout.bias
    ('embed.weight', 'head.weight', 'head.bias')
    """
    own = set(module.weights.values())
    free = {name: array for name, array in tensors.items() if name not in own}
    inputs, outputs = _embeddings(free, module), _readouts(free, module)
    caveats: list[str] = []
    if embedding is None:
        embedding = _chosen("embedding", list(inputs), _EMBEDDINGS, caveats)
    elif embedding:
        wanted = f"(q, {module.inputs}), one row a symbol"
        _require_among("embedding", embedding, inputs, tensors, wanted)
    if readout is None:
        rows = len(inputs[embedding]) if embedding else 0
        likely = _likely(outputs, embedding, rows, tensors)
        readout = _chosen("readout", likely, _READOUTS, caveats)
    elif readout:
        wanted = f"(q, {module.outputs})"
        _require_among("readout", readout, outputs, tensors, wanted)
    return Vocabulary(embedding, outputs.get(readout), tuple(caveats))


def _embeddings(free: Mapping[str, Array], module: RecurrentModule) -> dict[str, Array]:
    """Return the matrices (q, m) without a bias, but for those named as readouts."""
    found = {}
    for name, array in free.items():
        match = _WEIGHT.fullmatch(name)
        biased = match is not None and _sibling(match["head"], match["tail"], free)
        other = _READOUTS.search(name) and not _EMBEDDINGS.search(name)
        fits = _is_matrix(array) and array.shape[1] == module.inputs
        if fits and not biased and not other:
            found[name] = array
    return found


def _readouts(free: Mapping[str, Array], module: RecurrentModule) -> dict[str, Readout]:
    """Return the matrices (q, n), (n, q) in Keras, with the bias (q,) beside them."""
    found = {}
    for name, array in free.items():
        match = _WEIGHT.fullmatch(name)
        if match is None or not _is_matrix(array):
            continue
        transposed = match["role"] == "kernel"
        q, width = array.shape[::-1] if transposed else array.shape
        bias = _sibling(match["head"], match["tail"], free)
        if width == module.outputs and (not bias or free[bias].shape == (q,)):
            found[name] = Readout(name, bias, transposed)
    return found


def _sibling(head: str, tail: str, free: Mapping[str, Array]) -> str:
    """Return the name of the bias beside a matrix, "" if there is none."""
    name = f"{head}bias{tail}"
    return name if name in free else ""


def _is_matrix(array: Array) -> bool:
    return array.ndim == 2 and array.dtype.kind == "f" and array.size > 0


def _likely(
    outputs: Mapping[str, Readout],
    embedding: str,
    rows: int,
    tensors: Mapping[str, Array],
) -> list[str]:
    """Return the readouts of as many symbols as are read, if there are any.

    A matrix is the embedding and the readout at once only if a name says so.
    """
    others = {n: readout for n, readout in outputs.items() if n != embedding}
    same = [
        name
        for name, readout in others.items()
        if tensors[name].shape[1 if readout.transposed else 0] == rows
    ]
    return same or list(others)


def _chosen(
    what: str, names: list[str], usual: re.Pattern[str], caveats: list[str]
) -> str:
    """Return the only name, or the only one that is usual for it."""
    if len(names) > 1:
        named = [name for name in names if usual.search(name)]
        if len(named) != 1:
            listed = " or ".join(map(quoted, names[:4]))
            caveats.append(f"its {what} could be {listed}, and none is taken")
            return ""
        names = named
    return names[0] if names else ""


def _require_among(
    what: str,
    name: str,
    fitting: Mapping[str, object],
    tensors: Mapping[str, Array],
    wanted: str,
) -> None:
    if name not in tensors:
        message = f"`{what}` must be a name in the file; got {quoted(name)}."
        raise InputError(message)
    if name not in fitting:
        got = tensors[name].shape
        message = f"The {what} {quoted(name)} must have shape {wanted}; got {got}."
        raise CheckpointError(message)
