"""What an early input still moves: ln‖∂o_T/∂x_t‖ and ln‖õ_t − o_t‖ against t."""

import numpy as np
from matplotlib.axes import Axes

from gradlab.butterfly import Flip, Influence
from gradlab.plots.style import (
    BLACK,
    BLUE,
    drawable,
    mark_edge,
    plain,
    say_no_data,
)
from gradlab.typing import Array

__all__ = ["draw_flip", "draw_influence"]


def draw_influence(
    ax: Axes,
    influence: Influence,
    *,
    exponent: float | None = None,
    color: str = BLUE,
    name: str = "",
) -> Axes:
    """Draw how much each input moves the last output, ln‖∂o_T/∂x_t‖ in nats.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    influence : Influence
        From `gradlab.butterfly.influence`.  Inputs without influence (−∞ nats) are
        marked on the lower edge.
    exponent : float, optional
        λ_1 in nats per step: a dashed line back from the last input on.
    color, name : str
        Of the line; the name is its label.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.butterfly import influence
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.plots.style import figure
    >>> halving = run(Linear([[0.5]], [[1.0]]), [0.0], np.ones((9, 1)))
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_influence(ax, influence(halving, [[1.0]]))
    >>> [float(y) for y in ax.lines[0].get_ydata()[-2:].round(3)]
    [-0.693, 0.0]
    """
    ax.set_xlabel("step $t$")
    ax.set_ylabel(r"influence $\ln\|\partial o_T/\partial x_t\|$ (nats)")
    t = np.arange(1, len(influence.log_norms) + 1)
    if _draw_logs(ax, t, influence.log_norms, color, name) and exponent is not None:
        line = influence.log_norms[-1] - exponent * (t - t[-1])
        ax.plot(t, drawable(line), color=BLACK, lw=0.9, ls=(0, (4, 2)))
    return ax


def draw_flip(ax: Axes, flip: Flip, *, color: str = BLUE, name: str = "") -> Axes:
    """Draw how far one changed input moves every later output, ln‖õ_t − o_t‖ in nats.

    Steps at which the outputs are equal (−∞ nats) are marked on the lower edge.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    flip : Flip
        From `gradlab.butterfly.flip`.
    color, name : str
        Of the line; the name is its label.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.butterfly import flip
    >>> from gradlab.cells import Linear
    >>> from gradlab.plots.style import figure
    >>> changed = flip(
    ...     Linear([[0.5]], [[1.0]]),
    ...     [0.0],
    ...     np.ones((9, 1)),
    ...     [[1.0]],
    ...     position=1,
    ...     replacement=[0.0],
    ... )
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_flip(ax, changed, name="x_1")
    >>> [float(y) for y in ax.lines[0].get_ydata()[:2].round(3)]
    [0.0, -0.693]
    """
    ax.set_xlabel("step $t$")
    ax.set_ylabel(r"change of output $\ln\|\tilde o_t-o_t\|$ (nats)")
    _draw_logs(ax, np.arange(1, len(flip.log_output) + 1), flip.log_output, color, name)
    return ax


def _draw_logs(ax: Axes, t: Array, logs: Array, color: str, name: str) -> bool:
    """Draw a line of logarithms and marks for −∞; return whether there is a line."""
    values = drawable(logs)
    if say_no_data(ax, values):
        return False
    ax.plot(t, values, color=color, lw=0.9, label=plain(name))
    mark_edge(ax, t[logs == -np.inf], "v", color, edge=0.0)
    return True
