"""Gradient horizons of models, row by row, and weights on the way to their limits."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gradlab.errors import ShapeError
from gradlab.plots.style import (
    GREY,
    PALETTE,
    drawable,
    label_line,
    plain,
    say_no_data,
)
from gradlab.typing import ArrayLike

__all__ = ["draw_horizons", "draw_weight_limits"]


def draw_horizons(
    ax: Axes,
    rows: Mapping[str, Sequence[float]],
    *,
    beyond: float,
    colors: Sequence[str] | None = None,
) -> Axes:
    """Draw gradient horizons in steps, one row a model: hollow before, full after.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    rows : mapping of str to (before,) or (before, after)
        Horizons, from the top down.  One that is inf is an arrow at the right edge.
    beyond : float
        The longest lag that there is, where the axis ends.
    colors : sequence of str, optional
        One for each row.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> rows = {"default": (12.0, 20.0), "long": (float("inf"),)}
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_horizons(ax, rows, beyond=999)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['default', 'long']
    """
    ax.set_xlabel("gradient horizon (steps back)")
    places = np.arange(len(rows))
    ax.set_yticks(places, [plain(name) for name in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    values = [np.array(row, dtype=float) for row in rows.values()]
    known = [np.where(np.isposinf(row), beyond, drawable(row)) for row in values]
    if say_no_data(ax, *known):
        return ax
    ax.set_xscale("log")
    for y, (row, shown) in enumerate(zip(values, known, strict=True)):
        color = PALETTE[0] if colors is None else colors[y]
        ax.plot(shown, np.full(len(shown), y), "-", color=color, lw=0.8, zorder=1)
        for k, (x, value) in enumerate(zip(shown, row, strict=True)):
            marker = ">" if np.isposinf(value) else "o"
            # What is before stands a little above, lest it hides what is after.
            up = 0.12 * (len(row) - 1) * (2 * k - 1)
            look: Any = {"ms": 4.0, "mew": 0.9, "mec": color, "zorder": 2 + k}
            ax.plot(x, y + up, marker, mfc=color if k else "white", **look)
    ax.set_xlim(right=beyond * 1.25)
    ax.grid(axis="x", color=GREY, lw=0.3, alpha=0.4)
    return ax


def draw_weight_limits(
    ax: Axes,
    sizes: ArrayLike,
    measured: Mapping[str, tuple[ArrayLike, float]],
) -> Axes:
    """Draw numbers of random matrices against their size, and the limits they go to.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    sizes : (k,) array_like
        n.
    measured : mapping of str to ((k,) array_like, float)
        The numbers and their limit, which is a dashed line, by name.

    Returns
    -------
    Axes

    Raises
    ------
    ShapeError
        If there is not one number for each size.

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_weight_limits(ax, [64, 256], {"norm": ([1.13, 1.14], 1.155)})
    >>> ax.lines[0].get_ydata().tolist(), ax.lines[1].get_ydata()[0]
    ([1.13, 1.14], 1.155)
    """
    ax.set_xlabel("units $n$")
    n = np.asarray(sizes, dtype=float)
    ax.set_xscale("log")
    ax.set_xticks(n, [f"{size:g}" for size in n])
    ax.minorticks_off()
    for (name, (values, limit)), color in zip(measured.items(), PALETTE, strict=False):
        shown = drawable(values)
        if shown.shape != n.shape:
            raise ShapeError(name, f"({n.size},)", shown.shape)
        ax.plot(n, shown, "o-", ms=3, color=color, label=plain(name))
        ax.axhline(limit, color=color, lw=0.8, ls=(0, (4, 2)))
        place = float(n[0]), float(shown[0])
        label_line(ax, *place, plain(name), color=color, shift=(0.0, 8.0))
    return ax
