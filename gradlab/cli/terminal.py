"""How a terminal shows results: aligned tables and wrapped plain words."""

import contextlib
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

from tqdm import tqdm

from gradlab._files import printable

__all__ = ["bar", "busy", "say", "show_table"]

_WIDTH = 78
_ERASED = "\r\x1b[K"
_NAMED = 40  # characters of what a bar says, so that there is room for the bar


@contextlib.contextmanager
def busy(what: str) -> Iterator[None]:
    """Say what is being done on a terminal's last line, and take it back at the end.

    Where standard error is no terminal, nothing is said.
    """
    seen = sys.stderr.isatty()
    if seen:
        print(f"{what} …", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if seen:
            print(_ERASED, end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def bar() -> Iterator[Callable[[float, str], None]]:
    """Yield what draws a bar on a terminal's last line; it is taken back at the end.

    It is given the share that is done, 0 … 1, and what is done next.  Where standard
    error is no terminal, nothing is drawn.
    """
    with tqdm(
        total=1.0,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        leave=False,
        dynamic_ncols=True,
        bar_format="{desc}{percentage:3.0f}%|{bar}| {elapsed}",
    ) as drawn:

        def show(share: float, what: str) -> None:
            drawn.n = share
            drawn.set_description(printable(what, _NAMED))  # and draws it

        yield show


def say(text: str) -> None:
    """Print a sentence, wrapped to the width of a terminal, indented as it begins."""
    indent = " " * (len(text) - len(text.lstrip()))
    print(
        textwrap.fill(
            text.lstrip(),
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,  # a path is copied whole
            break_on_hyphens=False,
        )
    )


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: the first column to the left, the others to the right."""
    lines = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for place, line in enumerate(lines):
        first, *others = (
            cell.ljust(width) if not i else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())
        if place == 0:
            print("  ".join("-" * width for width in widths))
