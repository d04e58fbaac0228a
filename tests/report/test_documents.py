"""A document shows hostile names as they are, in every format that it is written in."""

import base64
import hashlib
import html.parser
import json
import re

import pytest

from gradlab.errors import InputError
from gradlab.plots import figure, svg_element
from gradlab.report import (
    Document,
    Items,
    Paragraph,
    Picture,
    Preformatted,
    Section,
    Table,
    embedded_json,
    latex_escaped,
    to_html,
    to_latex,
    to_markdown,
)

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    r"\input{/etc/passwd}",
    r"\write18{id}",
    r"50% of $5 & #3 in a_b^c ~ \begin{input}",
    "| a | b |\n|---|",
    "[link](http://example.org) ![](x) `code` *bold* # head",
    "1. one\n- two\n=== three",
    "null\x00byte \x1b]0;title\x07 \ud800 \u202e",
    "]]> --> <!-- </style></svg>",
)


def document(text):
    return Document(
        text,
        text,
        (
            Section(
                text,
                (
                    Paragraph(text, strong=text),
                    Preformatted(text),
                    Items((Paragraph(text),)),
                    Items((Paragraph(text),), numbered=True),
                    Table(text, (text, text), ((text, text), (text, text))),
                    Picture(text, text, "<svg></svg>"),
                ),
            ),
        ),
    )


class Reader(html.parser.HTMLParser):
    """What a browser would make of a page: elements, attributes and text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text.append(data)


def read(page):
    reader = Reader()
    reader.feed(page)
    return reader


OWN_TAGS = set(read(to_html(document("plain"))).tags)


@pytest.mark.parametrize("text", HOSTILE)
def test_html_holds_no_element_but_its_own(text):
    page = to_html(document(text))
    found = read(page)
    assert set(found.tags) == OWN_TAGS
    assert not [name for name in found.attributes if name.startswith("on")]
    page.encode("utf-8")
    shown = "".join(c for c in text if c.isprintable() or c in "\n\t")
    assert "".join(found.text).count(shown) >= 9


@pytest.mark.parametrize("text", HOSTILE)
def test_latex_holds_no_command_but_its_own(text):
    short, long = (to_latex(document(words)) for words in ("plain", "plain " * 9))
    own = set(re.findall(r"\\[a-zA-Z]+", short + long))
    escapes = {
        *(r"\textbackslash", r"\textasciicircum", r"\textasciitilde", r"\textless"),
        *(r"\textgreater", r"\textquotedbl", r"\textquotesingle", r"\textasciigrave"),
        r"\ensuremath",
    }
    found = set(re.findall(r"\\[a-zA-Z]+", to_latex(document(text))))
    assert found <= own | escapes
    assert not re.search(r"(?<!\\)[%#$&~^_]", latex_escaped(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_escapes_all_that_is_markup(text):
    lines = to_markdown(Document(text, "", ())).splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) == 1
    shown = re.sub(r"\\(.)", "", lines[0][2:])  # what is left is not escaped
    assert not re.search(r"[<>`*_\[\]|#]", shown)
    assert not re.match(r"[-=]|\d+[.)]", shown)


def test_the_policy_allows_this_style_and_this_script_and_nothing_else():
    page = to_html(document("x"), style="p{color:red}", script="let a = 1;", data={})
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for name, content in (("style-src", "p{color:red}"), ("script-src", "let a = 1;")):
        digest = hashlib.sha256(content.encode()).digest()
        assert rules[name] == f"'sha256-{base64.b64encode(digest).decode()}'"
        assert f">{content}</" in page


def test_a_page_without_script_allows_none():
    assert "script-src 'none'" in to_html(document("x"))


@pytest.mark.parametrize("text", HOSTILE)
def test_data_come_back_and_cannot_end_their_element(text):
    carried = embedded_json({text: [text, 1.5, None]})
    assert "<" not in carried
    assert json.loads(carried) == {text: [text, 1.5, None]}


def test_data_without_a_number_are_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        embedded_json(float("nan"))


def test_ids_of_two_pictures_differ_and_nothing_is_asked_for():
    pictures = []
    for name in ("first", "second"):
        with figure(2.0) as (fig, ax):
            ax.plot([0, 1], [0, 1], label="line")
            pictures.append(svg_element(fig, name))
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in pictures]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])
    for svg, own in zip(pictures, ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= own
        links = set(re.findall(r'href="([^"]*)"', svg))
        assert {link.removeprefix("#") for link in links} <= own
        assert not re.search(r"<script|<style|<!|<\?|<metadata", svg)
        addresses = set(re.findall(r'"(http[^"]*)"', svg))
        assert addresses <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }


def test_a_picture_has_a_name_that_can_be_an_id():
    with figure(2.0) as (fig, _), pytest.raises(InputError, match="`name` must be"):
        svg_element(fig, '"><script>')
