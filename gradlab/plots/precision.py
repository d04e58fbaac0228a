"""Precision budgets: the lag at which a number format loses a gradient, against λ₁.

A gradient that shrinks by λ₁ a step falls below the unit roundoff u of a format after
ln(1/u)/|λ₁| steps: straight lines on logarithmic axes.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from gradlab.plots.style import (
    BLUE,
    GREEN,
    VERMILLION,
    drawable,
    label_line,
    mark_edge,
    say_no_data,
)
from gradlab.studies import LayerDiagnosis
from gradlab.studies.diagnosis.precision import FORMATS

__all__ = ["draw_precision_budget"]

_LOOKS = {
    "float32": ("o", BLUE),
    "float16": ("s", GREEN),
    "bfloat16": ("D", VERMILLION),
}


def draw_precision_budget(
    ax: Axes, layers: Sequence[LayerDiagnosis], *, names: bool = True
) -> Axes:
    """Draw the lag from which on a gradient is rounded away, against −λ₁, both in logs.

    A mark for every layer and format; a layer whose gradient grows, or whose λ₁ is not
    known, has none, and one that keeps it to the end of the sequence has its marks on
    the upper edge.  The lines are ln(1/u)/|λ₁|.

    Parameters
    ----------
    ax : Axes
    layers : sequence of LayerDiagnosis
    names : bool
        Whether to write the formats' names beside the lines.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import diagnose
    >>> decaying = diagnose(Linear([[0.6]], [[1.0]]), np.ones((50, 1))).layers
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_precision_budget(ax, decaying)
    >>> [line.get_ydata().tolist() for line in ax.lines if line.get_marker() != "None"]
    [[33.0], [15.0], [11.0]]
    """
    ax.set_xlabel(r"$-\lambda_1$ (nats per step)")
    ax.set_ylabel("lost from lag")
    rates = drawable([-layer.exponent for layer in layers])
    falling = [layer for layer, rate in zip(layers, rates, strict=True) if rate > 0]
    if say_no_data(ax, rates[rates > 0]):
        return ax
    ax.set(xscale="log", yscale="log")
    ends = np.array([rates[rates > 0].min() / 1.3, rates[rates > 0].max() * 1.3])
    for name, (marker, color) in _LOOKS.items():
        bits = -FORMATS[name].log_roundoff
        ax.plot(ends, bits / ends, "-", lw=0.7, color=color)
        if names:
            label_line(ax, ends[1], bits / ends[1], name, color=color)
        _draw_marks(ax, falling, name, marker, color)
    return ax


def _draw_marks(
    ax: Axes, layers: Sequence[LayerDiagnosis], name: str, marker: str, color: str
) -> None:
    lost = [layer for layer in layers if math.isfinite(layer.rounded_at[name])]
    kept = [layer for layer in layers if not math.isfinite(layer.rounded_at[name])]
    rates = [-layer.exponent for layer in lost]
    lags = [layer.rounded_at[name] for layer in lost]
    ax.plot(rates, lags, marker, ms=3, color=color, label=name)
    mark_edge(ax, np.array([-layer.exponent for layer in kept]), "^", color, edge=1.0)
