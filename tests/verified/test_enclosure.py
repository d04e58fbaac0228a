"""Enclosures: three-valued comparisons, intersections, and nothing from a NaN."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlab.errors import InputError
from gradlab.verified import Enclosure, Verdict

P, R, U = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED
BETWEEN = Enclosure.between(1.0, 2.0)
ORDER = {
    # limit: below, at_most, above, at_least
    0.5: (R, R, P, P),
    1.0: (R, U, U, P),
    1.5: (U, U, U, U),
    2.0: (U, P, R, U),
    2.5: (P, P, R, R),
    math.inf: (P, P, R, R),
    -math.inf: (R, R, P, P),
}


@pytest.mark.parametrize("limit", ORDER)
def test_comparisons_have_three_values(limit):
    found = (
        BETWEEN.below(limit),
        BETWEEN.at_most(limit),
        BETWEEN.above(limit),
        BETWEEN.at_least(limit),
    )
    assert found == ORDER[limit]


@given(*[st.floats(-9, 9)] * 4)
def test_comparisons_of_enclosures_agree_with_their_ends(a, b, c, d):
    one = Enclosure.between(min(a, b), max(a, b))
    two = Enclosure.between(min(c, d), max(c, d))
    assert (one.below(two) is P) == (max(a, b) < min(c, d))
    assert (one.at_most(two) is R) == (min(a, b) > max(c, d))
    assert one.above(two) is two.below(one)
    assert one.at_least(two) is two.at_most(one)


def test_equal_numbers_are_at_most_and_not_below_each_other():
    exact = Enclosure.between(1.0, 1.0)
    assert exact.at_most(1.0) is P
    assert exact.below(1.0) is R


def test_an_estimate_decides_nothing():
    guess = Enclosure.between(1.0, 2.0, fault="the arithmetic is wrong")
    assert not guess.certified
    assert guess.reason == "the arithmetic is wrong"
    for limit in ORDER:
        assert guess.below(limit) is guess.at_least(limit) is U
    assert BETWEEN.at_most(Enclosure.between(9.0, 9.0, fault="no")) is U
    assert guess.met(BETWEEN) is BETWEEN
    assert BETWEEN.met(guess) is BETWEEN


def test_ends_that_have_crossed_under_a_fault_are_none():
    # Wrong arithmetic may say anything; of right arithmetic it would be an error.
    found = Enclosure.between([1.0, 3.0], [2.0, 2.0], fault="a wrong product")
    assert (found.lower.tolist(), found.upper.tolist()) == (
        [1.0, -math.inf],
        [2.0, math.inf],
    )
    one = Enclosure.between(3.0, 2.0, fault="a wrong product")
    assert (one.lower, one.upper) == (-math.inf, math.inf)
    same = Enclosure.between(2.0, 2.0, fault="a wrong product")
    assert (same.lower, same.upper) == (2.0, 2.0)


def test_a_nan_is_no_bound_and_ends_have_an_order():
    found = Enclosure.between(math.nan, math.nan)
    assert (found.lower, found.upper) == (-math.inf, math.inf)
    assert found.at_most(1.0) is U
    with pytest.raises(InputError, match=r"^nothing is below or above NaN\.$"):
        BETWEEN.below(math.nan)
    with pytest.raises(InputError, match=r"`lower` must be <= `upper`; got 2\.0 and 1"):
        Enclosure.between(2.0, 1.0)


def test_two_ways_to_one_number_narrow_it_and_two_numbers_are_refused():
    found = BETWEEN.met(Enclosure.between(1.5, 3.0, arithmetic="balls of 64 bits"))
    assert (found.lower, found.upper) == (1.5, 2.0)
    assert found.arithmetic == "balls of 64 bits"
    with pytest.raises(InputError, match="`lower` must be <= `upper`"):
        BETWEEN.met(Enclosure.between(3.0, 4.0))


def test_arrays_are_taken_one_by_one():
    many = Enclosure.between([1.0, -math.inf], [2.0, -math.inf], reason="why")
    assert many[0].at_most(2.0) is P
    assert many[1].below(-1e300) is P
    assert many[0].reason == "why"
    assert many.width.tolist() == [math.nextafter(1.0, 2.0), 0.0]
    with pytest.raises(InputError, match=r"take one with \[i\]"):
        many.below(0.0)


def test_a_width_is_rounded_up():
    width = Enclosure.between(0.1, 0.3).width
    assert Fraction(width) >= Fraction(0.3) - Fraction(0.1)
    assert width <= math.nextafter(0.3 - 0.1, 1.0)
    assert Enclosure.between(0.3, 0.3).width == 0.0
    assert Enclosure.between(-math.inf, 0.0).width == math.inf


@pytest.mark.parametrize("ends", [(1.0, 2.0), (np.zeros(2), np.ones(2))])
def test_an_enclosure_is_saved_and_loaded(ends, tmp_path):
    found = Enclosure.between(*ends, arithmetic="integers")
    found.save(tmp_path / "found")
    back = Enclosure.load(tmp_path / "found")
    np.testing.assert_array_equal(back.lower, found.lower)
    np.testing.assert_array_equal(back.upper, found.upper)
    assert (back.certified, back.arithmetic) == (True, "integers")
    assert "rump2010verification" in found.cite()
