"""The look of a figure: venue widths in inches, safe colours, type of at least 7 pt.

Nothing here touches matplotlib's global settings: `figure` and `save` apply theirs for
as long as they run.
"""

import contextlib
import io
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gradlab._checks import require_count, require_number, require_one_of
from gradlab._store import replace
from gradlab.errors import InputError
from gradlab.typing import Array, ArrayLike

__all__ = [
    "BLACK",
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PALETTE",
    "PINK",
    "SKY",
    "VENUES",
    "VERMILLION",
    "column_width",
    "drawable",
    "figure",
    "full_width",
    "label_line",
    "mark_edge",
    "plain",
    "save",
    "say_no_data",
    "spread_apart",
    "style",
    "thinned",
]

VENUES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "aps": (3.375, 7.0),
        "icml": (3.25, 6.75),
        "iclr": (5.5, 5.5),
        "ieee": (3.5, 7.16),
        "jmlr": (6.0, 6.0),
        "nature": (89 / 25.4, 183 / 25.4),
        "neurips": (5.5, 5.5),
    }
)
"""Widths of one column and of the whole text block, in inches, by venue."""

# Okabe and Ito's colours, which stay apart for every common kind of colour blindness;
# their yellow is left out, since thin lines of it vanish on white paper.
BLACK, GREY = "#000000", "#6e6e6e"
BLUE, VERMILLION, GREEN = "#0072b2", "#d55e00", "#009e73"
PINK, ORANGE, SKY = "#cc79a7", "#e69f00", "#56b4e9"
PALETTE = (BLUE, VERMILLION, GREEN, PINK, ORANGE, SKY)
"""Colours of the first six things on one set of axes, in this order."""

_GOLDEN = 0.618
_LARGEST = 1e300  # the axes' arithmetic overflows a little above this
_LONGEST, _SHORT = 60, 24  # characters
_POINTS = 400  # of a curve: twice as many as there are points of type across a column
_NO_TIME = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
_LOOK: Any = {
    "font.family": ["STIXGeneral", "DejaVu Sans"],  # both come with matplotlib
    "mathtext.fontset": "stix",
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.unicode_minus": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.1,
    "lines.solid_capstyle": "round",
    "errorbar.capsize": 0.0,
    "figure.dpi": 150.0,
    "text.usetex": False,
    "pdf.fonttype": 42,  # TrueType outlines: journals refuse Type 3
    "svg.fonttype": "path",
    "svg.hashsalt": "gradlab",  # else element ids are random in every file
}


def column_width(venue: str) -> float:
    """Return the width of one column of a venue, in inches.

    Parameters
    ----------
    venue : str
        A key of `VENUES`; where the text is one column, that is its width.

    Raises
    ------
    InputError
        If the venue is not listed; any number of inches will do instead.

    Examples
    --------
    >>> column_width("icml"), full_width("icml")
    (3.25, 6.75)
    """
    return VENUES[require_one_of("venue", venue, tuple(VENUES))][0]


