"""A document is plain data: sections of paragraphs, lists, tables and pictures.

Nothing in it is markup.  Whoever writes it as HTML, Markdown or LaTeX escapes every
string, so that a layer called ``<script>`` stays a layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, final

__all__ = [
    "Block",
    "Document",
    "Items",
    "Paragraph",
    "Picture",
    "Preformatted",
    "Section",
    "Table",
]


@final
@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `strong` opens it, set apart from the rest.

    >>> Paragraph("It halves every step.", strong="Vanishing.").strong
    'Vanishing.'
    """

    text: str
    strong: str = ""


@final
@dataclass(frozen=True)
class Preformatted:
    """Text whose spaces and lines are kept, such as BibTeX.

    >>> Preformatted("@misc{key,}").text
    '@misc{key,}'
    """

    text: str


@final
@dataclass(frozen=True)
class Items:
    """A list, numbered or not.

    >>> len(Items((Paragraph("first"), Paragraph("then")), numbered=True).entries)
    2
    """

    entries: tuple[Paragraph, ...]
    numbered: bool = False


@final
@dataclass(frozen=True)
class Table:
    """A table; all columns but the first are numbers and stand to the right.

    >>> Table("Rates", ("layer", "nats"), [("lstm", "−0.46")]).rows[0][1]
    '−0.46'
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@final
@dataclass(frozen=True)
class Picture:
    """A drawing: `svg` is an <svg> element, `alternative` says in words what it shows.

    The element is trusted: it must come from `gradlab.plots.svg_element`.

    >>> Picture("A line.", "A line that falls.", "<svg></svg>").alternative
    'A line that falls.'
    """

    caption: str
    alternative: str
    svg: str


Block: TypeAlias = Paragraph | Preformatted | Items | Table | Picture


@final
@dataclass(frozen=True)
class Section:
    """A heading and what stands under it.

    >>> Section("Why", (Paragraph("Gates half open."),)).heading
    'Why'
    """

    heading: str
    blocks: tuple[Block, ...]


@final
@dataclass(frozen=True)
class Document:
    """A title, a lead that says the main thing, and sections.

    Attributes
    ----------
    title, lead : str
        What it is, and the one sentence that matters.
    sections : tuple of Section
    language : str
        Of the words, as HTML names it.
    tone : "plain", "well" or "trouble"
        Of the lead: a page may set it apart by a colour beside its words.

    >>> Document("Diagnosis", "All is well.").language
    'en'
    """

    title: str
    lead: str
    sections: tuple[Section, ...] = field(default=())
    language: str = "en"
    tone: str = "plain"
