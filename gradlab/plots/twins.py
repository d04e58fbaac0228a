"""Twins against time: ln‖h̃_t − h_t‖ growing at λ_1 until it fills the attractor."""

import numpy as np
from matplotlib.axes import Axes

from gradlab.butterfly import Twins
from gradlab.plots.style import (
    BLACK,
    BLUE,
    GREY,
    drawable,
    mark_edge,
    plain,
    say_no_data,
)

__all__ = ["draw_twins"]


def draw_twins(
    ax: Axes,
    twins: Twins,
    *,
    exponent: float | None = None,
    color: str = BLUE,
    name: str = "",
) -> Axes:
    """Draw the separation of two runs in nats, with its saturation and λ_1.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    twins : Twins
        From `gradlab.butterfly.twins`.  Steps at which the runs are equal (−∞ nats) are
        marked on the lower edge.
    exponent : float, optional
        λ_1 in nats per step: a dashed line from the first separation on, as far as the
        linear regime lasts.
    color, name : str
        Of the line; the name is its label.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.butterfly import twins
    >>> from gradlab.cells import Linear
    >>> from gradlab.plots.style import figure
    >>> grow = Linear([[2.0]], [[1.0]])
    >>> pair = twins(grow, [0.0], np.zeros((30, 1)), separation=1e-9, rng=0)
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_twins(ax, pair, exponent=float(np.log(2)))
    >>> bool(np.allclose(ax.lines[0].get_ydata(), pair.log_separation))
    True
    """
    separation = drawable(twins.log_separation)
    t = np.arange(len(separation))
    ax.set_xlabel("step $t$")
    ax.set_ylabel(r"separation $\ln\|\tilde h_t-h_t\|$ (nats)")
    if say_no_data(ax, separation):
        return ax
    ax.plot(t, separation, color=color, lw=0.9, label=plain(name))
    mark_edge(ax, t[twins.log_separation == -np.inf], "v", color, edge=0.0)
    if np.isfinite(twins.log_saturation):
        level = np.full(2, twins.log_saturation)
        ax.plot([twins.linear_until, t[-1]], level, color=GREY, lw=0.8, zorder=3)
    if exponent is not None and np.isfinite(exponent):
        linear = t[: twins.linear_until]
        line = twins.log_separation[0] + exponent * linear
        ax.plot(linear, line, color=BLACK, lw=0.9, ls=(0, (4, 2)), label=r"$\lambda_1$")
    return ax
