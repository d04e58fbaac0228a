"""Pictures of one unit hold the numbers of their results."""

import dataclasses

import numpy as np
import pytest

from gradlab.cells import Logistic
from gradlab.errors import InputError
from gradlab.plots import (
    draw_error_surface,
    draw_gradient_cut,
    draw_steady_states,
    figure,
    save,
)
from gradlab.studies import error_surface, steady_states

GRID = {"weights": [4.0, 5.0, 6.0], "biases": [-3.0, -2.6, -2.0, -1.0]}


@pytest.fixture
def ax():
    with figure(3.25) as (_, axes):
        yield axes


@pytest.fixture(scope="module")
def surface():
    return error_surface(**GRID, x0=0.5, steps=30, target=0.7)


@pytest.fixture(scope="module")
def states():
    return steady_states(Logistic, [2.5, 3.2], [], rng=0)


def test_the_map_shows_the_loss(ax, surface, tmp_path):
    assert draw_error_surface(ax, surface) is ax
    (mesh,) = ax.collections
    np.testing.assert_array_equal(mesh.get_array(), surface.loss)
    assert mesh.get_rasterized()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weight $w$", "bias $b$")
    assert len(save(ax.figure, tmp_path / "surface")) == 2


def test_the_cut_shows_the_gradient_against_the_bias(ax, surface):
    assert draw_gradient_cut(ax, surface, column=1, name="cost $5") is ax
    (line, *_) = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), surface.biases)
    np.testing.assert_array_equal(line.get_ydata(), surface.log_gradient[:, 1])
    assert "nats" in ax.get_ylabel()
    assert "$w=5$" in ax.get_xlabel()
    assert line.get_label() == r"cost \$5"


def test_the_cut_below_a_bias_is_against_the_distance(ax, surface):
    draw_gradient_cut(ax, surface, below=-2.3)
    (line,) = ax.lines
    np.testing.assert_allclose(line.get_xdata(), [0.7, 0.3], rtol=1e-15)
    np.testing.assert_array_equal(line.get_ydata(), surface.log_gradient[:2, 0])
    assert ax.get_xscale() == "log"


def test_no_gradient_is_marked_on_the_edge(ax):
    met = error_surface([0.0], [0.0, 1.0], x0=0.0, steps=3, target=0.5)
    draw_gradient_cut(ax, met)
    (marks,) = [line for line in ax.lines if line.get_marker() == "v"]
    assert marks.get_xdata().tolist() == [0.0]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_finite_is_said(ax, surface, value):
    blank = dataclasses.replace(
        surface,
        loss=np.full_like(surface.loss, value),
        log_gradient=np.full_like(surface.log_gradient, value),
    )
    draw_error_surface(ax, blank)
    draw_gradient_cut(ax, blank)
    assert [t.get_text() for t in ax.texts] == ["no finite data"] * 2


def test_steady_states_are_told_apart_by_marks(ax, states, tmp_path):
    assert draw_steady_states(ax, states, parameter="$r$") is ax
    shown = {line.get_label(): line for line in ax.lines}
    assert set(shown) == {
        "fixed point, stable",
        "fixed point, unstable",
        "2-cycle, stable",
    }
    cycle = shown["2-cycle, stable"]
    np.testing.assert_array_equal(
        cycle.get_ydata(), states.states[states.period == 2, 0]
    )
    assert shown["fixed point, unstable"].get_markerfacecolor() == "white"
    assert ax.get_xlabel() == "$r$"
    save(ax.figure, tmp_path / "states")


def test_no_state_is_said(ax, states):
    blank = dataclasses.replace(states, states=np.full_like(states.states, np.nan))
    draw_steady_states(ax, blank)
    assert [t.get_text() for t in ax.texts] == ["no finite data"]


def test_what_is_not_there_is_refused(ax, surface, states):
    with pytest.raises(InputError, match="`unit` must be in 0 … 0; got 1"):
        draw_steady_states(ax, states, unit=1)
    with pytest.raises(InputError, match="`column` must be in 0 … 2; got 3"):
        draw_gradient_cut(ax, surface, column=3)
