"""A comparison is the moments of each, in a table that can be printed and stored."""

import numpy as np
import pytest

from gradlab.errors import InputError
from gradlab.gradients import (
    Forward,
    Full,
    Geometric,
    RandomTruncation,
    RandomWindow,
    RenewalTruncation,
    Segmented,
    Truncated,
    Waring,
    moments,
)
from gradlab.studies import Comparison, compare_truncations
from tests.cases.gradients import OBJECTIVES

ROWS = {
    "full": Full(),
    "forward": Forward(),
    "window 4": Truncated(4),
    "segments of 4": Segmented(4),
    "random": RandomTruncation(0.75),
    "random window": RandomWindow(Geometric(0.75)),
    "renewals": RenewalTruncation(Waring(4.0, 4.0)),
}


def test_every_row_is_its_moments(rng, tmp_path):
    objective = OBJECTIVES["lstm"](rng)
    found = compare_truncations(objective, ROWS)
    for index, estimator in enumerate(ROWS.values()):
        row = moments(estimator, objective)
        expected = (row.bias_norm, row.total_variance**0.5, row.cosine)
        columns = (found.bias[index], found.std[index], found.cosine[index])
        assert columns == expected
        assert found.error[index] == pytest.approx(
            row.mean_squared_error**0.5, rel=1e-15
        )
    np.testing.assert_array_equal(found.bias[[0, 1, 4, 5, 6]], 0.0)
    np.testing.assert_array_equal(found.std[:4], 0.0)
    np.testing.assert_array_equal(
        found.relative_error, found.error / found.gradient_norm
    )
    again = Comparison.load(found.save(tmp_path / "rows"))
    assert again.to_csv() == found.to_csv()


def test_the_table_names_its_rows(rng):
    found = compare_truncations(OBJECTIVES["rnn"](rng), ROWS)
    latex = found.to_latex()
    assert "window 4 & " in latex
    assert found.to_csv().splitlines()[1].startswith("full,0.0,0.0,0.0,1.0")
    assert "segments of 4" in found._repr_html_()
    assert found.best() in ("full", "forward")
    assert found.best(held_steps=4, steps=12) in ROWS
    with pytest.raises(InputError, match="no estimator holds at most 0 steps"):
        found.best(held_steps=0)


def test_without_names_rows_are_what_they_print_as(rng):
    found = compare_truncations(OBJECTIVES["rnn"](rng), [Full(), Truncated(2)])
    assert found.names == ("Full()", "Truncated(window=2, stride=1)")
    with pytest.raises(InputError, match="`estimators` must hold at least one"):
        compare_truncations(OBJECTIVES["rnn"](rng), [])
