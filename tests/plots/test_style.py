"""The look: widths, type sizes, safe names, files that are equal byte for byte."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.text import Text

from gradlab.errors import InputError
from gradlab.plots import column_width, figure, full_width, save, style
from gradlab.plots.style import VENUES, drawable, label_line, plain

NASTY_NAMES = [
    "a\x00b",
    "\ud800 alone",
    r"$\frac{a$",
    "cost $5 and $6",
    "_hidden",
    "$" + "{" * 500 + "}" * 500 + "$",
    "<script>alert(1)</script>",
    "\x1b]0;title\x07",
    "line\nbreak",
    "x" * 10_000,
    "",
]


@pytest.mark.parametrize("venue", VENUES)
def test_a_column_is_no_wider_than_the_page(venue):
    assert 3 < column_width(venue) <= full_width(venue) < 7.5


def test_an_unknown_venue_is_named_beside_the_known_ones():
    with pytest.raises(InputError, match=r"`venue` must be one of 'aps'.*'toilet'"):
        column_width("toilet")


@pytest.mark.parametrize("width", [0.0, -1.0, np.nan, np.inf])
def test_a_width_without_size_is_refused(width):
    with pytest.raises(InputError, match="`width` must be a finite number > 0"):
        figure(width).__enter__()


def test_the_global_style_is_left_alone(tmp_path):
    before = dict(mpl.rcParams)
    with style(), figure(3.25) as (fig, ax):
        ax.plot([0, 1])
    save(fig, tmp_path / "line")
    assert dict(mpl.rcParams) == before


def test_no_type_is_smaller_than_seven_points():
    with figure(3.25) as (fig, ax):
        ax.set(xlabel="x", ylabel="y", title="z")
        ax.plot([0, 1], label="line")
        ax.legend()
        label_line(ax, 0.5, 0.5, "name")
    assert min(text.get_fontsize() for text in fig.findobj(Text)) >= 7


def a_figure():
    with figure(3.25) as (fig, ax):
        ax.plot([0, 1, 2], [1.0, 0.5, 2.0], "o-", label=r"$\lambda_1$")
        ax.set(xlabel="step $t$", ylabel="nats")
        ax.legend()
    return fig


def test_equal_figures_are_equal_files_without_a_date(tmp_path):
    first, second = (save(a_figure(), tmp_path / name) for name in ("a", "b"))
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    pdf, svg = (path.read_bytes() for path in first)
    assert b"CreationDate" not in pdf
    assert b"<dc:date>" not in svg


def test_fonts_are_embedded_outlines(tmp_path):
    pdf, svg = (path.read_bytes() for path in save(a_figure(), tmp_path / "a"))
    assert b"/Type3" not in pdf
    assert b"/FontFile2" in pdf
    assert b"<text" not in svg


def test_a_suffix_asks_for_one_file(tmp_path):
    assert save(a_figure(), tmp_path / "a.png") == (tmp_path / "a.png",)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_name_with_a_dot_keeps_it(tmp_path):
    names = [path.name for path in save(a_figure(), tmp_path / "gain_0.5")]
    assert names == ["gain_0.5.pdf", "gain_0.5.svg"]


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"`path` must end in .*; got a\.jpg\."):
        save(a_figure(), tmp_path / "a.jpg")


@pytest.mark.parametrize("name", NASTY_NAMES, ids=range(len(NASTY_NAMES)))
def test_any_name_can_be_a_label(name, tmp_path):
    with figure(3.25) as (fig, ax):
        (line,) = ax.plot([0, 1], label=plain(name))
        label_line(ax, 1, 1, plain(name))
        ax.legend([line], [plain(name)])
    pdf, svg = save(fig, tmp_path / "named")
    assert pdf.stat().st_size > 1000
    assert b"\x00" not in svg.read_bytes()


def test_names_are_shown_and_not_read_as_mathematics():
    assert plain("$x$") == r"\$x\$"
    assert not plain("_hidden").startswith("_")
    assert len(plain("x" * 10_000)) == 60


def test_drawable_keeps_what_an_axis_can_hold_and_copies():
    values = np.array([1.0, -np.inf, np.nan, 1e308, -2.0])
    np.testing.assert_array_equal(drawable(values), [1, np.nan, np.nan, np.nan, -2])
    assert values[1] == -np.inf