def full_width(venue: str) -> float:
    """Return the width of the whole text block of a venue, in inches.

    Parameters and errors are those of `column_width`.

    Examples
    --------
    >>> full_width("jmlr")
    6.0
    """
    return VENUES[require_one_of("venue", venue, tuple(VENUES))][1]


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Apply gradlab's look within the ``with`` block, and only there.

    Examples
    --------
    >>> before = mpl.rcParams["font.size"]
    >>> with style():
    ...     inside = mpl.rcParams["font.size"]
    >>> inside, mpl.rcParams["font.size"] == before
    (8.0, True)
    """
    with mpl.rc_context(_LOOK):
        yield


@contextlib.contextmanager
def figure(
    width: float,
    height: float | None = None,
    *,
    rows: int = 1,
    columns: int = 1,
    **options: Any,
) -> Iterator[tuple[Figure, Any]]:
    """Make a figure of the given size in inches, styled, outside pyplot's registry.

    Parameters
    ----------
    width, height : float
        Inches, above 0; the height is `width` over the golden ratio, unless given.
    rows, columns : int
        Grid of axes.
    **options
        Passed to `matplotlib.figure.Figure.subplots` (``sharex``, ``width_ratios``…).

    Yields
    ------
    (Figure, Axes or array of Axes)

    Examples
    --------
    >>> with figure(column_width("icml")) as (fig, ax):
    ...     line = ax.plot([0, 1])
    >>> fig.get_size_inches().round(3).tolist()
    [3.25, 2.009]
    """
    width = require_number("width", width, above=0.0)
    tall = width * _GOLDEN if height is None else height
    tall = require_number("height", tall, above=0.0)
    grid = require_count("rows", rows), require_count("columns", columns)
    with style():
        fig = Figure(figsize=(width, tall), layout="constrained")
        yield fig, fig.subplots(*grid, **options)


def save(fig: Figure, path: str | os.PathLike[str]) -> tuple[pathlib.Path, ...]:
    """Write ``<path>.pdf`` and ``<path>.svg`` and return both paths.

    The same figure gives the same bytes: no time is stored, fonts are embedded in the
    PDF and drawn as outlines in the SVG.  A path ending in .pdf, .svg or .png asks for
    that one file.  An older file is there until the new one is whole.

    Raises
    ------
    InputError
        If the path ends in another suffix of a picture.

    Examples
    --------
    >>> import tempfile
    >>> with figure(2.0) as (fig, ax), tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save(fig, f"{folder}/empty")]
    ['empty.pdf', 'empty.svg']
    """
    target = pathlib.Path(path)
    kind = target.suffix[1:].lower()
    if kind in {"eps", "gif", "jpeg", "jpg", "ps", "tif", "tiff", "webp"}:
        message = f"`path` must end in .pdf, .svg, .png or nothing; got {target.name}."
        raise InputError(message)
    known = kind in {"pdf", "svg", "png"}
    names = [target] if known else [f"{target}.{kind}" for kind in ("pdf", "svg")]
    written = tuple(pathlib.Path(name) for name in names)
    target.parent.mkdir(parents=True, exist_ok=True)
    with style():
        for file in written:
            content, form = io.BytesIO(), file.suffix[1:].lower()
            fig.savefig(content, format=form, metadata=_NO_TIME.get(form), dpi=300)
            replace(file, content.getvalue())
    return written


def plain(name: object) -> str:
    r"""Return a name as text that matplotlib shows as it is: no mathematics, no markup.

    Dollar signs are escaped, control characters and lone surrogates dropped, and
    anything beyond 60 characters cut.

    Examples
    --------
    >>> print(plain("cost $5 and $6"), plain("a\x00b"), plain("_hidden"), sep="|")
    cost \$5 and \$6|ab| _hidden
    """
    shown = "".join(c for c in str(name) if c.isprintable())
    if len(shown) > _LONGEST:
        shown = shown[: _LONGEST - 1] + "…"
    # A leading underscore would drop the name from a legend.
    return (" " if shown.startswith("_") else "") + shown.replace("$", r"\$")


def drawable(values: ArrayLike) -> Array:
    """Return `values` as floats with NaN for what no axis can hold: ±inf, NaN, 1e308.

    Examples
    --------
    >>> drawable([1.0, -np.inf, 1e308])
    array([ 1., nan, nan])
    """
    array = np.array(values, dtype=float)
    array[~(np.abs(array) < _LARGEST)] = np.nan
    return array


def say_no_data(ax: Axes, *values: Array) -> bool:
    """Write "no finite data" on the axes if no value is finite; return whether so."""
    if any(np.isfinite(v).any() for v in values):
        return False
    ax.text(
        0.5, 0.5, "no finite data", transform=ax.transAxes, ha="center", va="center"
    )
    return True


def label_line(ax: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """Write text beside the point (x, y), 3 pt to its right."""
    shift = options.pop("shift", (3.0, 0.0))
    look: dict[str, Any] = {"fontsize": 7.0, "va": "center", "annotation_clip": False}
    place = {"xytext": shift, "textcoords": "offset points"}
    note = ax.annotate(text, (x, y), **{**look, **place, **options})
    # Room is made for a short name; a long one may not push the axes aside.
    note.set_in_layout(len(text) <= _SHORT)


def spread_apart(heights: Sequence[float], apart: float) -> list[float]:
    """Return ascending heights moved up until they are that far apart.

    Examples
    --------
    >>> spread_apart([0.0, 0.5, 4.0], 1.0)
    [0.0, 1.0, 4.0]
    """
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + apart) if moved else height)
    return moved


def thinned(length: int) -> Array:
    """Return which of so many points of a curve are drawn: 400 at most, with both ends.

    Examples
    --------
    >>> thinned(3).tolist(), len(thinned(100_000)), int(thinned(100_000)[-1])
    ([0, 1, 2], 400, 99999)
    """
    return np.unique(np.linspace(0, length - 1, min(length, _POINTS)).round()).astype(
        np.intp
    )


def mark_edge(ax: Axes, x: Array, marker: str, color: str, *, edge: float) -> None:
    """Mark places x on the lower (0) or upper (1) edge: values that no axis holds."""
    if len(x):  # an empty line has no extent, and constrained layout stumbles over it
        place = ax.get_xaxis_transform()
        y = np.full(len(x), edge)
        ax.plot(x, y, marker, ms=3, mew=0.8, c=color, transform=place, clip_on=False)
