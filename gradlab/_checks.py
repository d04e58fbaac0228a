"""Checks at the door: one function, one message, before any work is done."""

import functools
import math
import numbers
import operator
import os
import re
from collections.abc import Mapping, Sequence
from typing import TypeGuard

import numpy as np

from gradlab.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from gradlab.typing import Array, Seed

__all__ = [
    "describe_rng",
    "require_array",
    "require_count",
    "require_finite",
    "require_length",
    "require_memory",
    "require_number",
    "require_one_of",
    "require_parameter",
    "require_rng",
    "require_stack",
]

_FLOAT64, _COMPLEX128 = np.dtype(np.float64), np.dtype(np.complex128)
_SMALL = 4096  # entries of an array whose sum of squares is sooner had than a mask


def require_array(
    name: str,
    value: object,
    shape: str,
    *,
    sizes: Mapping[str, int] | None = None,
    allow_complex: bool = False,
    exact: bool = False,
) -> Array:
    """Return `value` as a finite float64 (or complex128) array of the named shape.

    `shape` is written as in the documentation, ``"(T, n, n)"``: equal letters are equal
    sizes, a digit is that size, a leading ``...`` is any number of axes, and `sizes`
    fixes letters.  The caller's array is never changed; it is copied only if its dtype
    is another one.  With `exact`, numbers that float64 would round are refused: what is
    proved of the array is then true of `value`.
    """
    array = _as_numbers(name, value, allow_complex=allow_complex, exact=exact)
    _match_shape(name, array.shape, shape, dict(sizes or {}))
    return require_finite(name, array)


def require_parameter(
    name: str,
    value: object,
    shape: str,
    *,
    sizes: Mapping[str, int] | None = None,
    allow_complex: bool = False,
) -> Array:
    """Return a read-only snapshot of an array: later changes do not reach it."""
    array = np.array(
        require_array(name, value, shape, sizes=sizes, allow_complex=allow_complex)
    )
    array.setflags(write=False)
    return array


def require_stack(
    name: str, value: object, *, allow_complex: bool = False, exact: bool = False
) -> Array:
    """Return `value` as a finite stack of square matrices (T, n, n), T >= 0.

    A list whose members differ in shape is refused by naming the first odd step; for
    `exact` see `require_array`.
    """
    if isinstance(value, Sequence) and all(isinstance(J, np.ndarray) for J in value):
        shapes = [member.shape for member in value]
        odd = next((t for t, s in enumerate(shapes) if s != shapes[0]), None)
        if odd is not None:
            got = f"{shapes[odd]} at step {odd} after {shapes[0]}"
            raise ShapeError(name, "(T, n, n)", got)
    if isinstance(value, np.ndarray) and value.ndim == 3:
        # A broadcast stack takes no memory, but copies of one factor do.
        n = max(value.shape[1:])
        require_memory("n", n, 2 * n * n)
    return require_array(
        name, value, "(T, n, n)", allow_complex=allow_complex, exact=exact
    )


def require_finite(name: str, array: Array) -> Array:
    """Return `array`, or raise with the first entry that is NaN or infinite."""
    # A sum of squares that is finite has no term that is not.
    if array.size <= _SMALL and math.isfinite(np.vdot(array, array).real):
        return array
    finite = np.isfinite(array)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise NonFiniteError(name, array[index], index)
    return array


def require_count(name: str, value: object, *, minimum: int = 1) -> int:
    """Return `value` as an int of at least `minimum`; floats and bools are refused."""
    wanted = f"an integer >= {minimum}"
    count = _index(name, value, wanted)
    if count < minimum:
        raise _wrong_value(name, wanted, count)
    return count


def require_length(name: str, value: object, *, each: int = 1) -> int:
    """Return `value` as a count of at least 1, of which each takes `each` numbers."""
    count = require_count(name, value)
    require_memory(name, count, each * count)
    return count


