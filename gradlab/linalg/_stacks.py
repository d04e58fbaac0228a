"""Factors at the door: any array or iterable, read as checked stacks (k, n, n).

An iterable is read a stack at a time, so that a chain of a million factors never has to
be in memory at once; every stack is a copy, so the caller's arrays are never changed.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradlab._checks import require_array, require_memory, require_stack
from gradlab.errors import InputError, NonFiniteError, ShapeError
from gradlab.typing import Array, Factors

__all__ = ["Stacks", "read_stacks"]

_ENTRIES = 2**20  # of one stack: 8 MiB of float64
_LONGEST = 4096
_NOTHING: Any = object()


@dataclass(frozen=True)
class Stacks:
    """Factors of size n, to be read once as stacks of at most `length` steps."""

    n: int
    parts: Iterator[Factors]


def read_stacks(factors: Iterable[Array], *, name: str = "factors") -> Stacks:
    """Return the factors as finite float64 or complex128 stacks, in time order.

    Arrays and sequences are checked as a whole before any work; the members of any
    other iterable are checked as they arrive, and the error names the step.
    """
    if _is_array_like(factors):
        stack = require_stack(name, factors, allow_complex=True)
        n = stack.shape[1]
        length = _length(n)
        cuts = range(0, len(stack), length)
        return Stacks(n, (stack[cut : cut + length] for cut in cuts))
    members = iter(factors)
    first = next(members, _NOTHING)
    if first is _NOTHING:
        message = f"`{name}` is empty; give a (0, n, n) array, so that n is known."
        raise InputError(message)
    n = len(_member(name, first, 0, None))
    require_memory("n", n, 2 * n * n)
    return Stacks(n, _gathered(name, itertools.chain([first], members), n))


def _is_array_like(factors: object) -> bool:
    foreign = any(hasattr(factors, mark) for mark in ("__array__", "detach", "toarray"))
    return foreign or isinstance(factors, Sequence) or not isinstance(factors, Iterable)


def _length(n: int) -> int:
    return max(1, min(_LONGEST, _ENTRIES // max(n * n, 1)))


def _gathered(name: str, members: Iterator[Array], n: int) -> Iterator[Factors]:
    start, length = 0, _length(n)
    while True:
        part = [
            _member(name, member, start + i, n)
            for i, member in enumerate(itertools.islice(members, length))
        ]
        if not part:
            return
        stack = np.stack(part)  # a copy, in native byte order
        bad = np.argwhere(~np.isfinite(stack))
        if len(bad):
            t, i, j = (int(index) for index in bad[0])
            raise NonFiniteError(name, stack[t, i, j], (start + t, i, j))
        yield stack
        start += len(part)


def _member(name: str, member: object, step: int, n: int | None) -> Array:
    """Return one factor as a square float64 or complex128 array; not yet finite."""
    if type(member) is np.ndarray and member.dtype.char in "dD":
        array: Array = member
    else:
        array = require_array(f"{name}[{step}]", member, "...", allow_complex=True)
    shape = array.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(name, "(T, n, n)", f"{shape} at step {step}")
    if n is not None and shape != (n, n):
        raise ShapeError(name, "(T, n, n)", f"{shape} at step {step} after {(n, n)}")
    return array
