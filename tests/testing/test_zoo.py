"""Every planted wrong bound is refuted, or the tests of the bounds are broken.

Those "exceeded" within a thousand runs of the strategy on which their right twin is
tried, and those "blunt" on its witness; decided in rationals, and found in the same
runs each time.
"""

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from gradlab.testing import wrong_bounds
from tests.cases.bounds import BOUNDS
from tests.oracles.sides import blunt, exceeded

ZOO = wrong_bounds()
THOUSAND = settings(
    max_examples=1000,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("wrong", ZOO.values(), ids=ZOO)
def test_a_planted_wrong_bound_is_caught(wrong):
    twin = BOUNDS[wrong.twin]
    if wrong.caught == "blunt":
        assert blunt(wrong, twin.witness(), twin.width)
        return
    # `find` raises NoSuchExample if 1,000 runs refute nothing.
    find(twin.runs, lambda trajectory: exceeded(wrong, trajectory), settings=THOUSAND)


def test_there_are_forty_and_some_of_every_bound():
    assert len(ZOO) >= 40
    assert {wrong.twin for wrong in ZOO.values()} == set(BOUNDS)
