"""Reports: documents as plain data, written as HTML, Markdown and LaTeX."""

from gradlab._latex import latex_escaped
from gradlab.report.as_html import embedded_json, html_blocks, to_html
from gradlab.report.as_latex import to_latex
from gradlab.report.as_markdown import to_markdown
from gradlab.report.document import (
    Document,
    Items,
    Paragraph,
    Picture,
    Preformatted,
    Section,
    Table,
)
from gradlab.report.report import REPORTS, Report, diagnose

__all__ = [
    "REPORTS",
    "Document",
    "Items",
    "Paragraph",
    "Picture",
    "Preformatted",
    "Report",
    "Section",
    "Table",
    "diagnose",
    "embedded_json",
    "html_blocks",
    "latex_escaped",
    "to_html",
    "to_latex",
    "to_markdown",
]
