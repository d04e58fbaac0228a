"""A document as LaTeX of its own or as a part of another; every special is escaped."""

import re
from collections.abc import Sequence

from gradlab.report.document import (
    Block,
    Document,
    Items,
    Paragraph,
    Picture,
    Preformatted,
    Table,
)

__all__ = ["latex_escaped", "to_latex"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    # What inputenc does not know, and reports are full of.
    "λ": r"\ensuremath{\lambda}",
    "ρ": r"\ensuremath{\rho}",
    "σ": r"\ensuremath{\sigma}",
    "φ": r"\ensuremath{\varphi}",
    "∂": r"\ensuremath{\partial}",
    "‖": r"\ensuremath{\Vert}",
    "∞": r"\ensuremath{\infty}",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}",
    "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}",
    "…": r"\ldots{}",
    "₁": r"\ensuremath{_1}",
    "₂": r"\ensuremath{_2}",
    "→": r"\ensuremath{\rightarrow}",
    "√": r"\ensuremath{\surd}",
    "·": r"\ensuremath{\cdot}",
    "–": "--",
    "“": "``",
    "”": "''",
}
_WIDE = 30  # characters of a first column that are not broken into lines
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_POWER = re.compile("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_KNOWN = set(map(chr, range(0x20, 0x7F))) | set(map(chr, range(0xA0, 0x180)))


def latex_escaped(text: str) -> str:
    r"""Return text that LaTeX prints as it is; characters it does not know as U+….

    Examples
    --------
    >>> print(latex_escaped(r"50% of \input{x}"))
    50\% of \textbackslash{}input\{x\}
    >>> print(latex_escaped("3·10⁻⁶³"))
    3\ensuremath{\cdot}10\ensuremath{^{-63}}
    """
    line, done = " ".join(text.split()), 0
    parts: list[str] = []
    for power in _POWER.finditer(line):
        parts += map(_character, line[done : power.start()])
        parts.append(rf"\ensuremath{{^{{{power[0].translate(_RAISED)}}}}}")
        done = power.end()
    return "".join([*parts, *map(_character, line[done:])])


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


def _character(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c in _KNOWN:
        return c
    return f"U+{ord(c):04X}" if c.isprintable() else ""
