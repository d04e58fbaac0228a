"""Pictures of diagnoses: lines, bands, levels and names are where the numbers are."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

from gradlab.plots import (
    PALETTE,
    by_gravity,
    draw_diagnosis,
    draw_jacobians,
    draw_precision_budget,
    draw_remedies,
    draw_rounding_levels,
    draw_signal,
    drawn_layers,
    figure,
    plot_diagnosis,
    svg_element,
)
from gradlab.plots.style import GREEN, VERMILLION, spread_apart, thinned
from gradlab.studies import GradientVerdict
from tests.report.diagnoses import NUMBERS, filled, lengthened, stacked, vanishing


@pytest.fixture
def ax():
    with figure(3.25) as (_, axes):
        yield axes


def changed(found, **changes):
    (layer,) = found.layers
    return dataclasses.replace(found, layers=(dataclasses.replace(layer, **changes),))


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_line_is_the_median_and_the_band_reaches_between_quantiles(ax):
    found = vanishing()
    (layer,) = found.layers
    draw_diagnosis(ax, found)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), layer.profile[:, 1])
    band = ax.collections[0].get_paths()[0].get_extents()
    assert band.ymin == pytest.approx(layer.profile[:, 0].min())
    assert (ax.lines[1].get_xdata(), ax.lines[1].get_ydata()) == (
        [layer.horizon],
        [-math.log(1000)],
    )
    assert "needed" in texts(ax)
    assert ax.get_legend() is None  # one layer has its name in the caption


def named_lines(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_jacobians_alone_are_a_dashed_line_with_a_name(ax):
    found = vanishing()
    (layer,) = found.layers
    draw_jacobians(draw_diagnosis(ax, found), found)
    line = ax.lines[-1]
    np.testing.assert_array_equal(line.get_ydata(), layer.jacobians[:, 1])
    assert line.get_linestyle() == "--"
    assert line.get_color() == ax.lines[0].get_color()
    assert named_lines(ax) == [
        "LSTM",
        r"Jacobians alone, $\ln\|\partial h_T/\partial s_t\|$",
    ]


def test_of_several_layers_one_name_stands_for_all_jacobians(ax):
    found = stacked(3)
    layers = list(found.layers)
    layers[1] = dataclasses.replace(layers[1], jacobians=np.empty((0, 3)))
    found = dataclasses.replace(found, layers=tuple(layers))
    draw_jacobians(draw_diagnosis(ax, found), found)
    assert [name.partition(",")[0] for name in named_lines(ax)] == [
        *(f"layer{i}" for i in range(3)),
        "Jacobians alone",
    ]
    dashed = [line.get_color() for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed == [PALETTE[0], PALETTE[2]]


@pytest.mark.parametrize("name", NUMBERS)
def test_jacobians_that_are_no_numbers_have_no_line_and_no_name(name, ax):
    draw_jacobians(ax, filled(NUMBERS[name]))
    assert not ax.lines
    assert ax.get_legend() is None


def test_without_a_loss_the_jacobians_are_the_only_line(ax):
    found = dataclasses.replace(vanishing(), has_loss=False)
    plot_diagnosis(found, ax)
    assert ax.get_legend() is None
    assert len(named_lines(plot_diagnosis(vanishing()))) == 2


def test_without_a_lag_that_is_needed_none_is_marked(ax):
    draw_diagnosis(ax, changed(vanishing(), required_lag=0))
    assert "needed" not in texts(ax)


def test_layers_are_told_apart_by_a_legend_with_names_as_they_are(ax):
    found = stacked(3, "cost $5 ")
    draw_diagnosis(ax, found)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == [rf"cost \$5 layer{i}" for i in range(3)]
    draw_diagnosis(ax, found, names=False)


def test_of_many_layers_the_gravest_are_drawn(ax):
    found = stacked(40)
    layers = list(found.layers)
    layers[33] = dataclasses.replace(layers[33], verdict=GradientVerdict.EXPLODING)
    found = dataclasses.replace(found, layers=tuple(layers))
    draw_diagnosis(ax, found)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["layer33", *(f"layer{i}" for i in range(len(PALETTE) - 1))]
    assert by_gravity(found)[0] is layers[33]
    assert len(drawn_layers(found)) == len(PALETTE)


def test_a_gradient_that_is_gone_is_marked_at_the_lower_edge(ax):
    bands = vanishing().layers[0].profile.copy()
    bands[20:] = -math.inf
    draw_diagnosis(ax, changed(vanishing(), profile=bands))
    marks = [line for line in ax.lines if line.get_marker() == "v"]
    assert [line.get_xdata().tolist() for line in marks] == [[20]]


@pytest.mark.parametrize("draw", [draw_diagnosis, draw_signal])
@pytest.mark.parametrize("name", NUMBERS)
def test_nothing_finite_is_said(draw, name, ax):
    draw(ax, filled(NUMBERS[name]))
    assert texts(ax) == ["no finite data"]
    svg_element(ax.figure, "odd")


def test_a_signal_without_a_loss_is_no_data(ax):
    draw_signal(ax, changed(vanishing(), signal=np.empty((0, 3))))
    assert texts(ax) == ["no finite data"]


def test_the_smallest_number_is_drawn_where_a_signal_comes_near_it(ax):
    steps = np.arange(300.0)
    bands = np.stack([-0.4 * steps[::-1]] * 3, axis=1)
    draw_signal(ax, changed(vanishing(), signal=bands, dtype="float32"))
    assert texts(ax) == ["smallest float32"]
    level = ax.lines[-1].get_ydata()[0]
    assert level == pytest.approx(math.log(2.0**-149))
    with figure(3.25) as (_, other):
        draw_signal(other, changed(vanishing(), signal=bands / 10, dtype="float32"))
        assert texts(other) == []


def test_names_of_levels_do_not_touch():
    with figure(4.4, 2.6) as (fig, ax):
        draw_rounding_levels(draw_diagnosis(ax, lengthened(2000)))
        fig.draw_without_rendering()
        boxes = sorted(
            (
                text.get_window_extent()
                for text in ax.texts
                if "float" in text.get_text()
            ),
            key=lambda box: box.y0,
        )
    assert len(boxes) == 3
    for lower, upper in itertools.pairwise(boxes):
        assert lower.y1 <= upper.y0 + 0.5  # pixels


def test_a_long_curve_is_drawn_at_few_points_with_both_ends(ax):
    found = lengthened(100_000)
    draw_jacobians(draw_diagnosis(ax, found), found)
    for line in (ax.lines[0], ax.lines[-1]):
        x = line.get_xdata()
        assert len(x) == 400
        assert (x[0], x[-1]) == (0, 99_999)
    assert len(svg_element(ax.figure, "long")) < 100_000


@pytest.mark.parametrize("length", [1, 2, 399, 400, 401, 10**6])
def test_thinning_keeps_order_and_ends(length):
    at = thinned(length)
    assert len(at) == min(length, 400)
    assert at[0] == 0
    assert at[-1] == length - 1
    assert (np.diff(at) > 0).all()


def test_heights_move_up_only_as_far_as_they_must():
    assert spread_apart([], 1.0) == []
    assert spread_apart([0.0, 0.0, 0.0], 1.0) == [0.0, 1.0, 2.0]
    assert spread_apart([0.0, 5.0], 1.0) == [0.0, 5.0]


def test_remedies_show_before_and_after_and_whether_they_help(ax):
    (layer,) = vanishing().layers
    draw_remedies(ax, layer)
    for row, remedy in enumerate(layer.remedies):
        way, before, after = ax.lines[3 * row : 3 * row + 3]
        assert before.get_xdata()[0] == remedy.horizon_before
        assert before.get_ydata()[0] == row
        far = len(layer.profile) - 1
        assert after.get_xdata()[0] == min(remedy.horizon_after, far)
        assert after.get_color() == (GREEN if remedy.helps else VERMILLION)
        assert (after.get_marker() == ">") is math.isinf(remedy.horizon_after)
        assert way.get_color() == after.get_color()
    low, high = ax.get_ylim()
    assert low > high  # the first, which is the best, is on top


@pytest.mark.parametrize("name", NUMBERS)
def test_remedies_of_any_numbers_are_drawn_or_said_to_be_none(name, ax):
    draw_remedies(ax, filled(NUMBERS[name]).layers[0])
    assert (texts(ax) == ["no finite data"]) is (name == "NaN")
    svg_element(ax.figure, "odd")


def test_no_remedy_is_no_data(ax):
    draw_remedies(ax, dataclasses.replace(vanishing().layers[0], remedies=()))
    assert texts(ax) == ["no finite data"]


def test_a_budget_has_a_mark_for_every_format_and_lines_of_theory(ax):
    (layer,) = vanishing().layers
    kept = dataclasses.replace(
        layer, rounded_at=dict.fromkeys(layer.rounded_at, math.inf)
    )
    grown = dataclasses.replace(layer, exponent=0.3)
    draw_precision_budget(ax, [layer, kept, grown])
    marks = {
        line.get_label(): line.get_xydata().tolist()
        for line in ax.lines
        if line.get_label() in layer.rounded_at
    }
    assert marks == {
        name: [[-layer.exponent, layer.rounded_at[name]]]
        for name in ("float32", "float16", "bfloat16")
    }
    for line in ax.lines:
        if line.get_linestyle() == "-":
            product = line.get_xdata() * line.get_ydata()
            bits = product / math.log(2)
            assert np.ptp(bits) < 1e-12
            assert round(bits[0]) in (24, 11, 8)
    edge = [line for line in ax.lines if line.get_marker() == "^"]
    assert len(edge) == 3  # what keeps its gradient to the end, in every format


@pytest.mark.parametrize("exponent", [0.0, 0.5, math.nan, math.inf, -math.inf])
def test_without_a_falling_gradient_there_is_no_budget(exponent, ax):
    odd = dataclasses.replace(vanishing().layers[0], exponent=exponent)
    draw_precision_budget(ax, [odd])
    assert texts(ax) == ["no finite data"]


def test_a_plot_has_axes_of_its_own_unless_some_are_given(ax):
    assert plot_diagnosis(vanishing(), ax) is ax
    own = plot_diagnosis(vanishing())
    assert own is not ax
    assert {"needed", "float32"} <= set(texts(own))


def test_an_inline_picture_has_looks_as_attributes_and_no_styles(ax):
    svg = svg_element(draw_diagnosis(ax, vanishing()).figure, "lags")
    assert "style" not in svg
    for look in ('fill="#ffffff"', 'stroke="#0072b2"', 'stroke-width="1.2"'):
        assert look in svg
