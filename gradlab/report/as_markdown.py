"""A document as Markdown that shows every name as it is written."""

import re
from collections.abc import Iterator, Sequence

from gradlab.report.document import (
    Block,
    Document,
    Items,
    Paragraph,
    Picture,
    Preformatted,
    Table,
)

__all__ = ["to_markdown"]

# Backslash-escaped by CommonMark, with what would make links of addresses elsewhere;
# <, > and & become entities.
_MARKUP = re.compile(r"([\\`*_\[\]#|~@]|:(?=//)|(?<=www)\.)")
_BULLET = re.compile(r"^([-=+])")  # at the start of a line: a list, or a heading above
_NUMBER = re.compile(r"^(\d+)([.)])(?=\s|$)")


def to_markdown(document: Document) -> str:
    r"""Return the document as CommonMark with pipe tables; pictures by their words.

    Examples
    --------
    >>> from gradlab.report.document import Section
    >>> odd = Document("T", "", (Section("<b>", (Paragraph("1 * 2 * 3"),)),))
    >>> print(to_markdown(odd))
    # T
    <BLANKLINE>
    ## &lt;b&gt;
    <BLANKLINE>
    1 \* 2 \* 3
    <BLANKLINE>
    """
    parts = [f"# {_line(document.title)}"]
    if document.lead:
        parts.append(f"**{_line(document.lead)}**")
    for section in document.sections:
        parts.append(f"## {_line(section.heading)}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _paragraph(block)
        case Preformatted(text):
            return "\n".join(f"    {line}" for line in _shown(text).splitlines())
        case Items(entries, numbered):
            marks = (f"{i + 1}." if numbered else "-" for i in range(len(entries)))
            lines = zip(marks, entries, strict=True)
            return "\n".join(f"{mark} {_paragraph(entry)}" for mark, entry in lines)
        case Table():
            return "\n".join(_table(block))
        case Picture(caption, alternative):
            return f"*{_line(caption)}* {_line(alternative)}"


def _paragraph(block: Paragraph) -> str:
    strong = f"**{_line(block.strong)}** " if block.strong else ""
    return strong + _line(block.text)


def _table(table: Table) -> Iterator[str]:
    yield f"*{_line(table.caption)}*\n"
    yield _row(table.head)
    yield "|" + "|".join([":--", *["--:"] * (len(table.head) - 1)]) + "|"
    yield from map(_row, table.rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_inline, cells))} |"


def _line(text: str) -> str:
    """Return text as a line of its own, which no mark makes a list or a heading."""
    return _NUMBER.sub(r"\1\\\2", _BULLET.sub(r"\\\1", _inline(text)))


def _inline(text: str) -> str:
    """Return text on one line, with nothing in it that Markdown reads as markup."""
    return _MARKUP.sub(r"\\\1", " ".join(_shown(text).split()))


def _shown(text: str) -> str:
    """Return text without control characters, with HTML's own as entities."""
    kept = "".join(c for c in text if c.isprintable() or c in "\n\t")
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
