"""How wrong a long product is: error of its log singular values against T, in nats."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from gradlab.errors import ShapeError
from gradlab.plots.style import (
    PALETTE,
    drawable,
    label_line,
    mark_edge,
    plain,
    say_no_data,
)
from gradlab.typing import Array, ArrayLike

__all__ = ["draw_product_errors"]


def draw_product_errors(
    ax: Axes,
    lengths: ArrayLike,
    errors: Mapping[str, ArrayLike],
    *,
    names: bool = True,
) -> Axes:
    r"""Draw |error of ln σ| against the number T of factors, both logarithmic.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    lengths : (k,) array_like
        T, increasing and above 0.
    errors : mapping of str to (k,) array_like
        |ln σ̂ − ln σ| in nats, which is the relative error of σ̂ where it is small, by
        the name of the method.  A value that is not finite (σ̂ is 0 or ∞) is a cross on
        the upper edge; a zero is not drawn.
    names : bool
        Whether to write each name beside the end of its line.

    Returns
    -------
    Axes

    Raises
    ------
    ShapeError
        If a row of errors is not as long as `lengths`.

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_product_errors(ax, [1, 10], {"naive": [1e-16, np.inf]})
    >>> ax.get_ylabel()
    'error of $\\ln\\sigma$ (nats)'
    """
    steps = drawable(lengths)
    rows = {name: _row(name, values, steps) for name, values in errors.items()}
    if say_no_data(ax, *rows.values()):
        return ax
    ax.set(xscale="log", yscale="log")
    for (name, row), color in zip(rows.items(), _colors(len(rows)), strict=True):
        lost = ~np.isfinite(row)
        shown = np.where(row > 0, row, np.nan)
        shown[lost] = np.nan
        ax.plot(steps, shown, color=color, label=plain(name))
        mark_edge(ax, steps[lost], "x", color, edge=1.0)
        if names:
            _name_end(ax, steps, shown, name, color)
    ax.set_xlabel("number of factors $T$")
    ax.set_ylabel(r"error of $\ln\sigma$ (nats)")
    return ax


def _row(name: str, values: ArrayLike, steps: Array) -> Array:
    row = np.array(values, dtype=float)
    if row.shape != steps.shape:
        which, wanted = f"errors[{name!r}]", f"({steps.size},)"
        raise ShapeError(which, wanted, row.shape)
    row[np.isnan(row)] = np.inf
    return row


def _name_end(ax: Axes, steps: Array, shown: Array, name: str, color: str) -> None:
    places = np.flatnonzero(np.isfinite(shown))
    if places.size:
        last = places[-1]
        end = float(steps[last]), float(shown[last])
        label_line(ax, *end, plain(name), color=color)


def _colors(count: int) -> list[str]:
    return [PALETTE[i % len(PALETTE)] for i in range(count)]
