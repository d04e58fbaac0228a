"""Laws of theorems about more than one gain: they hold, are sharp, and may refuse."""

import math

import pytest
from hypothesis import given

from gradlab.bounds import AbstractBound, all_theorems
from gradlab.dynamics import Trajectory
from gradlab.errors import AssumptionError, InputError
from tests.cases.run_theorems import RUN_THEOREMS

CASES = [
    pytest.param(case, id=name, marks=pytest.mark.theorem(case.theorem.label))
    for name, case in RUN_THEOREMS.items()
]


@pytest.mark.parametrize("case", CASES)
def test_a_theorem_holds_on_every_run(case):
    @given(case.runs)
    def holds(trajectory):
        assert case.holds(trajectory, case.theorem.log_bound(trajectory))

    holds()


@pytest.mark.parametrize("case", CASES)
def test_a_theorem_is_sharp_on_its_witness(case):
    witness = case.witness()
    assert len(witness) >= 10
    assert witness.cell.sizes[0] >= 3
    value = case.theorem.log_bound(witness)
    assert case.holds(witness, value)
    outward = 1.0 if case.theorem.direction == "below" else -1.0
    assert not case.holds(witness, value + outward * case.width)


@pytest.mark.parametrize("case", CASES)
def test_a_theorem_refuses_runs_outside_its_hypotheses(case):
    with pytest.raises(AssumptionError) as caught:
        case.theorem.log_bound(case.outside())
    assert str(caught.value) == case.refusal


@pytest.mark.parametrize("case", CASES)
def test_a_theorem_is_about_one_run(case):
    one = case.witness()
    both = Trajectory(one.cell, one.states[:, None], one.inputs[:, None])
    with pytest.raises(InputError, match=r"^a bound is about one run; take one with"):
        case.theorem.log_bound(both)


@pytest.mark.parametrize("case", CASES)
def test_the_value_is_enclosed_and_its_outer_end_is_what_is_promised(case):
    found = case.theorem.enclosed_bound(case.witness())
    assert found.certified
    assert -math.inf < case.theorem.log_bound(case.witness()) < math.inf
    ends = {"above": found.upper, "below": found.lower}
    assert case.theorem.log_bound(case.witness()) == ends[case.theorem.direction]


def test_every_theorem_that_is_no_bound_on_the_gain_has_a_case():
    others = {theorem for theorem in all_theorems() if theorem not in _bounds()}
    assert {type(case.theorem) for case in RUN_THEOREMS.values()} == others


def _bounds():
    return [theorem for theorem in all_theorems() if issubclass(theorem, AbstractBound)]
