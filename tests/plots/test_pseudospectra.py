"""Pictures of one matrix hold its numbers, and say what they cannot show."""

import dataclasses
import math

import numpy as np
import pytest

from gradlab.linalg import power_norms, pseudospectrum
from gradlab.plots import draw_power_norms, draw_pseudospectra, figure, save

A = np.array([[0.9, 1.0], [0.0, 0.9]])


@pytest.fixture
def ax():
    with figure(3.25) as (_, axes):
        yield axes


def test_level_curves_are_where_sigma_is_epsilon(ax, tmp_path):
    found = pseudospectrum(A, points=60, levels=[0.05, 0.5])
    assert draw_pseudospectra(ax, found) is ax
    (curves,) = ax.collections
    for eps, path in zip(found.levels, curves.get_paths(), strict=True):
        z = path.vertices[:, 0] + 1j * path.vertices[:, 1]
        sigmas = np.linalg.svd(z[:, None, None] * np.eye(2) - A, compute_uv=False)
        # Linear interpolation of ln σ over a cell; the grid has 60 points a side.
        np.testing.assert_allclose(np.log(sigmas[:, -1]), math.log(eps), atol=0.05)
    entries = [text.get_text() for text in ax.get_legend().get_texts()]
    assert entries == ["0.5", "0.05"]
    dots, circle = ax.lines[0], ax.lines[-1]
    np.testing.assert_array_equal(dots.get_xdata(), found.eigenvalues.real)
    np.testing.assert_allclose(np.hypot(*circle.get_data()), 1.0, rtol=1e-15)
    assert ax.get_aspect() == 1.0
    assert len(save(ax.figure, tmp_path / "levels")) == 2


def test_without_the_circle(ax):
    found = pseudospectrum(A, points=10)
    draw_pseudospectra(ax, found, circle=False)
    assert len(ax.lines) == 1 + len(found.levels)  # eigenvalues, and the legend's


def test_norms_their_rate_and_the_band(ax, tmp_path):
    found = power_norms(A, 30)
    assert draw_power_norms(ax, found, name="cost $5") is ax
    rate, low, high, norms = ax.lines
    np.testing.assert_allclose(rate.get_ydata(), np.arange(31) * math.log(0.9))
    assert (low.get_ydata()[0], high.get_ydata()[0]) == found.log_bounds
    np.testing.assert_array_equal(norms.get_ydata(), found.log_norms)
    assert norms.get_label() == r"cost \$5"
    assert "nats" in ax.get_ylabel()
    assert len(ax.patches) == 1
    assert len(save(ax.figure, tmp_path / "norms")) == 2


@pytest.mark.parametrize("matrix", [2 * np.eye(2), np.eye(3, k=1), [[0.0]]])
def test_what_is_infinite_is_not_drawn(matrix, ax, tmp_path):
    found = power_norms(matrix, 5)
    draw_power_norms(ax, found, name="powers")
    for line in ax.lines:
        shown = np.asarray(line.get_ydata(), dtype=float)
        assert np.isfinite(shown[~np.isnan(shown)]).all()
    save(ax.figure, tmp_path / "infinite")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nothing_finite_is_said(value, ax):
    found = pseudospectrum(A, points=5)
    blank = np.full_like(found.log_sigma, value)
    draw_pseudospectra(ax, dataclasses.replace(found, log_sigma=blank))
    powers = power_norms(A, 5)
    blank = np.full_like(powers.log_norms, value)
    draw_power_norms(ax, dataclasses.replace(powers, log_norms=blank))
    assert [text.get_text() for text in ax.texts] == ["no finite data"] * 2


def test_drawing_does_not_change_the_result(ax):
    found, powers = pseudospectrum(A, points=5), power_norms(A, 5)
    before = [np.copy(found.log_sigma), np.copy(powers.log_norms)]
    draw_pseudospectra(ax, found)
    draw_power_norms(ax, powers)
    np.testing.assert_array_equal(before[0], found.log_sigma)
    np.testing.assert_array_equal(before[1], powers.log_norms)
