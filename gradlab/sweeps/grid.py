"""sweep(f, grid) = f at each point of the grid, with random numbers of its own."""

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, final

import numpy as np

from gradlab._checks import require_count
from gradlab.errors import InputError, InputTypeError

__all__ = ["Mapper", "grid_points", "sweep"]

Value = TypeVar("Value")


class Mapper(Protocol):
    """What ``mapper=`` accepts: anything that is called as `map` is, in order."""

    def __call__(
        self, function: Callable[[Any], Value], points: Iterable[Any], /
    ) -> Iterable[Value]:
        """Return the function's value at each point, in the order of the points."""


def sweep(
    study: Callable[..., Value],
    grid: Mapping[str, Sequence[Any]],
    *,
    seed: int,
    mapper: Mapper = map,
) -> Iterable[Value]:
    """Return ``study(**point, rng=…)`` for each point of a grid, in the grid's order.

    Parameters
    ----------
    study : callable
        Called with the point's parameters and a Generator as keywords; a function of
        its arguments alone.  To be sent to another process it must be importable.
    grid : mapping of str to sequence
        The values of each parameter; the last one varies fastest.  To repeat a point,
        give the study a parameter such as ``repeat`` and the grid ``range(10)`` for it.
    seed : int
        Each point's Generator comes from this and the point's own parameters, so a
        point keeps its random numbers when the grid grows, and whoever computes it.
    mapper : callable
        `map`, ``pool.map`` of any executor, or one of `process_map` and
        `gradlab.sweeps.dask_map`; it must keep the order.

    Returns
    -------
    iterable
        What the mapper returns: with `map`, values are computed as they are asked for.

    Raises
    ------
    InputError
        If the grid is empty, or a parameter is NaN or called ``rng``.
    InputTypeError
        If a parameter is not a number, a string, a bool or None.

    Examples
    --------
    >>> def study(gain, rng):
    ...     return gain * rng.normal()
    >>> both = list(sweep(study, {"gain": [0.5, 1.0]}, seed=7))
    >>> list(sweep(study, {"gain": [1.0]}, seed=7)) == both[1:]
    True
    """
    seed = require_count("seed", seed, minimum=0)
    return mapper(_Seeded(study, seed), grid_points(grid))


def grid_points(grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the points of a grid as keyword arguments, the last name fastest.

    Examples
    --------
    >>> grid_points({"n": [1, 2], "gain": [0.5]})
    [{'n': 1, 'gain': 0.5}, {'n': 2, 'gain': 0.5}]
    """
    if not isinstance(grid, Mapping) or not grid:
        message = f"`grid` must map parameters to their values; got {grid!r}."
        raise InputError(message)
    if "rng" in grid:
        message = "`grid` must not hold `rng`: every point is given its own."
        raise InputError(message)
    for name, values in grid.items():
        if isinstance(values, str) or not len(values):
            message = f"`{name}` must have a list of values; got {values!r}."
            raise InputError(message)
    points = [
        dict(zip(grid, map(_plain, values), strict=True))
        for values in itertools.product(*grid.values())
    ]
    for point in points:
        _spawn_key(point)
    return points


@final
@dataclass(frozen=True)
class _Seeded(Generic[Value]):
    """The study with the Generator that belongs to a point."""

    study: Callable[..., Value]
    seed: int

    def __call__(self, point: Mapping[str, Any]) -> Value:
        sequence = np.random.SeedSequence(self.seed, spawn_key=_spawn_key(point))
        return self.study(**point, rng=np.random.default_rng(sequence))


def _spawn_key(point: Mapping[str, Any]) -> tuple[int, ...]:
    """Return 256 bits that depend on the point's parameters and on nothing else."""
    named = {name: _identity(name, value) for name, value in point.items()}
    digest = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).digest()
    return tuple(np.frombuffer(digest, dtype="<u4").tolist())


def _identity(name: str, value: object) -> object:
    if isinstance(value, float) and math.isnan(value):
        message = f"`{name}` must not be NaN in a grid."
        raise InputError(message)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 1 and 1.0 are one point
    if isinstance(value, int | float | str) or value is None:
        return value
    wanted = "numbers, strings, bools or None in a grid"
    message = f"`{name}` must be {wanted}; got {type(value).__name__}."
    raise InputTypeError(message)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
