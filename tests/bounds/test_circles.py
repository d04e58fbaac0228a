"""Facts about resolvents on circles: long powers, and maxima from few points."""

import math

import numpy as np
import pytest

from gradlab.bounds import CauchyPower, KreissCeiling, LinearFloor
from gradlab.bounds.circle_maximum import log_largest_above
from gradlab.testing import powers_of

JORDAN = 0.9 * np.eye(3) + np.eye(3, k=1)


@pytest.mark.parametrize("T", [100, 1 << 14, 10**6])
@pytest.mark.parametrize("bound", [CauchyPower, KreissCeiling])
def test_long_powers_keep_the_rate_and_take_no_more_points(bound, T):
    run = powers_of(JORDAN, T)
    found = bound().log_bound(run)
    # ‖J^T‖ is near C(T, 2) 0.9^(T−2): the rate is right, and a constant is given away.
    truth = math.log(math.comb(T, 2)) + (T - 2) * math.log(0.9)
    assert truth < found
    assert found / T < math.log(0.9) + 0.15
    assert LinearFloor().log_bound(run) < found


def test_the_maximum_over_a_circle_is_above_all_of_its_points(rng):
    for _ in range(10):
        W = rng.normal(size=(4, 4)) / 2
        radius = 1.2 * float(np.linalg.norm(W, 2))
        found = log_largest_above(W, radius, 32)
        z = radius * np.exp(2j * np.pi * rng.uniform(size=500))
        sizes = np.linalg.norm(
            np.linalg.inv(z[:, None, None] * np.eye(4) - W), 2, (1, 2)
        )
        # From 128 points it is known up to 1/cos π/8 and what (W/r)^32 leaves.
        assert math.log(sizes.max()) < found < math.log(sizes.max()) + 0.15


@pytest.mark.parametrize("radius", [0.5, 0.9, 1.0])
def test_a_circle_that_is_too_small_is_not_certified(radius):
    assert log_largest_above(JORDAN, radius, 4) == math.inf
    # (1/r)⁴ is above 1, and its powers never leave anything of a series.
    assert log_largest_above(np.array([[1.0]]), radius, 4) == math.inf
