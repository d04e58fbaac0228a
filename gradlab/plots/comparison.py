"""Estimators side by side: √(bias² + variance)/‖g‖ against what they cost."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from gradlab.errors import ShapeError
from gradlab.plots.style import BLUE, GREY, drawable, plain, say_no_data
from gradlab.studies import Comparison
from gradlab.typing import ArrayLike

__all__ = ["draw_comparison"]


def draw_comparison(
    ax: Axes,
    comparison: Comparison,
    cost: ArrayLike | None = None,
    *,
    marker: str = "o",
    color: str = BLUE,
    name: str = "",
) -> Axes:
    """Draw the relative error of estimators against a cost, on logarithmic axes.

    A grey level at 1 is what no gradient at all would have.  Errors of 0 are not drawn.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    comparison : Comparison
        From `gradlab.studies.compare_truncations`, the estimators of one kind.
    cost : (E,) array_like, optional
        Of each of them; the steps held at once unless given.
    marker, color, name : str
        Of the line; the name is its label.

    Returns
    -------
    Axes

    Raises
    ------
    ShapeError
        If the costs are not as many as the estimators.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import Truncated
    >>> from gradlab.objectives import SquaredError
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import compare_truncations
    >>> run_ = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0]] * 9)
    >>> loss = SquaredError(run_, [[0.0]] * 9, [[1.0]])
    >>> rows = compare_truncations(loss, [Truncated(1), Truncated(2)])
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_comparison(ax, rows, name="truncated")
    >>> ax.lines[-1].get_xdata().tolist()
    [1.0, 2.0]
    """
    ax.set_ylabel(r"error, $(\mathrm{E}\,\|\hat g-g\|^2)^{1/2}/\|g\|$")
    if cost is None:
        cost = comparison.held_steps
        ax.set_xlabel("steps held at once")
    x, error = drawable(cost), drawable(comparison.relative_error)
    if x.shape != error.shape:
        raise ShapeError("cost", f"({error.size},)", x.shape)
    error[~(error > 0)] = np.nan
    if say_no_data(ax, error):
        return ax
    ax.axhline(1.0, color=GREY, lw=0.5, zorder=0)
    look: Any = {"ms": 2.6, "lw": 0.9, "mew": 0.7}
    ax.plot(x, error, marker, ls="-", color=color, label=plain(name), **look)
    ax.set_xscale("log")
    ax.set_yscale("log")
    return ax