def require_memory(name: str, value: int, numbers_needed: int) -> None:
    """Raise if so many float64 numbers are more than the machine's memory holds.

    Asking first is cheap; an allocation that large may be granted and then have the
    process killed where it first writes.
    """
    needed, there = 8 * numbers_needed, _physical_memory()
    if needed > there:
        message = (
            f"`{name}` = {value:,} needs {needed / 2**30:,.1f} GiB of memory; "
            f"this machine has {there / 2**30:,.1f} GiB."
        )
        raise InputError(message)


def _physical_memory() -> float:
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):  # a system that does not tell
        return math.inf


def require_number(
    name: str,
    value: object,
    *,
    minimum: float = -math.inf,
    above: float = -math.inf,
    maximum: float = math.inf,
) -> float:
    """Return `value` as a finite float with ``minimum <= value <= maximum``.

    `above` is a lower limit that is itself excluded.
    """
    wanted = _interval(minimum, above, maximum)
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise _wrong_type(name, wanted, _shown(value))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    # Written so that NaN fails.
    inside = minimum <= number <= maximum and number > above
    if not (inside and math.isfinite(number)):
        raise _wrong_value(name, wanted, value)
    return number


def require_one_of(name: str, value: object, choices: Sequence[str]) -> str:
    """Return `value` if it is one of the named choices."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        message = f"`{name}` must be one of {listed}; got {value!r}."
        raise InputError(message)
    return value


def require_rng(rng: Seed | None) -> np.random.Generator:
    """Return the Generator that ``rng=`` stands for: itself, or one from a seed."""
    if isinstance(rng, np.random.Generator):
        return rng
    wanted = "a numpy Generator or an integer seed >= 0"
    seed = _index("rng", rng, wanted)
    if seed < 0:
        raise _wrong_value("rng", wanted, seed)
    return np.random.default_rng(seed)


def describe_rng(rng: Seed | None) -> object:
    """Return what to record about ``rng=`` before it is used: the seed or the state."""
    generator = require_rng(rng)
    if rng is None or isinstance(rng, np.random.Generator):
        return generator.bit_generator.state
    return operator.index(rng)


def _as_numbers(name: str, value: object, *, allow_complex: bool, exact: bool) -> Array:
    if _is_converted(value, allow_complex=allow_complex):
        return value
    try:
        _refuse_foreign(name, value)
        array = given = np.asarray(value)
    except InputTypeError:
        raise
    except Exception as error:  # ragged lists, or whatever somebody's __array__ raises
        message = f"`{name}` must be a regular array of numbers; {error}"
        raise InputError(message) from error
    kind = array.dtype.kind
    if kind == "O":
        array = _exact_numbers(name, array)
    elif kind not in "biufc" or array.dtype.itemsize > (16 if kind == "c" else 8):
        wanted = "an array of numbers no wider than float64"
        raise _wrong_type(name, wanted, f"dtype {array.dtype}")
    if array.dtype.kind == "c" and not allow_complex:
        raise _wrong_type(name, "real", f"dtype {array.dtype}")
    held = array.astype(
        np.complex128 if array.dtype.kind == "c" else np.float64, copy=False
    )
    if exact and given.dtype.kind in "iuO":
        _refuse_rounded(name, given, held)
    return held


def _is_converted(value: object, *, allow_complex: bool) -> TypeGuard[Array]:
    """Whether `value` is what most callers hold: nothing to convert or to refuse."""
    if type(value) is not np.ndarray:
        return False
    dtype = value.dtype
    return dtype is _FLOAT64 or (allow_complex and dtype is _COMPLEX128)


def _refuse_foreign(name: str, value: object) -> None:
    if type(value) is np.ndarray:
        return
    if _is_masked(value):
        raise _wrong_type(name, "an array without a mask", "a masked array")
    if hasattr(value, "detach"):
        remedy = "a numpy array (use .detach().cpu().numpy())"
        raise _wrong_type(name, remedy, "a tensor")
    if hasattr(value, "toarray") and not isinstance(value, np.ndarray):
        raise _wrong_type(name, "dense (use .toarray())", "a sparse array")


def _is_masked(value: object) -> bool:
    """Return whether a mask is in it; NumPy drops those of arrays in a list."""
    if isinstance(value, list | tuple):
        inside = (list, tuple, np.ma.MaskedArray)
        nested = any(issubclass(kind, inside) for kind in set(map(type, value)))
        return nested and any(map(_is_masked, value))
    return isinstance(value, np.ma.MaskedArray)


def _refuse_rounded(name: str, given: Array, held: Array) -> None:
    for index, number in np.ndenumerate(held):
        entry = given[index]
        # NumPy rounds an integer to compare it with a float; Python does not.
        entry = entry.item() if isinstance(entry, np.generic) else entry
        if entry != float(number) and math.isfinite(number):
            wanted = "made of numbers that float64 holds exactly"
            raise _wrong_value(name, wanted, f"{_shown(entry)} at index {index}")


def _exact_numbers(name: str, array: Array) -> Array:
    for index, entry in np.ndenumerate(array):
        if isinstance(entry, bool) or not isinstance(entry, numbers.Real):
            got = f"{type(entry).__name__} at index {index}"
            raise _wrong_type(name, "an array of numbers", got)
    try:
        return array.astype(np.float64)
    except OverflowError:
        wanted = "an array of numbers in the range of float64"
        raise _wrong_value(name, wanted, "a larger one") from None


def _match_shape(
    name: str, got: tuple[int, ...], shape: str, sizes: dict[str, int]
) -> None:
    if not sizes and len(got) == _free_axes(shape):
        return
    letters = _letters(shape)
    fixed = dict(sizes)
    axes = list(got)
    if letters and letters[0] == "...":
        letters = letters[1:]
        axes = axes[max(len(axes) - len(letters), 0) :]
    fits = len(axes) == len(letters)
    for letter, size in zip(letters, axes, strict=False):
        expected = int(letter) if letter.isdigit() else fixed.setdefault(letter, size)
        fits = fits and size == expected
    if not fits:
        known = [f"{letter} = {sizes[letter]}" for letter in letters if letter in sizes]
        with_sizes = f" with {', '.join(dict.fromkeys(known))}" if known else ""
        raise ShapeError(name, shape + with_sizes, got)


@functools.cache
def _letters(shape: str) -> tuple[str, ...]:
    """Return what a shape such as "(..., m, 2)" is made of."""
    return tuple(re.findall(r"\.\.\.|\w+", shape))


@functools.cache
def _free_axes(shape: str) -> int:
    """Return how many axes are named, each of a size of its own; else −1."""
    letters = _letters(shape)
    free = len(set(letters)) == len(letters) and all(map(str.isalpha, letters))
    return len(letters) if free else -1


def _interval(minimum: float, above: float, maximum: float) -> str:
    limits = [
        f">= {minimum:g}" if minimum > -math.inf else "",
        f"> {above:g}" if above > -math.inf else "",
        f"<= {maximum:g}" if maximum < math.inf else "",
    ]
    return " ".join(["a finite number", " and ".join(filter(None, limits))]).strip()


def _index(name: str, value: object, wanted: str) -> int:
    """Return `value` as an int if it is one; True is not 1, and 10.0 is not 10."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise _wrong_type(name, wanted, _shown(value)) from None


def _shown(value: object) -> str:
    """Return how a refused value is quoted: as Python writes it, on one short line."""
    written = repr(value.item() if isinstance(value, np.generic) else value)
    written = " ".join(written.split())
    return written if len(written) <= 60 else f"{written[:59]}…"


def _wrong_type(name: str, wanted: str, got: str) -> InputTypeError:
    return InputTypeError(f"`{name}` must be {wanted}; got {got}.")


def _wrong_value(name: str, wanted: str, got: object) -> InputError:
    return InputError(f"`{name}` must be {wanted}; got {got}.")
