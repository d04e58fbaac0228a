"""Weights from disk: every file is a stranger's, and only its numbers are taken."""

import hashlib
import os
import pathlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from gradlab._checks import require_count
from gradlab._files import printable, read_bytes
from gradlab.checkpoints._kinds import format_of
from gradlab.checkpoints._npy import npy
from gradlab.checkpoints._npz import npz
from gradlab.checkpoints._state_dict import common_prefix, state_dict_in
from gradlab.checkpoints.refusals import refusal
from gradlab.checkpoints.reloading import pickled
from gradlab.checkpoints.tensor_file import safetensors
from gradlab.errors import CheckpointError, InputError
from gradlab.typing import Array

__all__ = ["Checkpoint", "load_array", "load_checkpoint"]

_MAX_BYTES = 2**30
_FLAT: dict[str, Callable[[bytes, str, int], dict[str, tuple[str, Array]]]] = {
    "safetensors": safetensors,
    "npz": npz,
}


@final
@dataclass(frozen=True, eq=False, repr=False)
class Checkpoint:
    """The arrays of a file, and what the file says of them.

    Attributes
    ----------
    tensors : mapping of str to array
        Read-only, by name, in the order of the file.  A dtype that NumPy does not have
        is widened to float32, which holds every bfloat16 and float8 exactly.
    dtypes : mapping of str to str
        As the file names them: "BF16", "<f4", and torch's as safetensors has them.
    format : str
        "safetensors", "npz", "npy" or "torch".
    sha256 : str
        Of the bytes that were read.
    path : pathlib.Path
        Where they were read.
    state_dict : str
        Where in a nested checkpoint they are, such as "model"; "" if it is not nested.
    prefix : str
        What every name had in front, such as "module.", and has no more.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "rnn.npz")
    ...     np.savez(path, weight_hh_l0=np.eye(2, dtype=np.float32))
    ...     found = load_checkpoint(path)
    >>> found
    Checkpoint(rnn.npz: 1 tensor, 4 numbers, npz)
    >>> found.dtypes["weight_hh_l0"], found.tensors["weight_hh_l0"].flags.writeable
    ('<f4', False)
    """

    tensors: Mapping[str, Array]
    dtypes: Mapping[str, str]
    format: str
    sha256: str
    path: pathlib.Path
    state_dict: str = ""
    prefix: str = ""

    def __repr__(self) -> str:
        count, numbers = len(self.tensors), sum(a.size for a in self.tensors.values())
        within = f" in {printable(self.state_dict, 40)}" if self.state_dict else ""
        return (
            f"Checkpoint({printable(self.path.name)}: {count:,} tensor"
            f"{'s'[: count != 1]}{within}, {numbers:,} numbers, {self.format})"
        )


def load_checkpoint(
    path: str | os.PathLike[str],
    *,
    max_bytes: int = _MAX_BYTES,
    sha256: str | None = None,
    state_dict: str | None = None,
) -> Checkpoint:
    """Return the weights that a file holds, and run nothing that it holds.

    The file is opened once and read whole; what is hashed is what is read.  Sizes are
    checked before anything of that size is made.  ``.safetensors``, ``.npz`` and
    ``.npy`` are read here, without torch and without pickle.  ``.pt``, ``.pth``,
    ``.bin`` and ``.ckpt`` are pickles: a process of its own, with limits on memory,
    time and disk and without a way to files or to the network, opens them with
    ``torch.load(weights_only=True)`` and gives back numbers alone.  There is no second
    way if this one fails.

    Parameters
    ----------
    path : path
        A regular file whose name ends as above.
    max_bytes : int
        Of the file, and of the arrays in memory; 1 GiB unless told.
    sha256 : str, optional
        What the hash of the file must be, 64 hexadecimal digits.
    state_dict : str, optional
        Which dictionary of a nested checkpoint to take, such as "model"; its keys are
        joined by "/".  Needed where several could be meant, and listed by the error.

    Returns
    -------
    Checkpoint
        The array of an .npy file is named "arr_0", as `numpy.savez` would name it.

    Raises
    ------
    CheckpointError
        If the file is missing, not what its name says, damaged, too large, hostile, or
        holds no weights; in one line.
    MissingExtraError
        If a pickled file is given and torch is not installed.
    InputError, InputTypeError
        If `sha256`, `max_bytes` or `state_dict` is not of its kind.

    Examples
    --------
    >>> try:
    ...     load_checkpoint("no_such_model.safetensors")
    ... except CheckpointError as error:
    ...     print(error)
    no_such_model.safetensors cannot be read: No such file or directory.
    """
    content, file, digest = _read(path, max_bytes, sha256)
    found = format_of(path, content, file)
    within, entries = "", dict[str, tuple[str, Array]]()
    if found == "torch":
        tree = pickled(content, file, max_bytes)
        within, entries = state_dict_in(tree, file, state_dict)
    elif state_dict:
        raise refusal(file, "is not nested: leave out `state_dict`")
    elif found == "npy":
        entries = {"arr_0": npy(content, file, max_bytes)}
    else:
        entries = _FLAT[found](content, file, max_bytes)
    prefix = common_prefix(entries)
    cut = {name.removeprefix(prefix): entry for name, entry in entries.items()}
    return Checkpoint(
        tensors=MappingProxyType({name: array for name, (_, array) in cut.items()}),
        dtypes=MappingProxyType({name: dtype for name, (dtype, _) in cut.items()}),
        format=found,
        sha256=digest,
        path=pathlib.Path(path),
        state_dict=within,
        prefix=prefix,
    )


def load_array(
    path: str | os.PathLike[str],
    *,
    max_bytes: int = _MAX_BYTES,
    sha256: str | None = None,
) -> Array:
    """Return the one array of an .npy file, read-only, as carefully as weights.

    Raises
    ------
    CheckpointError
        As `load_checkpoint`, and if the file is in another format.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "inputs.npy")
    ...     np.save(path, np.arange(6.0).reshape(3, 2))
    ...     load_array(path).tolist()
    [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    """
    content, file, _ = _read(path, max_bytes, sha256)
    if format_of(path, content, file) != "npy":
        raise refusal(file, "is no .npy file: save the array with numpy.save")
    return npy(content, file, max_bytes)[1]


def _read(
    path: str | os.PathLike[str], max_bytes: int, sha256: str | None
) -> tuple[bytes, str, str]:
    """Return the bytes of a file, its name as it prints, and its hash."""
    max_bytes = require_count("max_bytes", max_bytes)
    if sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", f"{sha256}"):
        message = f"`sha256` must be 64 hexadecimal digits; got {sha256!r}."
        raise InputError(message)
    content = read_bytes(path, max_bytes=max_bytes, error=CheckpointError)
    file = printable(os.path.basename(os.fsdecode(path)))
    digest = hashlib.sha256(content).hexdigest()
    if sha256 is not None and digest != sha256.lower():
        cause = f"is another file: its sha256 is {digest}, not {sha256.lower()}"
        raise refusal(file, cause)
    return content, file, digest
