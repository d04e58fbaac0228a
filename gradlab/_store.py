"""Values on disk: arrays as .npz without pickles, the rest as JSON without NaN."""

import dataclasses
import enum
import io
import json
import math
import os
import pathlib
import tempfile
import types
import typing
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from gradlab.errors import InputTypeError
from gradlab.typing import Array

__all__ = ["packed", "parsed", "plain", "replace", "split", "typed", "unpacked"]

_LONGEST = 2**32  # bytes of the arrays of one result
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def split(values: Mapping[str, Any]) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays among `values`, and everything else in JSON's types.

    A mapping of arrays goes with the arrays, under ``field/key``; so do those of a
    dataclass within, or of the i-th of a tuple of them (``field/i/inner``).
    """
    arrays: dict[str, Array] = {}
    rest: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif _holds_arrays(value):
            arrays |= {f"{name}/{key}": array for key, array in value.items()}
        elif _is_record(value):
            inner, rest[name] = split(_fields(value))
            arrays |= {f"{name}/{key}": array for key, array in inner.items()}
        elif isinstance(value, tuple) and value and all(map(_is_record, value)):
            numbered = {str(i): entry for i, entry in enumerate(value)}
            inner, records = split(numbered)
            arrays |= {f"{name}/{key}": array for key, array in inner.items()}
            rest[name] = list(records.values())
        else:
            rest[name] = plain(name, value)
    return arrays, rest


def packed(arrays: Mapping[str, Array]) -> bytes:
    """Return the arrays as the bytes of an .npz file; equal arrays, equal bytes.

    `numpy.savez` learned ``allow_pickle=False`` only in 2.1; a result is never pickled.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            # A ZipInfo of its own has a fixed date, so the bytes do not depend on it.
            member = zipfile.ZipInfo(f"{name}.npy")
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
    return buffer.getvalue()


def unpacked(content: bytes) -> dict[str, Array]:
    """Return the arrays of an .npz file that anybody may have written.

    Raises
    ------
    ValueError
        If it is damaged, holds objects, or fills more memory than any result does.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _require_room(sum(member.file_size for member in archive.infolist()))
            return {
                member.filename.removesuffix(".npy"): _array(archive.read(member))
                for member in archive.infolist()
            }
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        message = f"its arrays are damaged: {error}"
        raise ValueError(message) from error


def _array(content: bytes) -> Array:
    """Return the array of an .npy file, whose header asks for no more than it has."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        message = f"no array is written in version {version} of .npy"
        raise ValueError(message)
    shape, _, dtype = _HEADERS[version](file)
    if math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        message = f"an array of shape {shape} is not as long as it says"
        raise ValueError(message)
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _require_room(size: int) -> None:
    if size > _LONGEST:
        message = f"its arrays fill {size:,} bytes, of {_LONGEST:,} at most"
        raise ValueError(message)


def parsed(text: str) -> Any:
    """Return what strict JSON says: no NaN, no number beyond float64, no key twice.

    Raises
    ------
    ValueError
        If it is not strict, or nests too deeply.
    """
    try:
        return json.loads(
            text,
            parse_constant=_no_number,
            parse_float=_finite,
            object_pairs_hook=_once,
        )
    except RecursionError as error:
        message = "it nests too deeply"
        raise ValueError(message) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "it names a value twice"
        raise ValueError(message)
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number(digits)


def _no_number(word: str) -> NoReturn:
    message = f"{word:.40} is no number of JSON's"
    raise ValueError(message)


def plain(name: str, value: Any) -> Any:
    """Return `value` in JSON's types; non-finite floats become strings."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, np.generic | np.ndarray):
        return plain(name, value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(name, entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(name, entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, complex):
        return [plain(name, value.real), plain(name, value.imag)]
    if value is None or isinstance(value, str | int | float):
        return value
    wanted = "made of numbers, strings, enums and arrays to be stored"
    message = f"`{name}` must be {wanted}; got {type(value).__name__}."
    raise InputTypeError(message)


def typed(
    cls: type, record: Mapping[str, Any], arrays: Mapping[str, Array]
) -> dict[str, Any]:
    """Return the fields of the dataclass `cls` from what `split` made of them."""
    hints = typing.get_type_hints(cls)
    values: dict[str, Any] = {}
    for name, array in arrays.items():
        field, _, key = name.partition("/")
        if key:
            values.setdefault(field, {})[key] = array
        else:
            values[field] = array
    for entry in dataclasses.fields(cls):
        if entry.name in record:
            within = values.get(entry.name, {})
            hint, stored = hints[entry.name], record[entry.name]
            values[entry.name] = _rebuilt(hint, stored, within)
    return values


def replace(target: pathlib.Path, content: bytes) -> None:
    """Write beside `target`, then rename: readers see the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    written = pathlib.Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        written.chmod(0o644)
        written.replace(target)
    finally:
        written.unlink(missing_ok=True)


def _holds_arrays(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(isinstance(entry, np.ndarray) for entry in value.values())
    )


def _is_record(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _fields(value: Any) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}


def _rebuilt(hint: Any, stored: Any, arrays: Mapping[str, Array]) -> Any:
    """Return a field that may be a dataclass, or a tuple of them, with its arrays."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and stored is not None:
        return hint(**typed(hint, stored, arrays))
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and dataclasses.is_dataclass(inner[0]):
        parts = [_beneath(str(i), arrays) for i in range(len(stored))]
        return tuple(map(_rebuilt, inner[:1] * len(stored), stored, parts))
    return _revived(hint, stored)


def _beneath(name: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    found = (key.partition("/") for key in arrays)
    return {rest: arrays[f"{head}/{rest}"] for head, _, rest in found if head == name}


def _revived(hint: Any, stored: Any) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if stored is None:
        return None
    if origin in (types.UnionType, typing.Union):  # X | None
        return _revived(next(kind for kind in inner if kind is not type(None)), stored)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint[stored]
    if origin is tuple:
        kinds = inner[:1] * len(stored) if inner[-1] is Ellipsis else inner
        return tuple(map(_revived, kinds, stored))
    if isinstance(stored, dict) and len(inner) == 2:
        return {key: _revived(inner[1], entry) for key, entry in stored.items()}
    if hint is complex:
        return complex(*map(float, stored))
    return float(stored) if hint is float else stored
