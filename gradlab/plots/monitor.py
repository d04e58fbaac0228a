"""A training run as a monitor saw it: horizon, norm before clipping, λ₁, by step."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradlab._checks import require_one_of
from gradlab.errors import InputError
from gradlab.plots.style import (
    BLACK,
    GREY,
    PALETTE,
    VERMILLION,
    drawable,
    mark_edge,
    plain,
    say_no_data,
    style,
)
from gradlab.studies import MonitorLog
from gradlab.typing import Vector

__all__ = ["draw_monitor", "plot_monitor"]

_PARTS = ("horizon", "norm", "exponent")
_NAMED = 6  # layers; more of them have no colour of their own


def draw_monitor(ax: Axes, log: MonitorLog, part: str = "horizon") -> Axes:
    r"""Draw one number of a training run against the steps of training.

    A triangle on the upper edge is a horizon beyond the sequence, a cross there a step
    whose gradients were not finite.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    log : MonitorLog
        From `gradlab.studies.read_monitor`.
    part : "horizon", "norm" or "exponent"
        Steps back at which a thousandth is left; ‖g‖ before clipping, the median of the
        steps since the last sample and the largest of them, with the threshold; or λ₁
        and its standard error.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If there is no such part.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import read_monitor
    >>> lines = '{"kind":"header","model":"Reader","lags":[0]}', (
    ...     '{"kind":"sample","step":0,"norm":2.0,"layers":{"lstm":{"horizon":12.5,'
    ...     '"exponent":-0.5,"stderr":0.1,"left":[0.0],"signal":[0.0]}}}'
    ... )
    >>> with tempfile.TemporaryDirectory() as folder, figure(3.25) as (fig, ax):
    ...     path = pathlib.Path(folder, "run.jsonl")
    ...     _ = path.write_text("\n".join([*lines, ""]))
    ...     ax = draw_monitor(ax, read_monitor(path))
    >>> ax.lines[0].get_label(), ax.lines[0].get_ydata().tolist()
    ('lstm', [12.5])
    """
    part = require_one_of("part", part, _PARTS)
    ax.set_xlabel("step of training")
    if part == "norm":
        _draw_norm(ax, log)
    elif part == "horizon":
        _draw_horizon(ax, log)
    else:
        _draw_exponent(ax, log)
    lost = np.array([event.step for event in log.events], dtype=float)
    mark_edge(ax, lost, "x", VERMILLION, edge=1.0)
    return ax


def plot_monitor(log: MonitorLog, ax: Any = None) -> Any:
    """Draw horizon, norm and λ₁ one above the other, or the horizon on given axes.

    Parameters
    ----------
    log : MonitorLog
    ax : Axes or three of them, optional
        A new figure unless told, ``.figure`` of what is returned.

    Returns
    -------
    Axes or array of three of them

    Raises
    ------
    InputError
        If there are neither one nor three axes.

    Examples
    --------
    >>> from gradlab.studies.monitor_log import log_of
    >>> header = {"kind": "header", "model": "Reader", "lags": [0]}
    >>> axes = plot_monitor(log_of([header], name="none"))
    >>> [axis.texts[0].get_text() for axis in axes]
    ['no finite data', 'no finite data', 'no finite data']
    """
    if isinstance(ax, Axes):
        return draw_monitor(ax, log)
    with style():
        if ax is None:
            fig = Figure(figsize=(5.5, 5.0), layout="constrained")
            ax = fig.subplots(3, sharex=True)
        axes = np.ravel(ax)
        if len(axes) != len(_PARTS):
            message = f"`ax` must be one or three axes; got {len(axes)}."
            raise InputError(message)
        for axis, part in zip(axes, _PARTS, strict=True):
            draw_monitor(axis, log, part)
        for axis in axes[:-1]:
            axis.set_xlabel("")
    return axes


def _draw_horizon(ax: Axes, log: MonitorLog) -> None:
    ax.set_ylabel("horizon (steps back)")
    beyond = np.isposinf(log.horizon)
    shown = drawable(log.horizon)
    if say_no_data(ax, shown, np.where(beyond, 0.0, np.nan)):
        return
    for i, name in enumerate(log.layers):
        color = _color(i)
        ax.plot(
            log.step, shown[:, i], "-", marker=".", ms=3, color=color, label=plain(name)
        )
        mark_edge(ax, log.step[beyond[:, i]], "^", color, edge=1.0)
    positive = shown[shown > 0]
    if len(positive) and positive.max() > 10 * positive.min():
        ax.set_yscale("symlog", linthresh=1.0)
    else:
        ax.set_ylim(bottom=0.0)
    _name_layers(ax, log)


def _draw_norm(ax: Axes, log: MonitorLog) -> None:
    ax.set_ylabel(r"$\|g\|$ before clipping")
    largest, middle, now = (
        _positive(values) for values in (log.largest, log.median, log.norm)
    )
    if say_no_data(ax, largest, middle, now):
        return
    ax.plot(log.step, largest, ":", color=PALETTE[0], lw=0.9, label="largest")
    ax.plot(log.step, middle, "-", color=PALETTE[0], label="median")
    ax.plot(log.step, now, ".", ms=2.5, color=BLACK, label="at the sample")
    if np.isfinite(log.threshold):
        ax.axhline(log.threshold, color=GREY, lw=0.8, ls=(0, (4, 2)), label="threshold")
    ax.set_yscale("log")
    ax.legend(ncols=4, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderpad=0)


def _draw_exponent(ax: Axes, log: MonitorLog) -> None:
    ax.set_ylabel(r"$\lambda_1$ (nats per step)")
    rates, errors = drawable(log.exponent), drawable(log.stderr)
    if say_no_data(ax, rates):
        return
    ax.axhline(0.0, color=GREY, lw=0.6, zorder=0)
    for i, name in enumerate(log.layers):
        rate, error = rates[:, i], np.nan_to_num(errors[:, i])
        low, high = rate - error, rate + error
        ax.fill_between(log.step, low, high, color=_color(i), alpha=0.2, lw=0)
        ax.plot(log.step, rate, color=_color(i), label=plain(name))
    _name_layers(ax, log)


def _name_layers(ax: Axes, log: MonitorLog) -> None:
    if 1 < len(log.layers) <= _NAMED:
        ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderpad=0)
    elif len(log.layers) == 1:
        ax.set_title(plain(log.layers[0]), loc="left")


def _color(i: int) -> str:
    return PALETTE[i] if i < min(_NAMED, len(PALETTE)) else GREY


def _positive(values: Vector) -> Vector:
    shown = drawable(values)
    return np.where(shown > 0, shown, np.nan)
