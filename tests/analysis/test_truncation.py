"""The analyses of truncation compare at equal cost, and what they say is exact."""

import numpy as np
import pytest

from analysis import data_bias_variance, data_strategies, data_when_random_wins
from analysis.numbers import first_within
from analysis.readers import reading
from gradlab.gradients import (
    Geometric,
    RandomTruncation,
    RandomWindow,
    Segmented,
    Truncated,
    constant_keep,
    moments,
)


@pytest.mark.parametrize("kind", ["0.5", "lstm", "gru"])
def test_a_reader_predicts_the_next_character(kind):
    objective = reading(kind, 6, 9, seed=1)
    inputs = objective.trajectory.inputs
    shown = inputs.argmax(axis=1)
    np.testing.assert_array_equal(shown[1:], objective.targets[:-1])
    assert inputs.sum() == 9


def test_equal_reach_means_equal_sums_of_weights():
    """Σ E|w|/T over the table of weights, by hand for T = 3 and π = 1/2."""
    expected = (1 + (1 + 1 / 2) + (1 + 1 / 2 + 1 / 4)) / 3
    random = RandomTruncation(0.5), RandomWindow(Geometric(0.5))
    for estimator in random:
        assert data_bias_variance.reach(estimator, 3) == pytest.approx(expected)
    assert data_bias_variance.reach(Truncated(2), 3) == 5 / 3
    assert data_bias_variance.reach(Segmented(2), 3) == 4 / 3


def test_segments_never_reach_farther_than_they_may():
    for wanted in (1.0, 2.0, 4.5):
        length = data_when_random_wins.segment_length(wanted, 20)
        assert data_bias_variance.reach(Segmented(length), 20) <= wanted
    assert data_when_random_wins.segment_length(1.0, 20) == 1


def test_errors_are_those_of_the_exact_moments():
    objective = reading("1.5", 5, 10, seed=1)
    found = data_when_random_wins.errors(objective, 4)
    window = moments(Truncated(4), objective)
    # Two sums of the same ten lags.
    assert found["regular"] == pytest.approx(window.relative_bias, rel=1e-12)
    keep = constant_keep(10, data_when_random_wins.reach(4, 10))
    random = moments(RandomTruncation(keep), objective)
    size = window.bias_norm / window.relative_bias
    assert found["constant"] == pytest.approx(random.total_variance**0.5 / size)
    assert found["best"] <= found["constant"]


def test_the_line_is_read_to_its_end():
    objective = data_strategies.reading_the_line(5, 1.0)
    letters = [data_strategies.ALPHABET[k] for k in objective.targets]
    assert "t" + "".join(letters) == "the time machine by h g wells "


def test_a_window_is_within_a_limit_when_all_larger_ones_are():
    bias = np.array([0.5, 0.05, 0.2, 0.08, 0.0])
    assert first_within(bias, 0.1) == 4
    assert first_within(bias, 0.6) == 1
