"""NumPy's .npy format, read strictly: one header, one dtype of numbers, exact length.

By the format the header is a Python literal.  Here it is matched and never evaluated:
``{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }``, in any order.
"""

import math
import re

from gradlab.checkpoints.formats import Format, array_from
from gradlab.checkpoints.refusals import quoted, refusal, require_budget
from gradlab.typing import Array

__all__ = ["MAGIC", "npy"]

MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}  # by version
_LONGEST_HEADER = 10_000
_MOST_AXES = 32
_ENTRIES = {
    "descr": r"'([^'\\]{1,80})'",
    "fortran_order": r"(True|False)",
    "shape": r"\(((?:[0-9]{1,20},)+[0-9]{0,20}|)\)",
}
_SIZES = {"b": (1,), "i": (1, 2, 4, 8), "f": (2, 4, 8), "c": (8, 16)}


def npy(content: bytes, file: str, max_bytes: int) -> tuple[str, Array]:
    """Return the dtype that an .npy file names, and its array.

    Raises
    ------
    CheckpointError
        If it holds Python objects or records, is cut off or too long, or would fill
        more than `max_bytes`, which is decided before the array is made.
    """
    text, start = _header(content, file)
    descr, order, sizes = _entries(text, file)
    form = _format(descr, file)
    shape = tuple(int(n) for n in sizes.split(",") if n)
    # NumPy counts the bytes of an empty array as well, by its other axes.
    if len(shape) > _MOST_AXES or math.prod(max(n, 1) for n in shape) >= 2**59:
        raise refusal(file, f"has an impossible shape: {quoted(shape)}")
    require_budget(file, form.memory_of(shape), max_bytes)
    needed, there = form.bytes_of(shape), len(content) - start
    if needed != there:
        what = "is cut off" if needed > there else "has bytes behind its array"
        cause = (
            f"{what}: {descr} of shape {shape} needs {needed:,} bytes, not {there:,}"
        )
        raise refusal(file, cause)
    by_columns = order == "True"
    try:
        array = array_from(content, start, shape[:: -1 if by_columns else 1], form)
    except ValueError as error:
        raise refusal(file, f"is damaged: {error}") from error
    return descr, array.T if by_columns else array


def _header(content: bytes, file: str) -> tuple[str, int]:
    if not content.startswith(MAGIC):
        raise refusal(file, "is no .npy file: it does not start as one")
    width = _LENGTH_BYTES.get(content[6:8])
    if width is None:
        raise refusal(file, "is of a version of the .npy format that is not known")
    start = 8 + width
    length = int.from_bytes(content[8:start], "little")
    if length > min(len(content) - start, _LONGEST_HEADER):
        raise refusal(file, f"is cut off, or has too long a header: {length:,} bytes")
    try:
        return content[start : start + length].decode("ascii"), start + length
    except UnicodeDecodeError as error:
        raise refusal(file, "has a header that is not ASCII") from error


def _entries(text: str, file: str) -> list[str]:
    """Return descr, fortran_order and shape as the header has them, without spaces."""
    rest, found = re.sub(r"\s", "", text).replace('"', "'"), []
    for key, value in _ENTRIES.items():
        match = re.search(rf"'{key}':{value}(?:,|(?=\}}))", rest)
        if match is None:
            break
        found.append(match[1])
        rest = rest[: match.start()] + rest[match.end() :]
    if len(found) < len(_ENTRIES) or rest != "{}":
        cause = f"has a header that is not one of numbers alone: {quoted(text.strip())}"
        raise refusal(file, cause)
    return found


def _format(descr: str, file: str) -> Format:
    """Return how numbers of this dtype lie in the file."""
    if "O" in descr:
        cause = "holds Python objects, which take unpickling, and that runs their code"
        raise refusal(file, cause)
    match = re.fullmatch(r"([<>|])([biufc])([0-9]{1,2})", descr)
    kind, size = (match[2], int(match[3])) if match else ("", 0)
    if size not in _SIZES.get("i" if kind == "u" else kind, ()):
        cause = f"holds {quoted(descr)}, not numbers as wide as float64 at most"
        raise refusal(file, cause)
    if kind == "b":
        return Format("bool", "u1", "?")
    if size > 1 and descr[0] == "|":
        raise refusal(file, f"does not give the order of the bytes of {quoted(descr)}")
    return Format(descr, descr, f"{kind}{size}")
