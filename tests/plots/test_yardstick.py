"""The yardstick's picture holds (bias² + variance)/Var(ḡ) of every strategy."""

import numpy as np
import pytest

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.errors import InputError
from gradlab.gradients import Full, RandomTruncation, Truncated
from gradlab.objectives import SquaredError
from gradlab.plots import draw_yardstick, figure, save
from gradlab.studies import compare_truncations, minibatch_variance


@pytest.fixture
def ax():
    with figure(3.25) as (_, axes):
        yield axes


def stage(seed, estimators):
    rng = np.random.default_rng(seed)
    cell = RNN.random(4, 2, gain=1.0, rng=rng)
    steps = run(cell, np.zeros((3, 4)), rng.normal(size=(6, 3, 2)))
    loss = SquaredError(steps, np.zeros((6, 3, 1)), rng.normal(size=(1, 4)))
    return compare_truncations(loss, estimators), minibatch_variance(loss)


def test_marks_are_squared_errors_in_units_of_the_noise(ax, tmp_path):
    rows = {"two": Truncated(2), "random": RandomTruncation(0.5)}
    stages = {"before": stage(0, rows), "after": stage(1, rows)}
    draw_yardstick(ax, stages)
    biased, random, level = (ax.lines[k] for k in (1, 2, 0))
    for k, (found, noise) in enumerate(stages.values()):
        # Each is one division of the same two numbers, squared in another order.
        expected = found.bias[0] ** 2 / noise.total_variance
        np.testing.assert_allclose(biased.get_ydata()[k], expected, rtol=1e-12)
        expected = found.std[1] ** 2 / noise.total_variance
        np.testing.assert_allclose(random.get_ydata()[k], expected, rtol=1e-12)
    assert list(level.get_ydata()) == [1.0, 1.0]
    assert random.get_markerfacecolor() == "white" != biased.get_markerfacecolor()
    assert ax.get_yscale() == "log"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["before", "after"]
    assert ax.get_legend_handles_labels()[1] == ["two", "random"]
    save(ax.figure, tmp_path / "yardstick")


def test_strategies_stand_side_by_side_and_around_their_stage(ax):
    rows = {"one": Truncated(1), "two": Truncated(2), "three": Truncated(3)}
    draw_yardstick(ax, {"before": stage(0, rows)})
    x = [line.get_xdata()[0] for line in ax.lines[1:]]
    assert x == sorted(set(x))
    assert x[1] == 0.0


def test_what_has_no_error_is_not_drawn(ax):
    draw_yardstick(ax, {"before": stage(0, {"full": Full()})})
    assert [text.get_text() for text in ax.texts] == ["no finite data"]


def test_stages_of_other_strategies_are_refused(ax):
    both = {"a": stage(0, {"one": Truncated(1)}), "b": stage(0, {"two": Truncated(2)})}
    with pytest.raises(InputError, match="must share their estimators; got 2"):
        draw_yardstick(ax, both)
    with pytest.raises(InputError, match="got 0"):
        draw_yardstick(ax, {})
