"""The page in Chromium: silent, alone, legible, operable, and not to be fooled."""

import dataclasses
import functools
import re

import pytest

from gradlab.report import Document, Section, to_html
from gradlab.report.report import Report
from tests.report.browser import CHROMIUM, DRIVER, chromium
from tests.report.diagnoses import named, vanishing
from tests.report.test_documents import HOSTILE

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs Debian's chromium and chromium-driver"
)

LEFT, RIGHT, HOME, END = "\ue012", "\ue014", "\ue011", "\ue010"  # WebDriver's keys
SLIDERS = ("gain", "size", "horizon")
CHARTS = ("profile", "spectrum", "paths", "twins")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return Report(vanishing()).save(tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture
def shown(browser, page):
    """A browser that shows the page, with nothing logged but by it."""
    browser.log("browser")
    browser.requests()
    browser.open(page)
    return browser


def test_the_page_is_silent_and_asks_nobody_for_anything(shown, page):
    assert shown.log("browser") == []
    assert shown.requests() == [page.as_uri()]
    assert shown.run("return performance.getEntriesByType('resource').length") == 0
    assert shown.run("return document.title").startswith("Gradients through time")


def test_every_element_that_is_named_is_named_once(shown):
    script = "return [...document.querySelectorAll('[id]')].map((e) => e.id)"
    ids = shown.run(script)
    assert len(ids) == len(set(ids))


DRAWN = """
const svg = document.getElementById(arguments[0]);
return [...svg.querySelectorAll('.curve, .twin, .slope, .dot')]
  .map((e) => e.getAttribute('d') || `${e.getAttribute('cx')} ${e.getAttribute('cy')}`);
"""
TOLD = "return document.getElementById(arguments[0]).getAttribute('aria-valuetext')"


@pytest.mark.parametrize("slider", SLIDERS)
def test_a_slider_moved_by_keys_redraws_the_charts_and_says_so(shown, slider):
    moved = CHARTS if slider != "horizon" else ("profile", "paths", "twins")
    before = {chart: shown.run(DRAWN, chart) for chart in CHARTS}
    told, words = shown.run(TOLD, slider), said(shown)
    shown.press(f"#{slider}", LEFT)
    for chart in moved:
        assert shown.run(DRAWN, chart) != before[chart], chart
    assert shown.run(TOLD, slider) != told
    if slider != "horizon":  # the vanished gradient is as far gone some steps before
        assert said(shown) != words
    shown.press(f"#{slider}", RIGHT)
    assert {chart: shown.run(DRAWN, chart) for chart in CHARTS} == before
    assert shown.run(TOLD, slider) == told


def said(browser):
    return browser.run("return document.getElementById('explored').textContent")


def test_both_ends_of_every_slider_have_charts(shown):
    for end in (HOME, END):
        for slider in SLIDERS:
            shown.press(f"#{slider}", end)
        for chart in CHARTS:
            assert shown.run(DRAWN, chart), (end, chart)
            label = f"return document.getElementById('{chart}').ariaLabel"
            assert "NaN" not in shown.run(label)
        assert "NaN" not in said(shown)
    assert shown.log("browser") == []


def test_what_the_charts_draw_is_what_was_computed(shown):
    """The last point of the profile is where its number in nats puts it."""
    found = Report(vanishing()).exploration
    gain, size = list(found.gains).index(1.0), len(found.sizes) // 2
    shown.press("#horizon", END)
    (rate,) = re.findall(r"λ₁ is (\S+) nats", said(shown))
    # Four digits are in the page, and three are shown.
    exponent = found.exponents[gain, size, 0]
    assert float(rate.replace("−", "-")) == pytest.approx(exponent, rel=6e-3)
    ticks = shown.run(TICKS)
    (x, y) = map(float, shown.run(DRAWN, "profile")[1].split("L")[-1].split())
    assert x == pytest.approx(306)
    (low, at_low), (high, at_high) = ticks[0], ticks[-1]
    value = low + (y - at_low) / (at_high - at_low) * (high - low)
    assert value == pytest.approx(found.profiles[gain, size, -1], rel=1e-3)


TICKS = """
return [...document.querySelectorAll('#profile text[text-anchor=end]')]
  .filter((e) => e.getAttribute('x') === '38')
  .map((e) => [Number(e.textContent.replace('\\u2212', '-')),
               Number(e.getAttribute('y')) - 4]);
"""


def test_everything_that_can_be_operated_is_reached_and_named(shown):
    script = """
    const inputs = [...document.querySelectorAll('input')];
    const pictures = [...document.querySelectorAll('[role=img]')];
    return inputs.filter((e) => e.tabIndex < 0 || !e.labels.length).length
      + pictures.filter((e) => !e.getAttribute('aria-label')).length;
    """
    assert shown.run(script) == 0
    for slider in SLIDERS:
        shown.run("document.getElementById(arguments[0]).focus()", slider)
        ring = (
            f"return getComputedStyle(document.getElementById('{slider}')).outlineStyle"
        )
        assert shown.run(ring) == "solid"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "text", [None, "x" * 300, HOSTILE[0]], ids=["own", "long", "tag"]
)
def test_nothing_is_wider_than_the_screen(browser, page, tmp_path, width, text):
    path = page
    if text is not None:
        odd = dataclasses.replace(named(text), mode="quick")
        path = Report(odd).save(tmp_path / "odd.html")
    browser.open(path, width=width)
    assert browser.run("return document.documentElement.scrollWidth") == width
    beyond = """
    return [...document.querySelectorAll('main *')].filter((e) => !e.closest('pre, svg')
      && !e.closest('thead')
      && e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML)
    """
    assert browser.run(beyond) == []


