"""The error of one unit over (w, b) as a map, and ln‖∇E‖ along a cut through it."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gradlab._checks import require_count
from gradlab.errors import InputError
from gradlab.plots.style import BLUE, drawable, mark_edge, plain, say_no_data
from gradlab.studies import ErrorSurface

__all__ = ["draw_error_surface", "draw_gradient_cut"]


def draw_error_surface(ax: Axes, surface: ErrorSurface, **options: Any) -> Axes:
    """Draw E(w, b) as a map, dark where it is small.

    Parameters
    ----------
    ax : Axes
        Where to draw; the map is the last of its collections.
    surface : ErrorSurface
        From `gradlab.studies.error_surface`.
    **options
        Passed to `matplotlib.axes.Axes.pcolormesh`.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import error_surface
    >>> grid = {"weights": [4.0, 5.0], "biases": [-3.0, -2.0]}
    >>> surface = error_surface(**grid, x0=0.5, steps=50, target=0.7)
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_error_surface(ax, surface)
    >>> bool((ax.collections[-1].get_array() == surface.loss).all())
    True
    """
    ax.set_xlabel("weight $w$")
    ax.set_ylabel("bias $b$")
    loss = drawable(surface.loss)
    if say_no_data(ax, loss):
        return ax
    # A raster: a hundred thousand little polygons are no vector graphics.
    look = {"cmap": "cividis", "shading": "nearest", "rasterized": True, **options}
    ax.pcolormesh(surface.weights, surface.biases, loss, **look)
    return ax


def draw_gradient_cut(
    ax: Axes,
    surface: ErrorSurface,
    *,
    column: int = 0,
    below: float | None = None,
    color: str = BLUE,
    name: str = "",
) -> Axes:
    """Draw ln‖∇E‖ in nats against b at one weight; −∞ is marked on the lower edge.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    surface : ErrorSurface
        From `gradlab.studies.error_surface`.
    column : int
        Which of its weights, from 0.
    below : float, optional
        A bias; what is below it is drawn against the distance to it, logarithmically.
    color, name : str
        Of the line; the name is its label.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If there is no such column.

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import error_surface
    >>> cut = error_surface([5.0], [-3.0, -2.0], x0=0.5, steps=50, target=0.7)
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_gradient_cut(ax, cut)
    >>> ax.lines[0].get_xdata().tolist()
    [-3.0, -2.0]
    """
    columns = len(surface.weights)
    if require_count("column", column, minimum=0) >= columns:
        message = f"`column` must be in 0 … {columns - 1}; got {column}."
        raise InputError(message)
    ax.set_ylabel(r"gradient $\ln\|\nabla E\|$ (nats)")
    places, logs = surface.biases, surface.log_gradient[:, column]
    where = f"at $w={surface.weights[column]:g}$"
    if below is None:
        ax.set_xlabel(f"bias $b$, {where}")
    else:
        ax.set_xlabel(f"distance of $b$ to ${below:.4g}$, from below")
        ax.set_xscale("log")
        inside = places < below
        places, logs = below - places[inside], logs[inside]
    values = drawable(logs)
    if say_no_data(ax, values):
        return ax
    ax.plot(places, values, color=color, lw=1.0, label=plain(name))
    mark_edge(ax, places[logs == -np.inf], "v", color, edge=0.0)
    return ax
