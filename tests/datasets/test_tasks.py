"""Influence balancing: its closed forms are its recursion, in exact numbers."""

from fractions import Fraction

import numpy as np
import pytest

from gradlab.datasets import influence_balancing
from gradlab.errors import InputError, InputTypeError


@pytest.mark.parametrize(("n", "positive", "theta"), [(23, 10, 0.5), (5, 5, -1.25)])
def test_the_steady_state_is_one(n, positive, theta):
    task = influence_balancing(n, positive, theta)
    x = task.steady_state
    np.testing.assert_array_equal(task.A @ x + theta * task.signs, x)  # dyadic: exact
    assert task.sensitivity == 2 * (positive - (n - positive))
    assert x[0] == theta * task.sensitivity
    np.testing.assert_array_equal(task.inputs(3), np.full((3, 1), theta))


def test_lag_terms_are_powers_of_the_matrix():
    task = influence_balancing()
    v = [Fraction(int(s)) for s in task.signs]
    total = Fraction(0)
    for lag, term in enumerate(task.lag_terms(60)):
        assert term == float(v[0])
        total += v[0]
        assert task.truncated(lag + 1) == float(total)
        v = [(a + b) / 2 for a, b in zip(v, [*v[1:], 0], strict=True)]


def test_what_is_no_task_is_refused():
    with pytest.raises(InputError) as caught:
        influence_balancing(5, 6)
    assert str(caught.value) == "`positive` must be at most n = 5; got 6."
    with pytest.raises(InputTypeError, match="`n` must be an integer >= 1"):
        influence_balancing(5.0)
    with pytest.raises(InputError, match="`theta` must be a finite number"):
        influence_balancing(theta=float("nan"))
