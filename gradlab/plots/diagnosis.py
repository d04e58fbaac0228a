"""A diagnosis as pictures: what is left of a gradient by lag, and what reaches a step.

The level at which a number format rounds the gradient away is a line across; what is
below it is lost where it is added to the newest gradient.
"""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gradlab.plots.style import (
    GREY,
    PALETTE,
    drawable,
    mark_edge,
    plain,
    say_no_data,
    spread_apart,
    style,
    thinned,
)
from gradlab.studies import Diagnosis, GradientVerdict, LayerDiagnosis
from gradlab.studies.diagnosis.precision import FORMATS
from gradlab.typing import Array

__all__ = [
    "by_gravity",
    "draw_diagnosis",
    "draw_jacobians",
    "draw_rounding_levels",
    "draw_signal",
    "drawn_layers",
    "plot_diagnosis",
]

_FORMATS = ("float32", "bfloat16", "float16")
_DASHES = (0, (3.5, 1.5))
_JACOBIANS = r"Jacobians alone, $\ln\|\partial h_T/\partial s_t\|$"
_LOST = -math.log(1000)
_APART = 0.085  # of the height of the axes: two lines of 7 pt type do not touch
_GRAVITY = tuple(GradientVerdict)


def draw_diagnosis(ax: Axes, diagnosis: Diagnosis, *, names: bool = True) -> Axes:
    """Draw what is left of the gradient against lag, in nats, a line for every layer.

    A line is the median over sequences and the band reaches from the 10 % to the 90 %
    quantile.  A dot marks the horizon, at which a thousandth is left, a grey line the
    lag that is needed, where one is, and a triangle on the lower edge the lag from
    which on nothing is left.  Of more than six layers the six gravest are drawn, and of
    more than 400 lags 400.

    Parameters
    ----------
    ax : Axes
    diagnosis : Diagnosis
    names : bool
        Whether to say which line is which layer, where there are several.

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
    layers = drawn_layers(diagnosis)
    if say_no_data(ax, *(drawable(layer.profile[:, 1]) for layer in layers)):
        return ax
    for i, layer in enumerate(layers):
        color = PALETTE[i % len(PALETTE)]
        _draw_band(ax, layer.profile, color, layer.name)
        if math.isfinite(layer.horizon):
            ax.plot(layer.horizon, _LOST, "o", ms=3.5, color=color)
        gone = np.flatnonzero(np.isneginf(layer.profile[:, 1]))
        mark_edge(ax, gone[:1], "v", color, edge=0.0)
    _mark_needed(ax, max(layer.required_lag for layer in layers))
    _name_lines(ax, names and len(layers) > 1)
    return ax


def draw_jacobians(ax: Axes, diagnosis: Diagnosis, *, names: bool = True) -> Axes:
    """Draw ln‖∂h_T/∂s_t‖ against lag, dashed, in the colours of `draw_diagnosis`.

    It is what the Jacobians alone do, whatever the loss: s_t is the whole state, and a
    line is the median over sequences.

    Parameters
    ----------
    ax : Axes
        On which `draw_diagnosis` has drawn, or new ones.
    diagnosis : Diagnosis
    names : bool
        Whether a legend says which line is which.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import diagnose
    >>> found = diagnose(Linear([[0.5]], [[1.0]]), np.ones((50, 1)), mode="exact")
    >>> with figure(3.25) as (fig, ax):
    ...     line = draw_jacobians(ax, found).lines[0].get_ydata()
    >>> [round(float(value), 3) for value in line[:3]]  # −ln 2 a step
    [0.0, -0.693, -1.386]
    """
    layers = drawn_layers(diagnosis)
    drawn = False
    for layer, color in zip(layers, PALETTE, strict=False):
        sizes = drawable(layer.jacobians[:, 1])
        if np.isfinite(sizes).any():
            at = thinned(len(sizes))
            ax.plot(at, sizes[at], color=color, lw=1.0, ls=_DASHES)
            drawn = True
    color = PALETTE[0] if len(layers) == 1 else GREY
    dashed = Line2D([], [], color=color, lw=1.0, ls=_DASHES, label=_JACOBIANS)
    _name_lines(ax, names and drawn, dashed)
    return ax


def draw_signal(ax: Axes, diagnosis: Diagnosis, *, names: bool = True) -> Axes:
    """Draw ln‖∂L/∂h_t‖ against t: how much of the whole loss reaches every step.

    Lines, bands and their number are those of `draw_diagnosis`.  A dotted line is the
    smallest positive number of a layer's precision, where the gradient comes near it.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import diagnose
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [1.0], np.zeros((40, 1)))
    >>> found = diagnose(SquaredError(trajectory, np.ones((40, 1)), [[1.0]]))
    >>> with figure(3.25) as (fig, ax):
    ...     len(draw_signal(ax, found).lines[0].get_xdata())
    41
    """
    ax.set_xlabel("step $t$")
    ax.set_ylabel(r"$\ln\|\partial L/\partial h_t\|$ (nats)")
    layers = [layer for layer in drawn_layers(diagnosis) if len(layer.signal)]
    if say_no_data(ax, *(drawable(layer.signal[:, 1]) for layer in layers)):
        return ax
    for i, layer in enumerate(layers):
        _draw_band(ax, layer.signal, PALETTE[i % len(PALETTE)], layer.name)
    low, high = ax.get_ylim()
    for name in {layer.dtype for layer in layers} & set(FORMATS):
        level = FORMATS[name].log_smallest
        if level > low - (high - low) / 4:
            _draw_level(ax, level)
            look = {"fontsize": 7.0, "color": GREY, "ha": "right", "va": "bottom"}
            across = ax.get_yaxis_transform()
            ax.text(0.99, level, f"smallest {name}", look, transform=across)
    _name_lines(ax, names and len(layers) > 1)
    return ax


def draw_rounding_levels(ax: Axes, *, names: bool = True) -> Axes:
    """Draw the levels below which three formats round a gradient away, in nats.

    Their names stand on the right, at heights that suit the limits of the axes as they
    are then: what else is drawn on them comes first.

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> with figure(3.25) as (fig, ax):
    ...     levels = [line.get_ydata()[0] for line in draw_rounding_levels(ax).lines]
    >>> [round(float(level), 2) for level in levels]  # −24, −8 and −11 ln 2
    [-16.64, -5.55, -7.62]
    """
    levels = {name: FORMATS[name].log_roundoff for name in _FORMATS}
    for level in levels.values():
        _draw_level(ax, level)
    if names:
        _name_levels(ax, levels)
    return ax


def plot_diagnosis(diagnosis: Diagnosis, ax: Axes | None = None) -> Axes:
    """Draw a diagnosis with the rounding levels, on new axes unless some are given.

    Where there is a loss, the Jacobians alone are drawn beside its gradient; without
    one they are all that is drawn.

    Examples
    --------
    >>> from gradlab.cells import RNN
    >>> from gradlab.studies import diagnose
    >>> cell = RNN.random(8, 1, gain=0.5, rng=0)
    >>> plot_diagnosis(diagnose(cell, np.ones((50, 1)))).figure is not None
    True
    """
    with style():
        if ax is None:
            ax = Figure(figsize=(4.4, 2.8), layout="constrained").subplots()
        draw_diagnosis(ax, diagnosis)
        if diagnosis.has_loss:
            draw_jacobians(ax, diagnosis)
        return draw_rounding_levels(ax)


def by_gravity(diagnosis: Diagnosis) -> list[LayerDiagnosis]:
    """Return the layers, gravest first; those of one verdict in their order.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.studies import diagnose
    >>> found = diagnose(Linear([[0.5]], [[1.0]]), np.ones((50, 1)))
    >>> [layer.verdict.value for layer in by_gravity(found)]
    ['contracting']
    """
    return sorted(diagnosis.layers, key=lambda layer: _GRAVITY.index(layer.verdict))


def drawn_layers(diagnosis: Diagnosis) -> list[LayerDiagnosis]:
    """Return the layers that have a line: all in their order, or the six gravest.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.studies import diagnose
    >>> found = diagnose(Linear([[0.5]], [[1.0]]), np.ones((50, 1)))
    >>> len(drawn_layers(found))
    1
    """
    if len(diagnosis.layers) <= len(PALETTE):
        return list(diagnosis.layers)
    return by_gravity(diagnosis)[: len(PALETTE)]


def _draw_band(ax: Axes, bands: Array, color: str, name: str) -> None:
    at = thinned(len(bands))
    low, middle, high = (drawable(column) for column in bands[at].T)
    ax.fill_between(at, low, high, color=color, alpha=0.2, lw=0)
    ax.plot(at, middle, color=color, lw=1.2, label=plain(name))


def _mark_needed(ax: Axes, lag: int) -> None:
    if lag:
        ax.axvline(lag, color=GREY, lw=0.8, zorder=0)
        look = {"fontsize": 7.0, "color": GREY, "ha": "center", "va": "bottom"}
        ax.text(lag, 1.01, "needed", look, transform=ax.get_xaxis_transform())


def _draw_level(ax: Axes, level: float) -> None:
    ax.axhline(level, color=GREY, lw=0.6, ls=(0, (1, 1.5)), zorder=0)


def _name_levels(ax: Axes, levels: dict[str, float]) -> None:
    """Write names beside the axes, moved up where they would touch."""
    low, high = ax.get_ylim()
    names = sorted(levels, key=lambda name: levels[name])
    heights = spread_apart([levels[k] for k in names], _APART * (high - low))
    across = ax.get_yaxis_transform()
    look = {"fontsize": 7.0, "color": GREY, "va": "center"}
    for name, height in zip(names, heights, strict=True):
        ax.text(1.02, height, name, look, transform=across)


def _name_lines(ax: Axes, wanted: bool, *more: Line2D) -> None:
    if wanted:
        handles = [*ax.get_legend_handles_labels()[0], *more]
        ax.legend(handles=handles, handlelength=1.6, borderpad=0.2, labelspacing=0.3)
