"""Pictures of bounds hold their rates and slacks, and names that do not collide."""

import math

import numpy as np
import pytest

from gradlab.bounds import (
    FrobeniusProduct,
    LeastSingularProduct,
    NormProduct,
    VolumeFloor,
)
from gradlab.cells import RNN, Linear
from gradlab.dynamics import run
from gradlab.plots import draw_bounds, draw_tightness, figure, save
from gradlab.studies import compare_bounds
from tests.plots.test_draw import blanked

CHOSEN = [NormProduct(), FrobeniusProduct(), VolumeFloor(), LeastSingularProduct()]
NAMES = ["norm product", "Frobenius product", "volume floor", "least singular product"]


@pytest.fixture
def ax():
    with figure(3.25) as (_, axes):
        yield axes


def compared(W=None, bounds=None, steps=20):
    cell = RNN.random(4, 2, gain=1.5, rng=0)
    if W is not None:
        cell = Linear(W, np.zeros((len(W), 2)))
    x = np.random.default_rng(1).normal(size=(steps, 2))
    return compare_bounds(run(cell, np.zeros(cell.sizes[0]), x), bounds or CHOSEN)


def test_rates_are_those_of_the_comparison(ax, tmp_path):
    found = compared()
    assert draw_bounds(ax, found, colors={"thm:volume-floor": "#cc79a7"}) is ax
    shown = {line.get_label(): line for line in ax.lines}
    for name, logs in zip(NAMES, found.log_bounds, strict=True):
        np.testing.assert_array_equal(shown[name].get_ydata(), logs / found.lags)
        np.testing.assert_array_equal(shown[name].get_xdata(), found.lags)
    gain = shown["gain"].get_ydata()
    np.testing.assert_array_equal(gain, found.log_gain / found.lags)
    assert shown["volume floor"].get_color() == "#cc79a7"
    assert shown["volume floor"].is_dashed()
    assert not shown["norm product"].is_dashed()
    assert "nats per step" in ax.get_ylabel()
    assert len(save(ax.figure, tmp_path / "bounds")) == 2


def test_names_are_in_the_order_of_the_ends_and_apart_within_the_axes(ax):
    found = compared()
    draw_bounds(ax, found, limits=(-1.0, 2.0))
    assert ax.get_ylim() == (-1.0, 2.0)
    ends = {**dict(zip(NAMES, found.log_bounds, strict=True)), "gain": found.log_gain}
    heights = {text.get_text(): text.xy[1] for text in ax.texts}
    by_end = sorted(ends, key=lambda name: ends[name][-1])
    assert sorted(heights, key=heights.get) == by_end
    assert np.diff(sorted(heights.values())).min() > 0.05 * 3
    assert -1.0 <= min(heights.values()) <= max(heights.values()) <= 2.0
    # The floor that is exceeded by far ends below the axes: its name is at the edge.
    assert found.log_bounds[3, -1] / 20 < -1.0
    assert heights["least singular product"] == -1.0


def test_the_levels_are_where_gradients_are_gone_or_exploded(ax):
    found = compared()
    draw_bounds(ax, found)
    levels = [line for line in ax.lines if line.get_label().startswith("_")]
    for line, sign in zip(levels, (-1, 1), strict=True):
        product = np.multiply(line.get_xdata(), line.get_ydata())
        np.testing.assert_allclose(product, sign * math.log(1000), rtol=1e-12)


def test_slacks_are_marks_in_the_rows_of_their_bounds(ax, tmp_path):
    first, last = compared(), compared(steps=10)
    assert draw_tightness(ax, {"cost $5": [first, last]}) is ax
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert set(rows[:2]) == set(NAMES[:2])  # from above
    assert set(rows[2:]) == set(NAMES[2:])
    rings, discs = (line for line in ax.lines if len(line.get_xdata()) == 4)
    assert rings.get_markerfacecolor() == "white" != discs.get_markerfacecolor()
    for found, marks in ((first, rings), (last, discs)):
        np.testing.assert_array_equal(marks.get_xdata(), found.per_step)
        heights = np.round(marks.get_ydata()).astype(int)
        assert [rows[height] for height in heights] == NAMES
    assert [h.get_label() for h in ax.get_legend_handles_labels()[0]] == [r"cost \$5"]
    low, high = (np.median([one.per_step[k] for one in (first, last)]) for k in (0, 1))
    assert (rows.index(NAMES[0]) < rows.index(NAMES[1])) == (low < high)
    assert len(save(ax.figure, tmp_path / "tightness")) == 2


def test_no_slack_and_an_infinite_one_are_marked_on_the_edges(ax):
    sharp = compared(np.eye(2), [NormProduct()])
    blind = compared([[0.0, 1.0], [0.0, 0.0]], [NormProduct()])
    loud = compared(bounds=[NormProduct()])
    draw_tightness(ax, {"sharp": [sharp], "blind": [blind], "loud": [loud]})
    assert sharp.per_step[0] < 1e-14  # bound and measured gain round, and no more
    assert blind.slack[0] == math.inf
    edges = {line.get_marker(): line.get_xdata() for line in ax.lines}
    assert (edges["<"].tolist(), edges[">"].tolist()) == ([0.0], [1.0])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308])
def test_nothing_finite_is_said_and_not_drawn(value, ax, tmp_path):
    draw_bounds(ax, blanked(compared(), value))
    assert [text.get_text() for text in ax.texts] == ["no finite data"]
    save(ax.figure, tmp_path / "none")


def test_runs_without_a_bound_are_said_to_have_no_data(ax, tmp_path):
    draw_tightness(ax, {})
    assert [text.get_text() for text in ax.texts] == ["no finite data"]
    save(ax.figure, tmp_path / "none")
