"""Numbers as files hold them → numbers that NumPy has, equal to the last bit.

A bfloat16 is the upper half of a float32, a float8 with five exponent bits the upper
half of a float16; the one with four has 256 values, listed once.
"""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.typing import Array

__all__ = ["SAFETENSORS", "Format", "array_from", "plain_name"]


@final
@dataclass(frozen=True)
class Format:
    """A kind of number: how it lies in a file, and what it becomes.

    `name` is what torch calls it, `stored` the little-endian dtype of its bytes, and
    `dtype` that of the array, which holds every value of it exactly.
    """

    name: str
    stored: str
    dtype: str

    def bytes_of(self, shape: tuple[int, ...]) -> int:
        """Return how many bytes an array of this shape fills in the file."""
        return math.prod(shape) * np.dtype(self.stored).itemsize

    def memory_of(self, shape: tuple[int, ...]) -> int:
        """Return how many bytes the widened array fills in memory."""
        return math.prod(shape) * np.dtype(self.dtype).itemsize


SAFETENSORS = {
    "BOOL": Format("bool", "u1", "?"),
    "U8": Format("uint8", "u1", "u1"),
    "I8": Format("int8", "i1", "i1"),
    "U16": Format("uint16", "<u2", "u2"),
    "I16": Format("int16", "<i2", "i2"),
    "U32": Format("uint32", "<u4", "u4"),
    "I32": Format("int32", "<i4", "i4"),
    "U64": Format("uint64", "<u8", "u8"),
    "I64": Format("int64", "<i8", "i8"),
    "F8_E4M3": Format("float8_e4m3fn", "u1", "f4"),
    "F8_E5M2": Format("float8_e5m2", "u1", "f4"),
    "F16": Format("float16", "<f2", "f2"),
    "BF16": Format("bfloat16", "<u2", "f4"),
    "F32": Format("float32", "<f4", "f4"),
    "F64": Format("float64", "<f8", "f8"),
    "C64": Format("complex64", "<c8", "c8"),
}


def array_from(
    content: bytes, offset: int, shape: tuple[int, ...], form: Format
) -> Array:
    """Return the read-only array that lies at `offset`; no copy if none is needed.

    Raises
    ------
    ValueError
        If a truth value is a byte other than 0 and 1.
    """
    count = math.prod(shape)
    raw = np.frombuffer(content, dtype=form.stored, count=count, offset=offset)
    if not raw.flags.aligned:
        raw = raw.copy()
    with np.errstate(invalid="ignore"):  # a signalling NaN stays a NaN
        array = _widened(raw, form).astype(form.dtype, copy=False).reshape(shape)
    array.setflags(write=False)
    return array


def plain_name(stored: str) -> str:
    """Return the name that torch and NumPy have for a kind of number in a file.

    Examples
    --------
    >>> plain_name("BF16"), plain_name("<f4"), plain_name("float16")
    ('bfloat16', 'float32', 'float16')
    """
    if stored in SAFETENSORS:
        return SAFETENSORS[stored].name
    known = {form.name for form in SAFETENSORS.values()}
    return stored if stored in known else np.dtype(stored).name


def _widened(raw: Array, form: Format) -> Array:
    match form.name:
        case "bool":
            if raw.size and raw.max() > 1:
                message = "a truth value must be 0 or 1"
                raise ValueError(message)
            return raw.view(np.bool_)
        case "bfloat16":
            return (raw.astype(np.uint32) << 16).view(np.float32)
        case "float8_e5m2":
            return (raw.astype(np.uint16) << 8).view(np.float16)
        case "float8_e4m3fn":
            return _E4M3[raw]
        case _:
            return raw


def _e4m3(code: int) -> float:
    """Return ±2^(e − 7) (1 + m/8), or ±2^−6 m/8 where e = 0; all ones are NaN."""
    exponent, mantissa = code >> 3 & 15, code & 7
    sign = -1.0 if code & 128 else 1.0
    if (exponent, mantissa) == (15, 7):
        return math.nan
    if exponent == 0:
        return sign * math.ldexp(mantissa, -9)
    return sign * math.ldexp(8 + mantissa, exponent - 10)


_E4M3 = np.array([_e4m3(code) for code in range(256)], dtype=np.float32)
