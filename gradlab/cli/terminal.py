"""How a terminal shows results: aligned tables and wrapped plain words."""

import textwrap
from collections.abc import Iterable, Sequence

__all__ = ["say", "show_table"]

_WIDTH = 78


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
