"""A document as one HTML file that asks no other host for anything.

A content security policy forbids all that is not in the file: its style and script are
allowed by their hashes, so that text which slips through as markup could still not run.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from gradlab.report.document import (
    Block,
    Document,
    Items,
    Paragraph,
    Picture,
    Preformatted,
    Table,
)

__all__ = ["embedded_json", "html_blocks", "to_html"]

_NARROW = 36  # characters of a row that stay beside each other on a phone


def to_html(
    document: Document,
    *,
    style: str = "",
    script: str = "",
    data: Mapping[str, Any] | None = None,
    widget: str = "",
) -> str:
    """Return the document as a page.

    Parameters
    ----------
    document : Document
        Every string in it is escaped; pictures are SVG elements of gradlab's own.
    style, script : str
        CSS and JavaScript of gradlab's own, put into the page and hashed.
    data : mapping, optional
        What the script reads, as JSON in the element ``#data``.
    widget : str
        Markup of gradlab's own before the last section, which the script fills.

    Examples
    --------
    >>> page = to_html(Document("<script>alert(1)</script>", ""))
    >>> "&lt;script&gt;alert(1)" in page, "<script>" in page
    (True, False)
    """
    sections = [_section(s.heading, s.blocks) for s in document.sections]
    sections[-1:-1] = [widget] if widget else []
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    carried = (
        f'<script type="application/json" id="data">{embedded_json(data)}</script>'
    )
    parts = [
        f'<!doctype html><html lang="{html.escape(document.language)}"><head>',
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{_text(document.title)}</title>",
        f"<style>{style}</style>" if style else "",
        "</head><body><main>",
        f"<h1>{_text(document.title)}</h1>",
        f'<p class="lead {_text(document.tone)}">{_text(document.lead)}</p>'
        if document.lead
        else "",
        *sections,
        "</main>",
        carried if data is not None else "",
        f"<script>{script}</script>" if script else "",
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def embedded_json(data: Any) -> str:
    r"""Return JSON that cannot end the script element it stands in.

    Examples
    --------
    >>> print(embedded_json({"name": "</script>"}))
    {"name": "\u003c/script\u003e"}
    """
    text = json.dumps(data, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def html_blocks(blocks: Sequence[Block]) -> str:
    """Return blocks as elements, for a page that is not of gradlab's making.

    Examples
    --------
    >>> html_blocks([Paragraph("a < b")])
    '<p>a &lt; b</p>'
    """
    return "\n".join(map(_block, blocks))


def _section(heading: str, blocks: Sequence[Block]) -> str:
    return f"<section><h2>{_text(heading)}</h2>\n{html_blocks(blocks)}\n</section>"


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{_paragraph(block)}</p>"
        case Preformatted(text):
            return f'<pre tabindex="0">{_text(text)}</pre>'
        case Items(entries, numbered):
            kind = "ol" if numbered else "ul"
            inner = "".join(f"<li>{_paragraph(entry)}</li>" for entry in entries)
            return f"<{kind}>{inner}</{kind}>"
        case Table():
            return _table(block)
        case Picture(caption, alternative, svg):
            # A picture's words stand in its caption: a screen reader meets them once.
            return (
                f'<figure><div class="picture" role="img" '
                f'aria-label="{_text(alternative)}">{svg}</div>'
                f"<figcaption>{_text(caption)}</figcaption></figure>"
            )


def _paragraph(block: Paragraph) -> str:
    strong = f"<strong>{_text(block.strong)}</strong> " if block.strong else ""
    return strong + _text(block.text)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in table.head)
    body = "".join(_row(table.head, cells) for cells in table.rows)
    kind = "" if _width(table) <= _NARROW else ' class="cards"'
    return (
        f"<table{kind}><caption>{_text(table.caption)}"
        f"</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _width(table: Table) -> int:
    """Return about how many characters a row takes."""
    columns = zip(table.head, *table.rows, strict=True)
    return sum(max(map(len, column)) for column in columns)


def _row(head: Sequence[str], cells: Sequence[str]) -> str:
    """Return a row; on a narrow screen its cells stand below each other, each named."""
    first, *others = cells
    inner = "".join(
        f'<td data-name="{_text(name)}">{_text(cell)}</td>'
        for name, cell in zip(head[1:], others, strict=True)
    )
    return f'<tr><th scope="row">{_text(first)}</th>{inner}</tr>'


def _text(text: str) -> str:
    """Return text with no character that is markup, or that no page may hold."""
    kept = "".join(c for c in text if c.isprintable() or c in "\n\t")
    return html.escape(kept)


def _hash(content: str) -> str:
    """Return the source expression of an inline element, or that none is allowed."""
    if not content:
        return "'none'"
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
