"""A verdict has three values and is no bool."""

import pytest
from flint import arb

from gradlab.verified import Verdict


def below(x, limit):
    if x < limit:
        return Verdict.PROVED
    return Verdict.REFUTED if x >= limit else Verdict.UNDECIDED


def test_the_three_values_are_those_of_a_ball():
    assert below(arb("0.9", "0.01"), 1.0) is Verdict.PROVED
    assert below(arb("1.1", "0.01"), 1.0) is Verdict.REFUTED
    assert below(arb("1.0", "0.01"), 1.0) is Verdict.UNDECIDED


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_refuses_to_be_a_bool(verdict):
    with pytest.raises(TypeError, match=r"^a Verdict has three values; compare with"):
        bool(verdict)
