"""A diagnosis as pictures: what is left of a gradient against lag, and before a remedy.

The level at which a number format rounds the gradient away is a line across; what is
below it is lost where it is added to the newest gradient.
"""

import math

import numpy as np
from matplotlib.axes import Axes

from gradlab.plots.style import (
    BLACK,
    GREY,
    PALETTE,
    drawable,
    label_line,
    plain,
    say_no_data,
)
from gradlab.studies import Diagnosis, LayerDiagnosis
from gradlab.studies.diagnosis.precision import FORMATS

__all__ = ["draw_diagnosis", "draw_rounding_levels"]

_FORMATS = ("float32", "bfloat16", "float16")


def draw_diagnosis(ax: Axes, diagnosis: Diagnosis, *, names: bool = True) -> Axes:
    """Draw what is left of the gradient against lag, in nats, a line for every layer.

    A line is the median over sequences and the band reaches from the 10 % to the 90 %
    quantile.  A dot marks the horizon, at which a thousandth is left, and a grey
    line the lag that is needed, where one is.

    Parameters
    ----------
    ax : Axes
    diagnosis : Diagnosis
    names : bool
        Whether to write the layers' names beside their lines.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import RNN
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import diagnose
    >>> cell = RNN.random(8, 1, gain=0.5, rng=0)
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_diagnosis(ax, diagnose(cell, np.ones((50, 1))))
    >>> ax.get_xlabel()
    'lag (steps back)'
    """
    ax.set_xlabel("lag (steps back)")
    ax.set_ylabel("gradient left (nats)")
    medians = [drawable(layer.profile[:, 1]) for layer in diagnosis.layers]
    if say_no_data(ax, *medians):
        return ax
    for i, layer in enumerate(diagnosis.layers):
        _draw_layer(ax, layer, PALETTE[i % len(PALETTE)], name=names)
    needed = max(layer.required_lag for layer in diagnosis.layers)
    if needed:
        ax.axvline(needed, color=GREY, lw=0.8, zorder=0)
    return ax


def _draw_layer(ax: Axes, layer: LayerDiagnosis, color: str, *, name: bool) -> None:
    lags = np.arange(len(layer.profile))
    low, middle, high = (drawable(column) for column in layer.profile.T)
    ax.fill_between(lags, low, high, color=color, alpha=0.2, lw=0)
    ax.plot(lags, middle, color=color, lw=1.2, label=plain(layer.name))
    if math.isfinite(layer.horizon):
        ax.plot(layer.horizon, -math.log(1000), "o", ms=3.5, color=color)
    seen = np.flatnonzero(np.isfinite(middle))
    if name and len(seen):
        end = float(lags[seen[-1]]), float(middle[seen[-1]])
        label_line(ax, *end, plain(layer.name), color=color)


def draw_rounding_levels(ax: Axes, *, names: bool = True) -> Axes:
    """Draw the levels below which three formats round a gradient away, in nats.

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> with figure(3.25) as (fig, ax):
    ...     levels = [line.get_ydata()[0] for line in draw_rounding_levels(ax).lines]
    >>> [round(float(level), 2) for level in levels]  # −24, −8 and −11 ln 2
    [-16.64, -5.55, -7.62]
    """
    for name in _FORMATS:
        level = FORMATS[name].log_roundoff
        ax.axhline(level, color=BLACK, lw=0.5, ls=(0, (1, 1.5)), zorder=0)
        if names:
            across = ax.get_yaxis_transform()
            look = {"fontsize": 6.5, "color": GREY}
            ax.text(1.02, level, name, look, transform=across, va="center")
    return ax
