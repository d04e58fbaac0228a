"""Halving the spacing of a grid where a level may pass, and interpolating elsewhere.

A level may pass through a cell if it lies between the values at its corners, or outside
of them by no more than they differ: a function whose slope does not double from one
cell to the next is not missed.
"""

from collections.abc import Callable

import numpy as np

from gradlab.typing import Array, Vector

__all__ = ["Grid", "finer", "sampled"]

Grid = tuple[Vector, Vector, Array, Array]
"""x (mx,), y (my,), values (my, mx), and which of them were computed (my, mx)."""


def sampled(function: Callable[[Vector], Vector], x: Vector, y: Vector) -> Grid:
    """Return the values of a function of x + iy on all of a grid."""
    z = (x + 1j * y[:, None]).ravel()
    shape = len(y), len(x)
    return x, y, function(z).reshape(shape), np.ones(shape, dtype=bool)


def finer(function: Callable[[Vector], Vector], grid: Grid, levels: Vector) -> Grid:
    """Return the grid with half the spacing, computed where a level may pass.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> grid = sampled(lambda z: z.real, x, x)
    >>> x, y, values, computed = finer(lambda z: z.real, grid, np.array([0.5]))
    >>> values[0].tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    >>> computed[1].tolist()
    [True, True, True, True, True, False, False]
    """
    x, y, values, computed = grid
    near = _near(_doubled_cells(_crossed(values, levels)))
    x, y = _halved(x), _halved(y)
    values = _halved(_halved(values).T).T
    known = np.zeros(values.shape, dtype=bool)
    known[::2, ::2] = computed
    wanted = near & ~known
    z = (x + 1j * y[:, None])[wanted]
    values[wanted] = function(z) if len(z) else 0.0
    return x, y, values, known | near


def _crossed(values: Array, levels: Vector) -> Array:
    """Return for each cell whether a level may pass through it."""
    corners = np.stack(
        [values[:-1, :-1], values[1:, :-1], values[:-1, 1:], values[1:, 1:]]
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    slack = high - low
    inside = [(low - slack <= c) & (c <= high + slack) for c in levels]
    return np.any(inside, axis=0)


def _doubled_cells(cells: Array) -> Array:
    return np.repeat(np.repeat(cells, 2, axis=0), 2, axis=1)


def _near(cells: Array) -> Array:
    """Return the points that are a corner of a marked cell."""
    points = np.zeros((cells.shape[0] + 1, cells.shape[1] + 1), dtype=bool)
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            points[rows, columns] |= cells
    return points


def _halved(array: Array) -> Array:
    """Return the rows of an array with their means between them."""
    found = np.empty((2 * len(array) - 1, *array.shape[1:]))
    found[::2] = array
    found[1::2] = (array[:-1] + array[1:]) / 2
    return found
