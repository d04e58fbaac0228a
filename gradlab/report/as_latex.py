"""A document as LaTeX of its own or as a part of another; every special is escaped."""

from collections.abc import Sequence

from gradlab._latex import latex_escaped
from gradlab.report.document import (
    Block,
    Document,
    Items,
    Paragraph,
    Picture,
    Preformatted,
    Table,
)

__all__ = ["to_latex"]

_WIDE = 30  # characters of a first column that are not broken into lines


def to_latex(document: Document) -> str:
    r"""Return sections with booktabs tables; pictures are left to their captions.

    The packages it needs are booktabs and, before TeX Live 2018, inputenc with utf8.

    Examples
    --------
    >>> print(to_latex(Document("A_b", "All is well.")))
    \section*{A\_b}
    \textbf{All is well.}
    <BLANKLINE>
    """
    parts = [rf"\section*{{{latex_escaped(document.title)}}}"]
    if document.lead:
        parts.append(rf"\textbf{{{latex_escaped(document.lead)}}}")
    for section in document.sections:
        parts.append(rf"\subsection*{{{latex_escaped(section.heading)}}}")
        parts += [_block(block) for block in section.blocks]
    return "\n".join(parts) + "\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f"\n{_paragraph(block)}\n"
        case Preformatted(text):
            # "--" is a ligature in some typewriter faces.
            lines = (_unjoined(latex_escaped(line)) for line in text.splitlines())
            return "\n".join(rf"\texttt{{{line}}}\\" for line in lines)
        case Items(entries, numbered):
            kind = "enumerate" if numbered else "itemize"
            inner = "\n".join(rf"\item {_paragraph(entry)}" for entry in entries)
            return f"\\begin{{{kind}}}\n{inner}\n\\end{{{kind}}}"
        case Table():
            return _table(block)
        case Picture(caption, alternative):
            return f"\n{latex_escaped(f'{caption} {alternative}')}\n"


def _paragraph(block: Paragraph) -> str:
    strong = rf"\textbf{{{latex_escaped(block.strong)}}} " if block.strong else ""
    return strong + latex_escaped(block.text)


def _table(table: Table) -> str:
    longest = max((len(row[0]) for row in table.rows), default=0)
    first = "l" if longest <= _WIDE else r"p{0.3\linewidth}"
    columns = first + "r" * (len(table.head) - 1)
    lines = [
        r"\begin{table}[h]\centering",
        rf"\caption{{{latex_escaped(table.caption)}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row(table.head),
        r"\midrule",
        *map(_row, table.rows),
        r"\bottomrule",
        r"\end{tabular}\end{table}",
    ]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return rf"{' & '.join(map(latex_escaped, cells))} \\"


def _unjoined(text: str) -> str:
    return text.replace("--", "-{}-")
