"""Pictures of training runs and of horizons hold the numbers, and say what is not."""

import json
import math

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gradlab.errors import InputError, ShapeError
from gradlab.plots import (
    draw_horizons,
    draw_monitor,
    draw_weight_limits,
    figure,
    plot_monitor,
    save,
)
from gradlab.studies.monitor_log import log_of

HOSTILE = "cost $5 and <script>"


@pytest.fixture
def ax():
    with figure(3.25) as (_, axes):
        yield axes


def sample(step, horizon, rate, norm, name):
    layer = {"left": [0.0], "signal": [0.0], "stderr": 0.1}
    layer |= {"horizon": horizon, "exponent": rate}
    twice = 2 * norm if isinstance(norm, float) else norm
    since = {"median": norm, "largest": twice, "clipped": 0.5}
    record = {"kind": "sample", "step": step, "norm": norm, "since": since}
    return record | {"layers": {name: layer, "other": layer}}


def log(*, name=HOSTILE, threshold=1.0, rows=None):
    header = {"kind": "header", "model": "Reader", "lags": [0], "threshold": threshold}
    given = rows or [(0, 5.0, -0.5, 0.1), (10, "inf", 0.1, 3.0), (20, 50.0, -0.1, 2.0)]
    event = {"kind": "event", "step": 12, "what": "loss", "name": "", "time": 0}
    event |= {"steps": 0, "parameters": [], "scale": 1.0}
    records = [header, *(sample(*row, name) for row in given), event]
    return log_of(json.loads(json.dumps(records)), name="log")


def test_a_horizon_beyond_the_sequence_is_a_mark_and_not_a_number(ax, tmp_path):
    assert draw_monitor(ax, log()) is ax
    line = ax.lines[0]
    np.testing.assert_array_equal(line.get_ydata(), [5.0, np.nan, 50.0])
    assert line.get_label() == r"cost \$5 and <script>"
    marks = {line.get_marker(): line.get_xdata().tolist() for line in ax.lines[1:]}
    assert marks["^"] == [10]
    assert marks["x"] == [12]
    save(ax.figure, tmp_path / "horizon")


def test_norms_show_median_largest_and_threshold(ax, tmp_path):
    draw_monitor(ax, log(), "norm")
    shown = {line.get_label(): np.asarray(line.get_ydata()) for line in ax.lines}
    np.testing.assert_array_equal(shown["median"], [0.1, 3.0, 2.0])
    np.testing.assert_array_equal(shown["largest"], [0.2, 6.0, 4.0])
    assert shown["threshold"][0] == 1.0
    assert ax.get_yscale() == "log"
    save(ax.figure, tmp_path / "norm")


def test_exponents_have_a_band_and_a_zero(ax, tmp_path):
    draw_monitor(ax, log(), "exponent")
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [-0.5, 0.1, -0.1])
    assert "nats" in ax.get_ylabel()
    assert len(ax.collections) == 2
    save(ax.figure, tmp_path / "exponent")


@pytest.mark.parametrize("part", ["horizon", "norm", "exponent"])
@pytest.mark.parametrize("value", ["nan", None])
def test_nothing_finite_is_said(part, value, ax, tmp_path):
    draw_monitor(ax, log(rows=[(0, value, value, value)]), part)
    assert [text.get_text() for text in ax.texts] == ["no finite data"]
    save(ax.figure, tmp_path / part)


def test_the_three_parts_are_drawn_together_or_one_alone(tmp_path):
    axes = plot_monitor(log())
    assert [axis.get_ylabel() for axis in axes] == [
        "horizon (steps back)",
        r"$\|g\|$ before clipping",
        r"$\lambda_1$ (nats per step)",
    ]
    assert [axis.get_xlabel() for axis in axes] == ["", "", "step of training"]
    save(axes[0].figure, tmp_path / "all")
    _, one = plt.subplots()
    assert plot_monitor(log(), one) is one
    _, two = plt.subplots(2)
    with pytest.raises(InputError, match="`ax` must be one or three axes; got 2"):
        plot_monitor(log(), two)
    plt.close("all")


def test_an_unknown_part_is_refused(ax):
    with pytest.raises(InputError, match="`part` must be one of"):
        draw_monitor(ax, log(), "poem")


def test_many_layers_are_drawn_without_names(ax):
    record = sample(0, 5.0, -0.5, 1.0, "a")
    record["layers"] = {f"l{k}": record["layers"]["a"] for k in range(9)}
    header = {"kind": "header", "model": "Reader", "lags": [0]}
    draw_monitor(ax, log_of([header, record], name="log"))
    assert ax.get_legend() is None
    assert len(ax.lines) == 9


def test_horizons_are_rows_hollow_before_and_full_after(ax, tmp_path):
    rows = {HOSTILE: (12.0, 20.0), "long": (math.inf,), "none": (math.nan,)}
    assert draw_horizons(ax, rows, beyond=999) is ax
    marks = [line for line in ax.lines if line.get_marker() in ("o", ">")]
    assert [line.get_marker() for line in marks] == ["o", "o", ">", "o"]
    assert [float(line.get_xdata()[0]) for line in marks[:3]] == [12.0, 20.0, 999.0]
    assert marks[0].get_markerfacecolor() == "white"
    assert marks[1].get_markerfacecolor() != "white"
    assert ax.get_yticklabels()[0].get_text() == r"cost \$5 and <script>"
    save(ax.figure, tmp_path / "rows")


def test_no_horizon_at_all_is_said(ax):
    draw_horizons(ax, {"none": (math.nan,)}, beyond=10)
    assert ax.texts[0].get_text() == "no finite data"


def test_limits_are_drawn_beside_what_goes_there(ax, tmp_path):
    draw_weight_limits(ax, [64, 256], {"norm": ([1.1, 1.14], 1.155)})
    assert ax.lines[1].get_ydata()[0] == 1.155
    assert [text.get_text() for text in ax.get_xticklabels()] == ["64", "256"]
    with pytest.raises(ShapeError, match=r"`norm` must have shape \(2,\)"):
        draw_weight_limits(ax, [64, 256], {"norm": ([1.1], 1.155)})
    save(ax.figure, tmp_path / "limits")
