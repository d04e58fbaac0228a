"""Facts about Jordan blocks: what is one, either way up, and what is not."""

import math
from fractions import Fraction

import numpy as np
import pytest

from gradlab.bounds import JordanFloor, jordan_floor
from gradlab.errors import AssumptionError
from gradlab.testing import powers_of

EYE, N = np.eye(3), np.eye(3, k=1)


@pytest.mark.parametrize("W", [2 * EYE + 3 * N, 2 * EYE - 3 * N.T, -2 * EYE + 3 * N])
def test_a_block_may_stand_on_its_head_and_signs_are_none_of_its_business(W):
    # C(4, 2) 2² 3² = 216, some 4 n u below.
    found = JordanFloor().log_bound(powers_of(W, 4))
    assert math.log(216) - 1e-14 < found < math.log(216)


def test_one_number_is_a_block():
    found = JordanFloor().log_bound(powers_of([[2.0]], 5))
    assert 5 * math.log(2) - 2e-14 < found < 5 * math.log(2)


def test_a_long_power_has_more_ways_than_float64_has_whole_numbers():
    n, T = 20, 200
    J = powers_of(np.eye(n) + np.eye(n, k=1), T)
    exact = math.log(math.comb(T, n - 1))
    assert exact - 1e-12 < JordanFloor().log_bound(J) < exact


@pytest.mark.parametrize("n", [6, 18, 24, 27, 30, 31])
def test_the_logarithm_is_that_of_the_float64_next_below_the_number_of_ways(
    n, monkeypatch
):
    taken = []

    def log(x, exponent=0):
        taken.append(Fraction(x) * 2**exponent)
        return 0.0

    monkeypatch.setattr(jordan_floor, "down_log", log)
    JordanFloor().log_bound(powers_of(np.eye(n) + np.eye(n, k=1), 60))
    ways = math.comb(60, n - 1)  # of 23 to 57 bits
    step = Fraction(2) ** (ways.bit_length() - 53)
    assert ways - step < taken[0] <= ways


@pytest.mark.parametrize(
    "W",
    [
        EYE + N + N.T,
        EYE + N + np.eye(3, k=2),
        EYE + N.T + np.eye(3, k=-2),
        np.diag([1.0, 1.0, 2.0]) + N,
        EYE + np.diag([1.0, 2.0], 1),
        np.ones((3, 3)),
    ],
)
def test_other_matrices_are_refused(W):
    with pytest.raises(AssumptionError, match="a Jordan block"):
        JordanFloor().log_bound(powers_of(W, 4))


def test_too_few_steps_are_refused():
    assert JordanFloor().log_bound(powers_of(EYE + N, 2)) < 0.0
    with pytest.raises(AssumptionError, match="measured 1"):
        JordanFloor().log_bound(powers_of(EYE + N, 1))
