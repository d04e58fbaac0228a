"""Pictures hold the numbers of the result: data and labels of artists, not pixels."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gradlab.butterfly import flip, influence, twins
from gradlab.cells import RNN, Henon, Linear
from gradlab.dynamics import run
from gradlab.errors import ShapeError
from gradlab.exponents import lyapunov_spectrum
from gradlab.gradients import Truncated, lag_decomposition, profile
from gradlab.objectives import SquaredError
from gradlab.plots import (
    FLOAT_LIMITS,
    SegmentRow,
    draw_comparison,
    draw_flip,
    draw_float_limits,
    draw_gain,
    draw_influence,
    draw_lag_share,
    draw_product_errors,
    draw_profile,
    draw_reach,
    draw_segments,
    draw_spectrum,
    draw_twins,
    draw_window_bias,
    figure,
    save,
)
from gradlab.studies import compare_truncations

STEPS = 60
X = np.random.default_rng(3).normal(size=(STEPS, 2))
CELL = RNN.random(5, 2, gain=2.0, rng=0)
READOUT = np.random.default_rng(4).normal(size=(3, 5))


@pytest.fixture
def ax():
    with figure(3.25) as (_, axes):
        yield axes


def a_run():
    return run(CELL, np.zeros(5), X)


def a_pair():
    return twins(CELL, np.zeros(5), X, separation=1e-9, rng=0)


def a_flip():
    changed = {"position": 1, "replacement": [3.0, -3.0]}
    return flip(CELL, np.zeros(5), X, READOUT, **changed)


RESULTS = {
    "profile": (draw_profile, lambda: profile(a_run())),
    "spectrum": (draw_spectrum, lambda: lyapunov_spectrum(a_run())),
    "twins": (draw_twins, a_pair),
    "influence": (draw_influence, lambda: influence(a_run(), READOUT)),
    "flip": (draw_flip, a_flip),
}


def blanked(result, value):
    """Return the result with every array of floats full of one value."""
    arrays = {
        field.name: np.full_like(getattr(result, field.name), value)
        for field in dataclasses.fields(result)
        if getattr(getattr(result, field.name), "dtype", None) == np.float64
    }
    return dataclasses.replace(result, **arrays)


def lines(ax):
    return {line.get_label(): np.asarray(line.get_ydata()) for line in ax.lines}


@pytest.mark.parametrize("kind", RESULTS)
def test_a_picture_is_drawn_on_the_given_axes_with_units(kind, ax, tmp_path):
    draw, make = RESULTS[kind]
    assert draw(ax, make()) is ax
    assert "nats" in ax.get_ylabel()
    assert ax.get_xlabel()
    assert len(save(ax.figure, tmp_path / kind)) == 2


@pytest.mark.parametrize("kind", RESULTS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308])
def test_nothing_finite_is_said_and_not_drawn(kind, value, ax, tmp_path):
    draw, make = RESULTS[kind]
    draw(ax, blanked(make(), value))
    assert [text.get_text() for text in ax.texts] == ["no finite data"]
    save(ax.figure, tmp_path / kind)


@pytest.mark.parametrize("kind", RESULTS)
def test_drawing_does_not_change_the_result(kind, ax):
    draw, make = RESULTS[kind]
    result = make()
    before = {name: np.copy(v) for name, v in result.as_dict().items()}
    draw(ax, result)
    for name, value in result.as_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_profile_shows_top_mean_bottom_and_the_exponent(ax):
    found = profile(a_run())
    draw_profile(ax, found, exponent=0.25, name="cost $5")
    shown = lines(ax)
    np.testing.assert_array_equal(shown["largest"], found.log_top)
    np.testing.assert_array_equal(shown["geometric mean"], found.log_mean)
    np.testing.assert_array_equal(shown["smallest"], found.log_bottom)
    np.testing.assert_array_equal(shown[r"$\lambda_1(T-t)$"], 0.25 * found.lags)
    assert ax.get_title() == r"cost \$5"


def test_reach_shows_the_largest_singular_value_of_each_cell(ax, tmp_path):
    weak = run(RNN.random(5, 2, gain=0.1, rng=0), np.zeros(5), X)
    found = {"cost $5": profile(a_run()), "weak": profile(weak)}
    assert draw_reach(ax, found) is ax
    shown = lines(ax)
    np.testing.assert_array_equal(shown[r"cost \$5"], found["cost $5"].log_top)
    np.testing.assert_array_equal(shown["weak"], found["weak"].log_top)
    assert {r"cost \$5", "weak"} <= {text.get_text() for text in ax.texts}
    assert "nats" in ax.get_ylabel()
    save(ax.figure, tmp_path / "reach")


def test_names_of_lines_that_end_together_are_kept_apart(ax):
    draw_reach(ax, {name: profile(a_run()) for name in "abc"})
    heights = sorted(text.xy[1] for text in ax.texts if text.get_text() in "abc")
    low, high = ax.get_ylim()
    assert np.diff(heights).min() > 0.05 * (high - low)


def test_reach_marks_what_is_lost_and_says_when_all_is(ax):
    nilpotent = Linear([[0.0, 1.0], [0.0, 0.0]], np.zeros((2, 1)))
    found = profile(run(nilpotent, np.ones(2), np.zeros((4, 1))))
    draw_reach(ax, {"lost": found})
    (marks,) = [line for line in ax.lines if line.get_marker() == "v"]
    assert marks.get_xdata().tolist() == [2, 3, 4]


@pytest.mark.parametrize("value", [np.nan, -np.inf, 1e308])
def test_reach_without_a_finite_value_says_so(value, ax):
    draw_reach(ax, {"none": blanked(profile(a_run()), value)})
    assert [text.get_text() for text in ax.texts] == ["no finite data"]


def test_a_profile_of_an_objective_shows_its_gradient(ax):
    trajectory = a_run()
    objective = SquaredError(trajectory, np.zeros((STEPS, 3)), READOUT)
    found = profile(objective, singular_values=False)
    draw_profile(ax, found)
    (shown,) = lines(ax).values()
    np.testing.assert_array_equal(shown, found.log_gradient)


def test_lost_rank_is_marked_on_the_lower_edge(ax):
    nilpotent = Linear([[0.0, 1.0], [0.0, 0.0]], np.zeros((2, 1)))
    found = profile(run(nilpotent, np.ones(2), np.zeros((4, 1))))
    draw_profile(ax, found)
    assert np.isneginf(found.log_bottom).all()
    marks = [line for line in ax.lines if line.get_marker() == "v"]
    np.testing.assert_array_equal(marks[0].get_xdata(), found.times)
    np.testing.assert_array_equal(marks[0].get_ydata(), 0.0)


def test_float_limits_are_the_smallest_positive_numbers(ax):
    draw_float_limits(ax)
    levels = [line.get_ydata()[0] for line in ax.lines]
    # 2^−149 and 2^−1074, by IEEE 754.
    np.testing.assert_allclose(levels, np.log(2) * np.array([-149, -1074]), rtol=1e-15)
    assert [text.get_text() for text in ax.texts] == list(FLOAT_LIMITS)


def test_pyplot_axes_will_do():
    before = plt.rcParams["font.size"]
    fig, axes = plt.subplots()
    assert draw_spectrum(axes, lyapunov_spectrum(a_run())) is axes
    plt.close(fig)
    assert plt.rcParams["font.size"] == before


def test_a_spectrum_shows_exponents_and_errors(ax):
    found = lyapunov_spectrum(a_run())
    draw_spectrum(ax, found)
    (bars,) = ax.containers
    np.testing.assert_array_equal(bars[0].get_ydata(), found.exponents)
    ends = np.array([segment[:, 1] for segment in bars[2][0].get_segments()])
    # A bar's ends are λ ± stderr, rounded once.
    np.testing.assert_allclose(np.diff(ends)[:, 0], 2 * found.stderr, rtol=1e-9)


def test_a_spectrum_with_an_erased_direction_marks_it(ax):
    found = lyapunov_spectrum([np.diag([2.0, 0.0])] * 40)
    draw_spectrum(ax, found)
    marks = [line for line in ax.lines if line.get_marker() == "v"]
    assert marks[0].get_xdata().tolist() == [2]


def test_twins_show_separation_saturation_and_exponent(ax):
    pair = twins(Henon(), np.zeros(2), np.zeros((200, 0)), separation=1e-9, rng=0)
    draw_twins(ax, pair, exponent=0.3, name="pair")
    shown = lines(ax)
    np.testing.assert_array_equal(shown["pair"], pair.log_separation)
    levels = [line for line in ax.lines if len(line.get_xdata()) == 2]
    np.testing.assert_array_equal(levels[0].get_ydata(), pair.log_saturation)
    start, slope = shown[r"$\lambda_1$"][0], np.diff(shown[r"$\lambda_1$"])
    assert start == pair.log_separation[0]
    # Differences of numbers near 20: a few ulp of 20.
    np.testing.assert_allclose(slope, 0.3, atol=1e-14)


def test_influence_shows_every_input_and_a_slope(ax):
    found = influence(a_run(), READOUT)
    draw_influence(ax, found, exponent=-0.5, name="g")
    shown = [np.asarray(line.get_ydata()) for line in ax.lines]
    np.testing.assert_array_equal(shown[0], found.log_norms)
    assert shown[1][-1] == found.log_norms[-1]
    np.testing.assert_allclose(np.diff(shown[1]), 0.5, atol=1e-13)  # ulp of 30


def test_a_flip_shows_the_change_of_every_output(ax):
    found = a_flip()
    draw_flip(ax, found, name="first")
    np.testing.assert_array_equal(lines(ax)["first"], found.log_output)


def test_product_errors_are_drawn_and_the_lost_ones_crossed(ax, tmp_path):
    errors = {"naive": [1e-16, 1e-3, np.inf, np.nan], "graded": [1e-16, 0.0, 1e-15, 1]}
    draw_product_errors(ax, [1, 10, 100, 1000], errors)
    shown = lines(ax)
    np.testing.assert_array_equal(shown["naive"], [1e-16, 1e-3, np.nan, np.nan])
    np.testing.assert_array_equal(shown["graded"], [1e-16, np.nan, 1e-15, 1])
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert [list(line.get_xdata()) for line in crosses] == [[100, 1000]]
    assert "nats" in ax.get_ylabel()
    assert {text.get_text() for text in ax.texts} == {"naive", "graded"}
    save(ax.figure, tmp_path / "errors")


def test_product_errors_without_a_finite_one_say_so(ax):
    draw_product_errors(ax, [1, 2], {"naive": [np.inf, np.nan]})
    assert [text.get_text() for text in ax.texts] == ["no finite data"]


def test_product_errors_of_another_length_are_refused(ax):
    message = r"`errors\['a'\]` must have shape \(2,\); got \(3,\)\."
    with pytest.raises(ShapeError, match=message):
        draw_product_errors(ax, [1, 2], {"a": [1, 2, 3]})


def test_gain_shows_points_errors_and_theory(ax):
    gains, values = np.array([0.5, 1.0, 2.0]), np.array([-0.7, 0.0, 0.15])
    draw_gain(ax, gains, values, [0.01, 0.02, 0.03], theory=values + 0.005)
    (bars,) = ax.containers
    np.testing.assert_array_equal(bars[0].get_ydata(), values)
    np.testing.assert_array_equal(lines(ax)["theory"], values + 0.005)
    assert "nats per step" in ax.get_ylabel()


@pytest.mark.parametrize("values", [[], [np.nan], [np.inf], [-np.inf], [1e308]])
def test_gain_without_finite_values_says_so(values, ax):
    draw_gain(ax, [1.0] * len(values), values)
    assert [text.get_text() for text in ax.texts] == ["no finite data"]


def test_gain_of_another_length_is_refused(ax):
    with pytest.raises(ShapeError, match=r"`theory` must have shape \(2,\)"):
        draw_gain(ax, [1, 2], [1, 2], theory=[1, 2, 3])


def a_loss():
    return SquaredError(a_run(), np.zeros((STEPS, 3)), READOUT)


TRUNCATIONS = {
    "share": (draw_lag_share, lambda: lag_decomposition(a_loss())),
    "bias": (draw_window_bias, lambda: lag_decomposition(a_loss())),
    "comparison": (
        draw_comparison,
        lambda: compare_truncations(a_loss(), [Truncated(1), Truncated(9)]),
    ),
}


@pytest.mark.parametrize("kind", TRUNCATIONS)
def test_a_picture_of_truncation_is_drawn_with_its_labels(kind, ax, tmp_path):
    draw, make = TRUNCATIONS[kind]
    assert draw(ax, make(), name="cost $5") is ax
    assert r"cost \$5" in lines(ax)
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert len(save(ax.figure, tmp_path / kind)) == 2


@pytest.mark.parametrize("kind", TRUNCATIONS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_truncation_without_a_finite_value_says_so(kind, value, ax):
    draw, make = TRUNCATIONS[kind]
    draw(ax, blanked(make(), value))
    assert [text.get_text() for text in ax.texts] == ["no finite data"]


def test_shares_add_up_and_the_whole_window_has_no_bias_to_draw(ax):
    found = lag_decomposition(a_loss())
    draw_lag_share(ax, found, name="share")
    np.testing.assert_array_equal(lines(ax)["share"], np.cumsum(found.share))
    draw_window_bias(ax, found, name="bias")
    shown = lines(ax)["bias"]
    np.testing.assert_array_equal(shown[:-1], found.relative_bias[:-1])
    assert np.isnan(shown[-1])


def test_a_comparison_shows_errors_against_the_given_cost(ax):
    rows = compare_truncations(a_loss(), [Truncated(1), Truncated(STEPS + 1)])
    draw_comparison(ax, rows, [3.0, 5.0], name="rows")
    np.testing.assert_array_equal(lines(ax)["rows"], [rows.relative_error[0], np.nan])
    assert ax.lines[-1].get_xdata().tolist() == [3.0, 5.0]
    with pytest.raises(ShapeError, match=r"`cost` must have shape \(2,\); got \(3,\)"):
        draw_comparison(ax, rows, [1, 2, 3])


def test_segments_are_drawn_with_gaps_at_their_cuts(ax, tmp_path):
    rows = {
        "cut": SegmentRow([1, 3], [1.0, 4.0, np.inf, 2.0], "cos 0.5"),
        "whole": SegmentRow([4], [2.0] * 4),
    }
    assert draw_segments(ax, "a$_b", rows) is ax
    words = [text.get_text() for text in ax.texts]
    assert words[:6] == ["a", r"\$", " _", "b", "cut", "cos 0.5"]
    boxes = [p for p in ax.patches if len(p.get_xy()) == 5] if ax.patches else []
    left = [box.get_xy()[:, 0].min() for box in boxes]
    right = [box.get_xy()[:, 0].max() for box in boxes]
    gaps = np.subtract(left[1:4], right[:3])
    assert (gaps > 0).tolist() == [True, False, False]
    heights = [bar.get_height() for group in ax.containers for bar in group]
    # One scale for all rows: the largest is 4, and what is not finite has no bar.
    np.testing.assert_allclose(
        np.divide(heights, max(heights)) * 4, [1, 4, 0, 2] + [2] * 4
    )
    save(ax.figure, tmp_path / "segments")


def test_segments_that_do_not_fit_are_refused(ax):
    with pytest.raises(
        ShapeError, match=r"summed,` must have shape \(3,\); got \(2,\)"
    ):
        draw_segments(ax, "abc", {"a": SegmentRow([1, 1], [1, 1, 1])})
    with pytest.raises(ShapeError, match=r"sizes` must have shape \(3,\); got \(2,\)"):
        draw_segments(ax, "abc", {"a": SegmentRow([3], [1, 1])})
