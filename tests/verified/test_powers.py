"""Powers are enclosed: by exact rationals, closed forms, and at sizes without end."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError
from gradlab.testing import matrices
from gradlab.verified import enclosed_log_gain, enclosed_log_power_gain
from tests.cases.adversaries import ADVERSARIES
from tests.oracles.exact_norms import exact
from tests.oracles.gain import gain_at_most

squares = st.integers(1, 4).flatmap(matrices)


@given(squares, st.integers(1, 9))
def test_the_power_is_enclosed(A, T):
    found = enclosed_log_power_gain(A, T)
    P = exact(A) ** T
    assert gain_at_most(P, found.upper)
    # From below: the gain may be the lower end itself.
    assert found.lower == -math.inf or not gain_at_most(
        P, math.nextafter(found.lower, -math.inf)
    )
    assert found.width < 1e-9 or not any(P.entries())


@pytest.mark.parametrize("arithmetic", ADVERSARIES.values(), ids=ADVERSARIES)
def test_powers_hold_whatever_arithmetic_does_within_its_bounds(arithmetic):
    for A in (np.array([[0.5, 1.0], [0.0, 0.5]]), np.array([[3.0, -9.0], [1.0, -3.0]])):
        for T in (1, 2, 7):
            found = enclosed_log_power_gain(A, T, arithmetic=arithmetic)
            P = exact(A) ** T
            assert gain_at_most(P, found.upper)
            assert not gain_at_most(P, math.nextafter(found.lower, -math.inf)) or (
                found.lower == -math.inf
            )


def test_a_shear_has_a_closed_form_at_any_power():
    # ‖[[1, T], [0, 1]]‖ = e^{arsinh(T/2)}.
    for T in (1, 10**3, 10**9):
        found = enclosed_log_power_gain([[1.0, 1.0], [0.0, 1.0]], T)
        assert found.lower <= math.asinh(T / 2) + 1e-14
        assert found.upper >= math.asinh(T / 2) - 1e-14
        assert found.width < 1e-9


def test_a_jordan_block_past_underflow_has_a_closed_form():
    # J^k = 2^−k [[1, 2k], [0, 1]]; 2^−1075 is 0 in float64.
    k = 1075
    found = enclosed_log_power_gain([[0.5, 1.0], [0.0, 0.5]], k)
    truth = math.asinh(k) - k * math.log(2)
    assert found.lower - 1e-12 <= truth <= found.upper + 1e-12
    assert found.width < 1e-9


@pytest.mark.parametrize("n", [2, 8, 13])
def test_a_cycle_keeps_lengths_at_any_power(n):
    # eigvals says 1 + 1.3e-15 for n = 8, a gain of 1.3e-9 nats here.
    found = enclosed_log_power_gain(np.roll(np.eye(n), 1, axis=1), 10**6)
    assert (found.lower, found.upper) == (0.0, 0.0)


def test_powers_leave_float64_and_come_back():
    for exponent in (-1000, 1000):
        found = enclosed_log_power_gain(np.ldexp(np.eye(2), exponent), 10**6)
        truth = 10**6 * exponent * math.log(2)
        assert found.upper == pytest.approx(truth, rel=1e-14)
        assert found.lower == pytest.approx(truth, rel=1e-14)


def test_it_is_the_gain_of_equal_factors(rng):
    A = rng.normal(size=(4, 4))
    one = enclosed_log_power_gain(A, 37)
    other = enclosed_log_gain(np.stack([A] * 37))
    assert one.lower <= other.upper
    assert other.lower <= one.upper


def test_complex_powers_turn_and_keep_their_size():
    turn = np.array([[0.6 + 0.8j, 0.0], [0.0, 0.25]])
    found = enclosed_log_power_gain(turn, 1000)
    # 0.6² + 0.8² is 1 up to an ulp.
    assert abs(found.upper) < 1e-12
    assert found.lower <= found.upper


def test_impossible_powers_are_refused():
    with pytest.raises(InputError, match="`T` must be an integer >= 1"):
        enclosed_log_power_gain(np.eye(2), 0)
    with pytest.raises(InputError, match="`atol` must be a finite number > 0; got 0"):
        enclosed_log_power_gain(np.eye(2), 2, atol=0.0)
    with pytest.raises(InputError, match="`A` must have"):
        enclosed_log_power_gain(np.zeros((2, 3)), 2)
