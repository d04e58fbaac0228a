"""Bounds beside the gain: rates (1/k) ln against the lag k, and slack by theorem."""

from collections.abc import Mapping, Sequence
from typing import Any

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
from gradlab.studies import BoundComparison
from gradlab.typing import Array, Vector

__all__ = ["draw_bounds", "draw_tightness"]

_APART = 0.054  # of the height of the axes: two lines of 7 pt type do not touch
_SPREAD = 0.6  # of the height of a row: its runs do not hide each other
_PEOPLE = ("cauchy", "frobenius", "jordan", "kreiss", "lyapunov")
_WRITTEN = {word: word.capitalize() for word in _PEOPLE} | {
    "gru": "GRU",
    "lstm": "LSTM",
}
_NONE = 1e-9  # nats per step: what is less may be the rounding of the measured gain
_HAIR: Any = {"color": GREY, "lw": 0.3, "alpha": 0.5}


def draw_bounds(
    ax: Axes,
    found: BoundComparison,
    *,
    colors: Mapping[str, str] | None = None,
    limits: tuple[float, float] | None = None,
) -> Axes:
    """Draw (1/k) ln of the gain over the last k steps, and of what bounds promise.

    Each line has its name at its end; bounds from below are dashed.  Dotted are the
    rates at which gradients have vanished, or exploded, at lag k.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    found : BoundComparison
        From `gradlab.studies.compare_bounds`.
    colors : mapping of str to str, optional
        By the theorem's label; grey unless told.
    limits : (float, float), optional
        Nats per step at which the axes end; lines beyond have their names there.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.bounds import NormProduct
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import compare_bounds
    >>> W = [[0.5, 1.0], [0.0, 0.5]]
    >>> rest = run(Linear(W, [[0.0]] * 2), [0.0] * 2, [[0.0]] * 100)
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_bounds(ax, compare_bounds(rest, [NormProduct()]))
    >>> [line.get_label() for line in ax.lines[:2]]
    ['norm product', 'gain']
    >>> [round(float(line.get_ydata()[-1]), 3) for line in ax.lines[:2]]
    [0.188, -0.64]
    """
    ax.set_xlabel("lag $k$")
    ax.set_ylabel("mean rate (nats per step)")
    lags = found.lags
    gain, bounds = drawable(found.log_gain) / lags, drawable(found.log_bounds) / lags
    if say_no_data(ax, gain, bounds):
        return ax
    ends = []
    for label, direction, rates in zip(
        found.labels, found.directions, bounds, strict=True
    ):
        color = (colors or {}).get(label, GREY)
        look: Any = {"lw": 0.9, "ls": "-" if direction == "above" else (0, (3, 1.5))}
        ax.plot(lags, rates, color=color, label=_name(label), **look)
        ends.append((rates, _name(label), color))
    ax.plot(lags, gain, color=BLACK, lw=1.8, label="gain")
    ends.append((gain, "gain", BLACK))
    ax.set_xscale("log")
    ax.set_xlim(lags[0], max(lags[-1], lags[0] + 1))
    rates = np.vstack([gain[None], bounds])
    ax.set_ylim(*(_with_air(rates) if limits is None else limits))
    _draw_levels(ax, found)
    _name_ends(ax, float(lags[-1]), ends)
    return ax


def _with_air(rates: Array) -> tuple[float, float]:
    low, high = float(np.nanmin(rates)), float(np.nanmax(rates))
    air = 0.05 * (high - low) or 1.0
    return low - air, high + air


def _draw_levels(ax: Axes, found: BoundComparison) -> None:
    """Draw ± ln(small) / k, without moving the axes' limits."""
    low, high = ax.get_ylim()
    k = np.geomspace(found.lags[0], max(found.lags[-1], found.lags[0] + 1), 200)
    for level in (np.log(found.small), -np.log(found.small)):
        ax.plot(k, level / k, color=GREY, lw=0.7, ls=(0, (1, 1.5)), zorder=0)
    ax.set_ylim(low, high)


def _name_ends(ax: Axes, x: float, lines: list[tuple[Vector, str, str]]) -> None:
    low, high = ax.get_ylim()
    seen = [line for line in lines if np.isfinite(line[0][-1])]
    ends = sorted((float(rates[-1]), text, color) for rates, text, color in seen)
    heights = [end[0] for end in ends]
    placed = _apart(heights, _APART * (high - low), low, high)
    for height, (_, text, color) in zip(placed, ends, strict=True):
        label_line(ax, x, height, text, color=color)


