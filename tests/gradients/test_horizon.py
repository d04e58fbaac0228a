"""The gradient horizon: where a gradient passes a level for the last time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import gradient_horizon


@given(st.floats(0.01, 5.0), st.floats(1e-12, 1.0))
def test_a_geometric_decay_has_its_horizon_in_closed_form(rate, level):
    lags = np.arange(math.ceil(-math.log(level) / rate) + 2)
    found = gradient_horizon(7.0 - rate * lags, level=level)
    # One rounding of values up to 7 + 28, over the rate.
    assert found == pytest.approx(-math.log(level) / rate, abs=2e-14 / rate)


def test_the_last_passage_counts():
    regrown = np.full(50, -20.0)
    regrown[[0, 30]] = 0.0, -1.0
    assert 30 < gradient_horizon(regrown) < 31


def test_what_is_gone_at_once_has_horizon_zero_and_a_bit():
    assert gradient_horizon([0.0, -math.inf, -math.inf]) == 0.0


def test_beyond_the_last_lag_it_is_infinite_and_without_gradient_undefined():
    assert gradient_horizon([0.0]) == math.inf
    assert gradient_horizon([3.0, 2.0, 9.0]) == math.inf
    assert math.isnan(gradient_horizon([-math.inf, -math.inf]))


@pytest.mark.parametrize("bad", [[], [[0.0]], [0.0, math.nan], [0.0, math.inf]])
def test_what_is_no_profile_is_refused(bad):
    with pytest.raises(InputError, match=r"`log_norms` must be \(L \+ 1,\) nats"):
        gradient_horizon(bad)


def test_what_is_no_number_is_refused():
    with pytest.raises(InputTypeError, match="`log_norms` must be real numbers"):
        gradient_horizon(["a"])
    with pytest.raises(InputError, match="`level` must be a finite number > 0 and"):
        gradient_horizon([0.0], level=0.0)
