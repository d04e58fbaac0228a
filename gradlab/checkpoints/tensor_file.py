"""The safetensors format, read strictly: the arrays tile the file, each byte once.

Eight bytes give the length N of the header, N bytes of JSON name each array with dtype,
shape and the interval of bytes it fills, and the intervals, one after the other, are
the rest of the file.
"""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from gradlab.checkpoints.formats import SAFETENSORS, array_from
from gradlab.checkpoints.refusals import quoted, refusal, require_budget
from gradlab.typing import Array

__all__ = ["header_of", "safetensors"]

_LONGEST_HEADER = 2**22  # names 40,000 arrays
_MOST_AXES = 32
_METADATA = "__metadata__"


def safetensors(
    content: bytes, file: str, max_bytes: int
) -> dict[str, tuple[str, Array]]:
    """Return what a safetensors file holds: the dtype it names, and the array.

    Raises
    ------
    CheckpointError
        If anything is not exactly as the format has it, or the arrays fill more than
        `max_bytes`, which is decided before any is made.
    """
    header, start = _header(content, file)
    entries = {name: entry for name, entry in header.items() if name != _METADATA}
    _require_metadata(header.get(_METADATA, {}), file)
    for name, entry in entries.items():
        _require_entry(name, entry, file)
    _require_tiling(entries, len(content) - start, file)
    sizes = (
        SAFETENSORS[entry["dtype"]].memory_of(entry["shape"])
        for entry in entries.values()
    )
    require_budget(file, sum(sizes), max_bytes)
    return {
        name: (entry["dtype"], _array(content, start, name, entry, file))
        for name, entry in entries.items()
    }


def header_of(entries: Iterable[tuple[str, str, tuple[int, ...]]]) -> bytes:
    """Return the first bytes of a file of these (name, dtype, shape), in this order.

    Examples
    --------
    >>> header_of([("h", "F32", (2,))])[8:]
    b'{"h": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}   '
    """
    header, end = {}, 0
    for name, dtype, shape in entries:
        begin, end = end, end + SAFETENSORS[dtype].bytes_of(shape)
        header[name] = {
            "dtype": dtype,
            "shape": list(shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _header(content: bytes, file: str) -> tuple[dict[str, Any], int]:
    if len(content) < 8:
        raise refusal(file, f"is no safetensors file: it has {len(content)} bytes")
    length = int.from_bytes(content[:8], "little")
    if length > min(len(content) - 8, _LONGEST_HEADER):
        cause = (
            f"is no safetensors file, or is cut off: its header would have {length:,} "
            f"bytes, of {len(content) - 8:,} that follow (and of {_LONGEST_HEADER:,} "
            "that gradlab reads)"
        )
        raise refusal(file, cause)
    text = content[8 : 8 + length]
    if text[:1] != b"{":
        raise refusal(file, "is no safetensors file: its header is not a JSON object")
    return _strict_json(text, file), 8 + length


def _strict_json(text: bytes, file: str) -> dict[str, Any]:
    """Return a JSON object of strings, whole numbers, lists and objects."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise refusal(file, f"names {quoted(name)} twice in its header")
            name.encode()  # half of a surrogate pair is no name
            found[name] = value
        return found

    def whole(digits: str) -> int:
        return int(digits) if len(digits) <= 20 else never(digits)

    def never(number: str) -> NoReturn:
        cause = f"has {quoted(number)} in its header, where sizes are whole numbers"
        raise refusal(file, cause)

    try:
        return json.loads(
            text.decode(),
            object_pairs_hook=once,
            parse_int=whole,
            parse_float=never,
            parse_constant=never,
        )
    except RecursionError as error:
        raise refusal(file, "has a header that nests too deeply") from error
    except ValueError as error:  # of JSON, or of UTF-8
        cause = f"has a header that is not strict JSON: {error}"
        raise refusal(file, cause) from error


def _require_metadata(metadata: object, file: str) -> None:
    texts = isinstance(metadata, dict) and all(
        isinstance(value, str) for value in metadata.values()
    )
    if not texts:
        raise refusal(file, f"has a {_METADATA} that is not strings by name")


def _require_entry(name: str, entry: Any, file: str) -> None:
    """Raise if what the header says of an array does not fit together."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        cause = f"must give dtype, shape and data_offsets of {quoted(name)}, no more"
        raise refusal(file, cause)
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in SAFETENSORS:
        known = ", ".join(SAFETENSORS)
        got = quoted(entry["dtype"])
        cause = f"gives {quoted(name)} the dtype {got}; gradlab reads {known}"
        raise refusal(file, cause)
    if not _are_sizes(entry["shape"]) or not _are_sizes(entry["data_offsets"]):
        cause = f"must give {quoted(name)} a shape and offsets of whole numbers >= 0"
        raise refusal(file, cause)
    shape, offsets = tuple(entry["shape"]), entry["data_offsets"]
    # NumPy counts the bytes of an empty array as well, by its other axes.
    if len(shape) > _MOST_AXES or math.prod(max(n, 1) for n in shape) >= 2**59:
        cause = f"gives {quoted(name)} an impossible shape: {_cut(shape)}"
        raise refusal(file, cause)
    needed = SAFETENSORS[entry["dtype"]].bytes_of(shape)
    if len(offsets) != 2 or offsets[1] - offsets[0] != needed:
        cause = (
            f"gives {quoted(name)} the bytes {_cut(offsets)}, of which "
            f"{entry['dtype']} of shape {_cut(shape)} needs {needed:,}"
        )
        raise refusal(file, cause)
    entry["shape"] = shape


def _require_tiling(entries: Mapping[str, Any], size: int, file: str) -> None:
    """Raise if the intervals do not cover the rest of the file, each byte once."""
    end, before = 0, "the header"
    for name in sorted(entries, key=lambda name: entries[name]["data_offsets"]):
        begin, next_end = entries[name]["data_offsets"]
        if begin != end:
            what = "overlaps" if begin < end else "leaves a hole after"
            cause = f"is damaged: {quoted(name)} {what} {before}"
            raise refusal(file, cause)
        end, before = next_end, quoted(name)
    if end != size:
        what = "is cut off" if end > size else "has bytes that belong to no array"
        cause = f"{what}: its arrays fill {end:,} bytes, of {size:,} after the header"
        raise refusal(file, cause)


def _array(
    content: bytes, start: int, name: str, entry: Mapping[str, Any], file: str
) -> Array:
    form = SAFETENSORS[entry["dtype"]]
    try:
        return array_from(
            content, start + entry["data_offsets"][0], entry["shape"], form
        )
    except ValueError as error:
        raise refusal(file, f"is damaged in {quoted(name)}: {error}") from error


def _are_sizes(numbers: object) -> bool:
    return isinstance(numbers, list) and all(
        type(n) is int and 0 <= n < 2**63 for n in numbers
    )


def _cut(numbers: Iterable[int]) -> str:
    return quoted(tuple(numbers))