def _apart(heights: list[float], apart: float, low: float, high: float) -> list[float]:
    """Return ascending heights that far apart, as near as can be, within the limits.

    Least squares for y_i − i a ascending: means of runs, y_k = max_i min_j of them.

    Examples
    --------
    >>> _apart([0.0, 0.0, 9.0], 1.0, -5.0, 8.0)
    [-0.5, 0.5, 8.0]
    """
    m = len(heights)
    free = np.array(heights) - apart * np.arange(m)
    runs = [[float(free[i : j + 1].mean()) for j in range(i, m)] for i in range(m)]
    best = [max(min(runs[i][k - i :]) for i in range(k + 1)) for k in range(m)]
    inside = np.clip(best, low, max(high - apart * (m - 1), low))
    return (inside + apart * np.arange(m)).tolist()


def draw_tightness(ax: Axes, runs: Mapping[str, Sequence[BoundComparison]]) -> Axes:
    """Draw the slack of every bound, in nats per step, a row for each of them.

    Each name has a colour, and of its comparisons, such as those before and after
    training, the last has full marks.  Bounds from above stand above those from below,
    the tightest on top.  A mark on the left edge is no slack, one on the right edge is
    an infinite one.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    runs : mapping of str to sequence of BoundComparison
        From `gradlab.studies.compare_bounds`, by the names for the legend.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from gradlab.bounds import FrobeniusProduct, NormProduct
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.plots.style import figure
    >>> from gradlab.studies import compare_bounds
    >>> rest = run(Linear(np.eye(2), [[0.0]] * 2), [0.0] * 2, [[0.0]] * 10)
    >>> found = compare_bounds(rest, [FrobeniusProduct(), NormProduct()])
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_tightness(ax, {"still": [found]})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['norm product', 'Frobenius product']
    """
    ax.set_xlabel("slack (nats per step)")
    above, below = (_ordered(runs, way) for way in ("above", "below"))
    labels = [*above, *below]
    if say_no_data(ax, *(found.per_step for row in runs.values() for found in row)):
        return ax
    ax.set_xscale("log")
    for k, (name, row) in enumerate(runs.items()):
        color = PALETTE[k % len(PALETTE)]
        shift = _SPREAD * (k / max(len(runs) - 1, 1) - 0.5)
        for place, found in enumerate(row):
            heights = [labels.index(label) + shift for label in found.labels]
            face = color if place == len(row) - 1 else "white"
            _draw_marks(ax, found.per_step, np.array(heights), color, face)
        ax.plot([], [], "o", ms=3, color=color, label=plain(name))
    ax.set_yticks(range(len(labels)), [_name(label) for label in labels])
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    for place in range(1, len(labels)):
        edge = {"color": BLACK, "lw": 0.6} if place == len(above) else _HAIR
        ax.axhline(place - 0.5, zorder=0, **edge)
    return ax


def _ordered(runs: Mapping[str, Sequence[BoundComparison]], way: str) -> list[str]:
    """Return the labels of one direction, by the median of their slack."""
    slacks: dict[str, list[float]] = {}
    for found in (found for row in runs.values() for found in row):
        rows = zip(found.labels, found.directions, found.per_step, strict=True)
        for label, direction, slack in rows:
            if direction == way:
                slacks.setdefault(label, []).append(float(slack))
    return sorted(slacks, key=lambda label: float(np.median(slacks[label])))


def _draw_marks(ax: Axes, slack: Vector, y: Vector, color: str, face: str) -> None:
    look: dict[str, Any] = {"ms": 3.0, "mew": 0.7, "color": color, "mfc": face}
    seen = (slack > _NONE) & np.isfinite(drawable(slack))
    if (
        seen.any()
    ):  # an empty line has no extent, and constrained layout stumbles over it
        ax.plot(slack[seen], y[seen], "o", **look)
    across = ax.get_yaxis_transform()
    for marker, edge, hit in (("<", 0.0, slack <= _NONE), (">", 1.0, slack == np.inf)):
        if hit.any():
            x = np.full(int(hit.sum()), edge)
            ax.plot(x, y[hit], marker, **look, transform=across, clip_on=False)


def _name(label: str) -> str:
    """Return the words of a label, names of people and cells as they are written.

    Examples
    --------
    >>> _name("thm:common-lyapunov"), _name("thm:gru-ceiling")
    ('common Lyapunov', 'GRU ceiling')
    """
    words = label.removeprefix("thm:").split("-")
    return plain(" ".join(_WRITTEN.get(word, word) for word in words))
