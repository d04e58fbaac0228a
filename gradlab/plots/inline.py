"""A matplotlib figure as an <svg> element that can stand beside others on one page.

Ids are prefixed with the picture's name: two figures may not share one, or the second
is clipped by the first.  Letters are drawn as outlines, so that no font is asked for.
Looks are attributes (`fill="#000000"`) and no styles: a page may forbid inline styles,
and may give the colours of paper and ink others in the dark.
"""

import io
import re

from matplotlib.figure import Figure

from gradlab.errors import InputError
from gradlab.plots.style import style

__all__ = ["svg_element"]

_ID = re.compile(r'(id="|url\(#|xlink:href="#|href="#)([^")]+)')
_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)  # the page's own says the same
_LOOKS = re.compile(r' style="([^"]*)"')
_SIZE = re.compile(r'(<svg[^>]*?) width="[^"]*"( [^>]*?)? height="[^"]*"')


def svg_element(figure: Figure, name: str) -> str:
    """Return the figure as SVG markup without prolog, dates, or links to elsewhere.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    name : str
        Letters, digits and hyphens; unique on its page.

    Raises
    ------
    InputError
        If the name cannot be the beginning of an id.

    Examples
    --------
    >>> svg_element(Figure(), "empty").startswith("<svg ")
    True
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        message = f"`name` must be letters, digits and hyphens; got {name!r}."
        raise InputError(message)
    buffer = io.StringIO()
    with style():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = _HEAD.sub("", buffer.getvalue())
    text = _STYLE.sub("", _METADATA.sub("", text))
    text = _SIZE.sub(r"\1\2", _LOOKS.sub(_as_attributes, text), count=1)
    return _ID.sub(rf"\1{name}-\2", text).strip()


def _as_attributes(match: re.Match[str]) -> str:
    """Return `style="fill: none; stroke: red"` as attributes of the same meaning."""
    looks = (entry.split(":", 1) for entry in match[1].split(";") if entry.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in looks)
