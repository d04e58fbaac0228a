"""What a model reads: stretches of a text, or numbers and symbols of a .npy file."""

import pathlib

import numpy as np

from gradlab._checks import require_memory
from gradlab.checkpoints import load_array
from gradlab.datasets import Corpus
from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["load_inputs", "load_symbols", "stretches"]

_LARGEST = 2**31  # bytes


def load_inputs(path: pathlib.Path) -> Array:
    """Return inputs (T, B, m) from a file of an array (T, m) or (T, B, m) of numbers.

    Raises
    ------
    InputError
        If the file cannot be read, is no such array, or holds a number that is none.
    """
    stored = load_array(path, max_bytes=_LARGEST)
    if stored.dtype.kind not in "iuf":
        message = f"{path} must hold real numbers; got dtype {stored.dtype}."
        raise InputError(message)
    if stored.ndim not in (2, 3) or not stored.size:
        message = (
            f"{path} must be (steps, inputs) or (steps, sequences, inputs); got shape "
            f"{stored.shape}."
        )
        raise InputError(message)
    with np.errstate(invalid="ignore"):  # a signalling NaN is refused below
        array = stored.astype(np.float64)
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        message = f"{path} must hold finite numbers; got {array[place]} at {place}."
        raise InputError(message)
    return array[:, None] if array.ndim == 2 else array


def load_symbols(path: pathlib.Path) -> Array:
    """Return symbols (T, B) from a file of an array (T,) or (T, B) of integers.

    Raises
    ------
    InputError
        If the file cannot be read, or is no such array.
    """
    stored = load_array(path, max_bytes=_LARGEST)
    if stored.dtype.kind not in "iu" or stored.ndim not in (1, 2) or not stored.size:
        message = (
            f"{path} must hold symbols, integers (steps,) or (steps, sequences), for "
            f"the model's embedding; got {stored.dtype} of shape {stored.shape}."
        )
        raise InputError(message)
    return stored[:, None] if stored.ndim == 1 else stored


def stretches(corpus: Corpus, steps: int, sequences: int) -> Array:
    """Return stretches (steps + 1, sequences) of a text, evenly spread over it."""
    room = len(corpus) - steps - 1
    if room < 0:
        message = (
            f"--steps must be below {len(corpus):,}, since the text has no more "
            f"characters; got {steps:,}."
        )
        raise InputError(message)
    require_memory("--sequences", sequences, (steps + 1) * sequences * corpus.q)
    starts = np.linspace(0, room, sequences).round().astype(int)
    return corpus.tokens[np.arange(steps + 1)[:, None] + starts]
