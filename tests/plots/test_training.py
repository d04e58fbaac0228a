"""Pictures of training hold perplexities e^loss, and say which runs diverged."""

import dataclasses

import numpy as np
import pytest

from gradlab.datasets import embedded_text
from gradlab.errors import ShapeError
from gradlab.gradients import Full
from gradlab.plots import draw_losses, draw_outcomes, figure, save
from gradlab.studies import Adam, Recipe, training_study


@pytest.fixture
def ax():
    with figure(3.25) as (_, axes):
        yield axes


@pytest.fixture(scope="module")
def study():
    sizes = {"updates": 20, "batch": 8, "length": 8}
    recipes = {name: Recipe(Full(), Adam(1e-2), **sizes) for name in ("one", "two")}
    found = training_study(embedded_text(), recipes, kind="rnn", n=8, seeds=[0, 1])
    losses = np.log([[8.0, 9.0], [10.0, 11.0]])
    diverged = np.array([[0.0, 0.0], [0.0, 1.0]])
    return dataclasses.replace(found, held_out_loss=losses, diverged=diverged)


def data(line):
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def test_losses_are_means_of_updates_then_medians_over_seeds(ax, tmp_path):
    losses = np.log([[4.0, 16.0, 2.0, 2.0, 9.0], [8.0, 8.0, 3.0, 3.0, 9.0]])
    losses = np.vstack([losses, np.log([[9.0, 9.0, 5.0, 5.0, 9.0]])])
    draw_losses(ax, [10, 20, 30, 40, 50], losses, every=2, name="full")
    x, y = data(ax.lines[0])
    np.testing.assert_array_equal(x, [20, 40])  # the fifth update fills no point
    np.testing.assert_allclose(y, [8.0, 3.0], rtol=1e-14)  # an exp of a mean of logs
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    np.testing.assert_allclose([band.min(), band.max()], [2.0, 9.0], rtol=1e-14)
    assert ax.get_legend_handles_labels()[1] == ["full"]
    save(ax.figure, tmp_path / "losses")


def test_a_run_that_ended_is_left_out_from_there_on(ax):
    losses = np.log([[4.0, np.nan, np.nan], [8.0, 8.0, np.nan]])
    draw_losses(ax, [1, 2, 3], losses)
    x, y = data(ax.lines[0])
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_allclose(y, [6.0, 8.0], rtol=1e-14)  # exp of log


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e308])
def test_losses_that_nothing_can_show_are_said_to_be_none(value, ax):
    draw_losses(ax, [1, 2], np.full((2, 2), value))
    assert [text.get_text() for text in ax.texts] == ["no finite data"]


def test_losses_of_another_length_are_refused(ax):
    with pytest.raises(ShapeError, match=r"`losses` must have shape \(S, 2\)"):
        draw_losses(ax, [1, 2], np.zeros((2, 3)))


def test_outcomes_are_marks_and_diverged_runs_crosses_on_the_edge(ax, study, tmp_path):
    draw_outcomes(ax, study, {"both": ["one", "two"]}, ["black"])
    first, second, cross = ax.lines
    np.testing.assert_allclose(data(first)[1], [8.0, 9.0], rtol=1e-14)  # exp of log
    np.testing.assert_allclose(data(second)[1], [10.0, np.nan], rtol=1e-14)  # too
    assert cross.get_marker() == "x"
    np.testing.assert_array_equal(data(cross)[0], data(second)[0][1:])
    assert data(first)[0].max() < data(second)[0].min()
    assert first.get_markerfacecolor() == "black"
    assert second.get_markerfacecolor() == "white"
    save(ax.figure, tmp_path / "outcomes")


def test_outcomes_of_nothing_but_divergence_say_so(ax, study):
    lost = dataclasses.replace(study, diverged=np.ones((2, 2)))
    draw_outcomes(ax, lost, {"one": ["one"]}, ["black"])
    assert [text.get_text() for text in ax.texts] == ["no finite data"]
