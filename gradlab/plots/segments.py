"""A sequence cut into segments: one box a step, a gap at each cut, ‖λ_t‖ above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from matplotlib.axes import Axes

from gradlab._checks import require_array
from gradlab.errors import ShapeError
from gradlab.plots.style import PALETTE, drawable, plain
from gradlab.typing import Array, ArrayLike

__all__ = ["SegmentRow", "draw_segments"]

_GAP = 0.16  # of a box, on either side of a cut
_LINE = 0.7  # of a row: the boxes' height is half of it, the bars have the rest


@final
@dataclass(frozen=True)
class SegmentRow:
    """One way to cut: lengths of its segments, ‖∂L/∂h_t‖ that it sees, and a note.

    Examples
    --------
    >>> SegmentRow(lengths=[2, 3], sizes=[1.0, 0.5, 1.0, 0.7, 0.4]).lengths
    [2, 3]
    """

    lengths: ArrayLike
    sizes: ArrayLike
    note: str = ""


def draw_segments(
    ax: Axes, symbols: Sequence[str], rows: Mapping[str, SegmentRow]
) -> Axes:
    """Draw rows of boxed symbols, cut where the gradient is, under what each step sees.

    Bars share one scale, the largest of all rows.  Sizes that are not finite have none.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    symbols : sequence of str, T of them
        What is read; a string is read character by character.
    rows : mapping of str to SegmentRow
        By name, the first on top; sizes (T,), lengths that sum to T.

    Returns
    -------
    Axes

    Raises
    ------
    ShapeError
        If sizes or segments are not of T steps.

    Examples
    --------
    >>> from gradlab.plots.style import figure
    >>> with figure(3.25) as (fig, ax):
    ...     ax = draw_segments(ax, "time", {"cut": SegmentRow([1, 3], [1, 3, 2, 1])})
    >>> [text.get_text() for text in ax.texts]
    ['t', 'i', 'm', 'e', 'cut', '']
    """
    T = len(symbols)
    checked = {name: _checked(name, row, T) for name, row in rows.items()}
    finite = [np.nan_to_num(sizes).max(initial=0.0) for _, sizes in checked.values()]
    top = max(finite, default=0.0) or 1.0
    for k, (name, (lengths, sizes)) in enumerate(checked.items()):
        color = PALETTE[k % len(PALETTE)]
        _draw_boxes(ax, symbols, lengths, -float(k), color)
        heights = (1 - _LINE) * np.nan_to_num(sizes) / top
        bottom = -k + _LINE / 2 + 0.05
        ax.bar(np.arange(T) + 0.5, heights, 0.5, bottom, color=color, lw=0)
        look: Any = {"va": "center", "fontsize": 7.0}
        middle = -k + _LINE / 4
        ax.text(-0.4, middle, plain(name), ha="right", color=color, **look)
        ax.text(T + 0.3, middle, rows[name].note, ha="left", **look)
    ax.set_xlim(0, T)
    ax.set_ylim(0.95 - max(len(rows), 1), 1.0)
    ax.set_axis_off()
    return ax


def _checked(name: str, row: SegmentRow, T: int) -> tuple[Array, Array]:
    sizes = drawable(row.sizes)
    if sizes.shape != (T,):
        label = f"rows[{name!r}].sizes"
        raise ShapeError(label, f"({T},)", sizes.shape)
    lengths = require_array("lengths", row.lengths, "(k,)")
    if lengths.sum() != T:
        label = f"rows[{name!r}].lengths, summed,"
        raise ShapeError(label, f"({T},)", (int(lengths.sum()),))
    return lengths, sizes


def _draw_boxes(
    ax: Axes, symbols: Sequence[str], lengths: Array, y: float, color: str
) -> None:
    """Draw a box for each symbol from y up, with a gap between segments."""
    ends = np.cumsum(lengths)
    starts = ends - lengths
    for t, symbol in enumerate(symbols):
        left = t + _GAP * (t in starts)
        right = t + 1 - _GAP * (t + 1 in ends)
        x = [left, right, right, left]
        heights = [y, y, y + _LINE / 2, y + _LINE / 2]
        ax.fill(x, heights, fc="#f4f4f4", ec=color, lw=0.6)
        middle = (left + right) / 2
        look: Any = {"ha": "center", "va": "center", "fontsize": 7.0}
        ax.text(middle, y + _LINE / 4, plain(symbol), **look)
