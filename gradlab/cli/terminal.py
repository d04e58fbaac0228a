"""How a terminal shows results: aligned tables and wrapped plain words."""

import contextlib
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["busy", "say", "show_table"]

_WIDTH = 78
_ERASED = "\r\x1b[K"


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


def say(text: str) -> None:
    """Print a sentence, wrapped to the width of a terminal, indented as it begins."""
    indent = " " * (len(text) - len(text.lstrip()))
    print(
        textwrap.fill(
            text.lstrip(),
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
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
