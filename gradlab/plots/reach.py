"""Reach of several gradients on one set of axes: ln‖∂h_T/∂h_t‖ against T − t."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from gradlab.gradients import GradientProfile
from gradlab.plots.profile import FLOAT_LIMITS, draw_float_limits
from gradlab.plots.style import GREY, PALETTE, drawable, label_line, plain, say_no_data

__all__ = ["draw_reach"]


def draw_reach(ax: Axes, profiles: Mapping[str, GradientProfile]) -> Axes:
    """Draw the largest singular value of ∂h_T/∂h_t against steps back, one line a name.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    profiles : mapping of str to GradientProfile
        By the names that stand at the ends of the lines.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import profile
    >>> from gradlab.plots.style import figure
    >>> halving = profile(run(Linear([[0.5]], [[1.0]]), [1.0], np.zeros((200, 1))))
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_reach(ax, {"halving": halving})
    >>> bool(np.allclose(ax.lines[0].get_ydata(), -halving.lags * np.log(2)))
    True
    """
    ax.set_xlabel("steps back $T-t$")
    ax.set_ylabel(r"$\ln\|\partial h_T/\partial h_t\|$ (nats)")
    tops = {name: drawable(found.log_top) for name, found in profiles.items()}
    if say_no_data(ax, *tops.values()):
        return ax
    for place, (name, top) in enumerate(tops.items()):
        color = PALETTE[place % len(PALETTE)]
        lags = profiles[name].lags
        ax.plot(lags, top, color=color)
        seen = np.flatnonzero(np.isfinite(top))
        if len(seen):
            end = seen[-1]
            label_line(ax, float(lags[end]), float(top[end]), plain(name), color=color)
    lowest = min(float(np.nanmin(top)) for top in tops.values())
    _draw_limits(ax, lowest)
    return ax


def _draw_limits(ax: Axes, lowest: float) -> None:
    """Draw what floats can hold, as far down as the lines go."""
    limits = {name: y for name, y in FLOAT_LIMITS.items() if lowest < 0.8 * y}
    if not limits:
        return
    draw_float_limits(ax, names=False)
    ax.set_ylim(bottom=1.05 * min(lowest, *limits.values()))
    for name, level in limits.items():
        text = f"0 in {name} below"
        across = ax.get_yaxis_transform()
        ax.text(0.02, level, text, transform=across, va="bottom", color=GREY)
