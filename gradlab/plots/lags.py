"""The gradient lag by lag: Σ_{m < k} share_m, and a window's bias ‖E ĝ − g‖/‖g‖."""

import numpy as np
from matplotlib.axes import Axes

from gradlab.gradients import LagDecomposition
from gradlab.plots.style import BLUE, GREY, drawable, plain, say_no_data

__all__ = ["draw_lag_share", "draw_window_bias"]


def draw_lag_share(
    ax: Axes, found: LagDecomposition, *, color: str = BLUE, name: str = ""
) -> Axes:
    """Draw which part of the gradient the lags up to l carry, against l + 1.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    found : LagDecomposition
        From `gradlab.gradients.lag_decomposition`.
    color, name : str
        Of the line; the name is its label.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import lag_decomposition
    >>> from gradlab.objectives import SquaredError
    >>> from gradlab.plots.style import figure
    >>> run_ = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0]] * 9)
    >>> found = lag_decomposition(SquaredError(run_, [[0.0]] * 9, [[1.0]]))
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_lag_share(ax, found)
    >>> round(float(ax.lines[0].get_ydata()[-1]), 12)
    1.0
    """
    ax.set_xlabel("window $k$ (steps)")
    ax.set_ylabel("share of the gradient")
    share = drawable(found.share)
    if say_no_data(ax, share):
        return ax
    ax.plot(found.windows, np.cumsum(share), color=color, label=plain(name))
    ax.set_xscale("log")
    return ax


def draw_window_bias(
    ax: Axes, found: LagDecomposition, *, color: str = BLUE, name: str = ""
) -> Axes:
    """Draw the relative bias of ``Truncated(k)`` against k, on logarithmic axes.

    A grey level at 1 is what no gradient at all would have.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    found : LagDecomposition
        From `gradlab.gradients.lag_decomposition`.
    color, name : str
        Of the line; the name is its label.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import lag_decomposition
    >>> from gradlab.objectives import SquaredError
    >>> from gradlab.plots.style import figure
    >>> run_ = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0]] * 9)
    >>> found = lag_decomposition(SquaredError(run_, [[0.0]] * 9, [[1.0]]))
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_window_bias(ax, found)
    >>> ax.get_yscale()
    'log'
    """
    ax.set_xlabel("window $k$ (steps)")
    ax.set_ylabel(r"bias, $\|\mathrm{E}\,\hat g-g\|/\|g\|$")
    bias = drawable(found.relative_bias)
    bias[~(bias > 0)] = np.nan  # the whole window has none, and logarithms no zero
    if say_no_data(ax, bias):
        return ax
    ax.axhline(1.0, color=GREY, lw=0.5, zorder=0)
    ax.plot(found.windows, bias, color=color, label=plain(name))
    ax.set_xscale("log")
    ax.set_yscale("log")
    return ax
