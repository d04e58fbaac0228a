"""Remedies that were tried: the horizon before, and after each of them on a copy."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import ScalarFormatter

from gradlab.plots.style import GREEN, GREY, VERMILLION, plain, say_no_data
from gradlab.studies import CheckedRemedy, LayerDiagnosis

__all__ = ["draw_remedies"]


def draw_remedies(ax: Axes, layer: LayerDiagnosis) -> Axes:
    """Draw, a row for each remedy, the horizon before and after it, in steps back.

    A hollow mark is before, a full one after: round and green where the trouble is gone
    on the copies, square and red where it is not.  A mark on the right edge, an arrow,
    is a horizon beyond the sequence; the grey line is the lag that is needed.

    Parameters
    ----------
    ax : Axes
    layer : LayerDiagnosis
        With the remedies that were tried; without any the axes say so.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import diagnose
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [1.0], np.zeros((60, 1)))
    >>> last = np.arange(60) == 59
    >>> loss = SquaredError(trajectory, np.ones((60, 1)), [[1.0]], weights=last)
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_remedies(ax, diagnose(loss).layers[0])
    >>> sorted(label.get_text() for label in ax.get_yticklabels())
    ['gain', 'orthogonal']
    """
    ax.set_xlabel("horizon (steps back)")
    far = len(layer.profile) - 1
    after = np.array([remedy.horizon_after for remedy in layer.remedies])
    if say_no_data(ax, np.where(np.isnan(after), np.nan, 0.0)):
        return ax
    ax.set_xscale("symlog", linthresh=1.0, linscale=0.25)
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.set_xlim(0.0, 1.15 * max(far, 1))
    for row, remedy in enumerate(layer.remedies):
        _draw_row(ax, row, remedy, far)
    if layer.required_lag:
        ax.axvline(layer.required_lag, color=GREY, lw=0.8, zorder=0)
    ax.set_yticks(range(len(layer.remedies)), [plain(r.name) for r in layer.remedies])
    ax.set_ylim(len(layer.remedies) - 0.4, -0.6)  # the best on top
    ax.tick_params(axis="y", length=0)
    return ax


def _draw_row(ax: Axes, row: int, remedy: CheckedRemedy, far: int) -> None:
    color = GREEN if remedy.helps else VERMILLION
    before, after = (
        min(horizon, float(far))
        for horizon in (remedy.horizon_before, remedy.horizon_after)
    )
    ax.plot([before, after], [row, row], "-", color=color, lw=0.8, zorder=1)
    ax.plot(before, row, "o", ms=4, mfc="white", mec=GREY, mew=0.9)
    if not math.isnan(after):
        beyond = not np.isfinite(remedy.horizon_after)
        mark = ">" if beyond else ("o" if remedy.helps else "s")
        ax.plot(after, row, mark, ms=4.5, color=color)
