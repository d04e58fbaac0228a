"""How far back gradients reach: ln‖∂h_T/∂h_t‖₂ of several cells against T − t."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from gradlab.gradients import GradientProfile
from gradlab.plots.profile import FLOAT_LIMITS
from gradlab.plots.style import (
    GREY,
    PALETTE,
    drawable,
    label_line,
    mark_edge,
    plain,
    say_no_data,
    spread_apart,
)
from gradlab.typing import Array, Vector

__all__ = ["draw_reach"]

_APART = 0.06  # of the height of the axes: two lines of 7 pt type do not touch


def draw_reach(ax: Axes, profiles: Mapping[str, GradientProfile]) -> Axes:
    """Draw the largest singular value of ∂h_T/∂h_t, in nats, against the steps back.

    Each line has its name at its end.  Where a line is −∞ a mark stands on the lower
    edge, and dotted levels say where float32 and float64 hold nothing but 0.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    profiles : mapping of str to GradientProfile
        From `gradlab.gradients.profile`, with singular values, by name.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import profile
    >>> from gradlab.plots.style import figure
    >>> halving = run(Linear([[0.5]], [[1.0]]), [1.0], np.zeros((100, 1)))
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_reach(ax, {"half": profile(halving)})
    >>> ax.lines[0].get_label(), round(float(ax.lines[0].get_ydata()[-1]), 3)
    ('half', -69.315)
    """
    ax.set_xlabel("steps back $T-t$")
    ax.set_ylabel(r"$\ln\|\partial h_T/\partial h_t\|$ (nats)")
    tops = {name: drawable(_top(found)) for name, found in profiles.items()}
    if say_no_data(ax, *tops.values()):
        return ax
    for k, (name, found) in enumerate(profiles.items()):
        color = PALETTE[k % len(PALETTE)]
        ax.plot(found.lags, tops[name], color=color, label=plain(name))
        mark_edge(ax, found.lags[_top(found) == -np.inf], "v", color, edge=0.0)
    # The names stand outside, where no level runs through them.
    ax.set_xlim(0, max(found.steps for found in profiles.values()))
    _draw_limits(ax)
    _name_ends(ax, profiles, tops)
    return ax


def _top(found: GradientProfile) -> Vector:
    return found.log_top if len(found.lags) else np.empty(0)


def _draw_limits(ax: Axes) -> None:
    """Draw the limits of the formats that the lines reach, named on the left."""
    lowest = ax.get_ylim()[0]
    look = {"fontsize": 7.0, "color": GREY}
    for name, level in FLOAT_LIMITS.items():
        if level > lowest:
            ax.axhline(level, color=GREY, lw=0.6, ls=(0, (1, 1.5)), zorder=0)
            across = ax.get_yaxis_transform()
            text = f"0 in {name} below"
            ax.text(0.45, level, text, look, transform=across, va="bottom")


def _name_ends(
    ax: Axes, profiles: Mapping[str, GradientProfile], tops: Mapping[str, Array]
) -> None:
    ends = []
    for k, (name, top) in enumerate(tops.items()):
        places = np.flatnonzero(np.isfinite(top))
        if len(places):
            last = places[-1]
            end = float(profiles[name].lags[last])
            ends.append((float(top[last]), end, plain(name), PALETTE[k % len(PALETTE)]))
    low, high = ax.get_ylim()
    ends.sort()
    heights = spread_apart([end[0] for end in ends], _APART * (high - low))
    for height, (_, x, text, color) in zip(heights, ends, strict=True):
        label_line(ax, x, height, text, color=color)
