"""Inputs from a .npy file: its size is checked before anything of it is read."""

import math
import os
import pathlib
import stat
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np

from gradlab.errors import InputError
from gradlab.typing import Array

__all__ = ["load_inputs"]

_LARGEST = 2**31  # bytes
_HEADER = 1000  # bytes; NumPy writes 118
# All that Python's parser has been seen to raise on headers of brackets and signs.
_UNREADABLE = (ValueError, SyntaxError, TokenError, RecursionError, MemoryError)


def load_inputs(path: pathlib.Path) -> Array:
    """Return inputs (T, B, m) from a file of an array (T, m) or (T, B, m) of numbers.

    Nothing is unpickled, and nothing is allocated that the file does not hold.

    Raises
    ------
    InputError
        If the file cannot be read, is no such array, or holds a number that is none.
    """
    with os.fdopen(_opened(path), "rb") as file:
        try:
            shape, order, dtype = _header(file)
        except _UNREADABLE as error:
            message = f"{path} is not a .npy file: its header cannot be read."
            raise InputError(message) from error
        held = os.fstat(file.fileno()).st_size - file.tell()
        _require_sense(path, shape, dtype, held)
        values = np.fromfile(file, dtype, math.prod(shape))
    ordered = values.reshape(shape, order="F" if order else "C")
    array = ordered.astype(np.float64)
    if not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        message = f"{path} must hold finite numbers; got {array[place]} at {place}."
        raise InputError(message)
    return array[:, None] if array.ndim == 2 else array


def _opened(path: pathlib.Path) -> int:
    """Return the handle of a regular file."""
    try:
        # Without O_NONBLOCK, opening a FIFO waits for a writer that may never come.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise InputError(message) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        message = f"{path} is not a regular file."
        raise InputError(message)
    return handle


def _header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file, max_header_size=_HEADER)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(file, max_header_size=_HEADER)
    message = f"version {version} is unknown"
    raise ValueError(message)


def _require_sense(
    path: pathlib.Path, shape: tuple[int, ...], dtype: np.dtype[Any], held: int
) -> None:
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        message = f"{path} must hold real numbers; got dtype {dtype}."
        raise InputError(message)
    if len(shape) not in (2, 3) or not math.prod(shape):
        message = (
            f"{path} must be (steps, inputs) or (steps, sequences, inputs); got shape "
            f"{shape}."
        )
        raise InputError(message)
    size = math.prod(shape) * dtype.itemsize  # Python's integers: nothing wraps
    if size != held or size > _LARGEST:
        message = f"{path} says it has {size:,} bytes of numbers; there are {held:,}."
        raise InputError(message)
