"""The excess of a number is more than what rounding up added to it: in rationals."""

import math
from fractions import Fraction

import numpy as np
import pytest

from gradlab.linalg import rounding
from gradlab.linalg.rounding import up_excess, up_sqrt
from tests.linalg.test_rounding import BOUNDARY, ETA, EXACT, MAX, SIZES, U


@pytest.mark.parametrize("name", EXACT)
def test_what_rounding_up_added_is_less_than_the_excess(name):
    for a in BOUNDARY:
        for b in BOUNDARY:
            if name == "div" and b == 0:
                continue
            y = float(getattr(rounding, f"up_{name}")(a, b))
            excess = float(up_excess(y))
            if y < math.inf:
                assert Fraction(y) - EXACT[name](Fraction(a), Fraction(b)) < excess
            if abs(y) < MAX * (1 - 4 * U):
                # Two steps, of 2 u or less of a number that is not tiny.
                assert excess <= 4 * U * abs(y) + 2 * ETA


def test_what_a_root_was_rounded_up_by_is_less_than_its_excess():
    for a in SIZES:
        y = float(up_sqrt(a))
        assert (Fraction(y) - Fraction(float(up_excess(y)))) ** 2 < a or y <= ETA


def test_the_excess_is_two_steps_down():
    found = up_excess(np.array([1.0, -1.0, math.nan, 0.0, ETA, math.inf]))
    assert found[:2].tolist() == [2 * U, 4 * U]
    assert math.isnan(found[2])
    assert found[3:].tolist() == [2 * ETA, 2 * ETA, math.inf]