CONTRASTS = """
const channels = (color) => color.match(/[\\d.]+/g).map(Number);
const light = (color) => channels(color).slice(0, 3)
  .map((c) => c / 255)
  .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const color = getComputedStyle(e).backgroundColor;
    if ((channels(color)[3] ?? 1) === 1) return color;
  }
  return 'rgb(255, 255, 255)';
};
const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
return [...document.querySelectorAll(arguments[0])].map((e) => {
  const color = getComputedStyle(e)[arguments[1]];
  return color === 'none' ? [99, e.tagName]
    : [ratio(light(color), light(ground(e))), e.outerHTML.slice(0, 80)];
});
"""
WORDS = "h1, h2, p, li, th, td, caption, figcaption, pre, label, output, strong"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_is_legible_by_day_and_by_night(browser, page, width, dark):
    """WCAG 2.2: 4.5 to 1 for words (1.4.3), 3 to 1 for what pictures draw (1.4.11)."""
    browser.open(page, width=width, dark=dark)
    ground = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark
    checked = {
        (WORDS, "color"): 4.5,
        (".charts text", "fill"): 4.5,
        (".charts .curve, .charts .twin, .charts .slope", "stroke"): 3.0,
        (".charts .dot", "fill"): 3.0,
        (".picture [stroke]", "stroke"): 3.0,
    }
    for (selector, name), least in checked.items():
        found = browser.run(CONTRASTS, selector, name)
        assert found, selector
        assert min(found)[0] >= least, min(found)


def test_letters_of_pictures_are_legible_by_night_too(browser, page):
    """Matplotlib's black letters are paths without a colour: they take the ink's."""
    browser.open(page, dark=True)
    ink = browser.run("return getComputedStyle(document.body).color")
    script = "return getComputedStyle(document.querySelector('.picture use')).fill"
    assert browser.run(script) == ink


@functools.cache
def with_names(text):
    return Report(dataclasses.replace(named(text), mode="quick")).to_html()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(browser, tmp_path, text):
    path = tmp_path / "odd.html"
    path.write_text(with_names(text), encoding="utf-8")
    browser.log("browser")
    browser.requests()
    browser.open(path)
    assert browser.log("browser") == []
    assert browser.requests() == [path.as_uri()]
    handlers = "return [...document.querySelectorAll('*')].flatMap((e) => " + (
        "[...e.attributes].filter((a) => a.name.startsWith('on'))).length"
    )
    assert browser.run(handlers) == 0
    assert browser.run("return document.scripts.length") == 0
    assert browser.run("return document.querySelectorAll('img, a, style').length") == 1
    shown = " ".join(
        "".join(c for c in text.strip() if c.isprintable() or c == "\n").split()
    )
    assert shown in " ".join(browser.run("return document.body.textContent").split())


MARKUP = (
    "<script>window.fooled = true</script>",
    "<img src=x onerror='window.fooled = true'>",
    "<svg onload='window.fooled = true'></svg>",
    "<iframe srcdoc='<script>parent.fooled = true</script>'></iframe>",
    "<style>body { display: none }</style>",
    "<p style='background: url(http://127.0.0.1:9/x)'>x</p>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
    "<form action=http://127.0.0.1:9/><button>x</button></form>"
    "<script>document.forms[0].submit()</script>",
    "<base href=http://127.0.0.1:9/>",
)


@pytest.mark.parametrize("markup", MARKUP)
def test_even_markup_that_slipped_through_could_do_nothing(browser, tmp_path, markup):
    """The policy stands behind the escaping: here the escaping is left out."""
    path = tmp_path / "slipped.html"
    page = Document("Slipped", "through", (Section("One", ()),))
    path.write_text(
        to_html(page, script="window.own = true;", style="p{}", widget=markup),
        encoding="utf-8",
    )
    browser.requests()
    browser.open(path)
    assert browser.run("return window.own === true && window.fooled === undefined")
    assert browser.run("return getComputedStyle(document.body).display") == "block"
    assert browser.run("return document.baseURI") == path.as_uri()
    assert not [url for url in browser.requests() if url.startswith("http")]
    assert browser.log("browser") != []  # what was refused is said


def test_without_scripts_the_page_says_so_and_shows_no_dead_sliders(page):
    text = page.read_text("utf-8")
    assert '<div class="sliders" hidden>' in text
    assert "<noscript>" in text
