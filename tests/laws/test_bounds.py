"""Laws of every bound: never exceeded, sharp somewhere, and it knows its hypotheses.

Whether a bound is exceeded is decided in rational arithmetic: the Jacobians are floats,
so their product is rational, and no tolerance appears.
"""

import numpy as np
import pytest
from hypothesis import given

from gradlab.bounds import AbstractBound, NormProduct, all_bounds, all_theorems
from gradlab.cells import Henon
from gradlab.dynamics import Trajectory
from gradlab.errors import AssumptionError, InputError
from gradlab.references import bibtex, cite
from tests.cases.bounds import BOUNDS
from tests.oracles.sides import blunt, exceeded

CASES = [
    pytest.param(case, id=name, marks=pytest.mark.theorem(case.bound.label))
    for name, case in BOUNDS.items()
]


@pytest.mark.parametrize("case", CASES)
def test_no_run_exceeds_a_bound(case):
    @given(case.runs)
    def no_run_exceeds(trajectory):
        assert not exceeded(case.bound, trajectory)

    no_run_exceeds()


@pytest.mark.parametrize("case", CASES)
def test_a_bound_is_sharp_on_its_witness(case):
    witness = case.witness()
    J = witness.chain.factors()
    assert len(J) >= 10
    assert J.shape[1] >= 3
    assert np.allclose(J[0] @ J[0].T, J[0].T @ J[0]) == case.normal
    assert not exceeded(case.bound, witness)
    assert not blunt(case.bound, witness, case.width)


@pytest.mark.parametrize("case", CASES)
def test_a_bound_refuses_runs_outside_its_hypotheses(case):
    if case.outside is None:
        assert case.bound.assumptions == "none"
        return
    with pytest.raises(AssumptionError) as caught:
        case.bound.log_bound(case.outside())
    assert str(caught.value) == case.refusal
    assert caught.value.label == case.bound.label


@pytest.mark.parametrize("case", CASES)
def test_a_bound_is_about_one_run(case):
    one = case.witness()
    both = Trajectory(
        one.cell,
        np.stack([one.states] * 2, axis=1),
        np.stack([one.inputs] * 2, axis=1),
    )
    with pytest.raises(InputError, match=r"^a bound is about one run; take one with"):
        case.bound.log_bound(both)


@pytest.mark.parametrize("case", [p for p in CASES if p.values[0].homogeneous])
def test_scaling_the_weights_by_two_shifts_the_bound_by_log_two(case):
    # A power of two is exact throughout, so only the last logarithm may round.
    one = case.witness()
    scaled = type(one.cell)(*_doubled(one.cell))
    twice = Trajectory(scaled, 0 * one.states, one.inputs)
    once = Trajectory(one.cell, 0 * one.states, one.inputs)
    shift = case.bound.log_bound(twice) - case.bound.log_bound(once)
    assert shift == pytest.approx(len(one) * np.log(2), rel=1e-13)


def _doubled(cell):
    first, *rest = cell.params.values()
    phi = [cell.phi] if hasattr(cell, "phi") else []
    return [2 * first, *rest, *phi]


def test_every_bound_has_a_case_and_every_theorem_says_what_it_is():
    assert {type(case.bound) for case in BOUNDS.values()} == set(all_bounds())
    assert set(all_bounds()) <= set(all_theorems())
    labels = [theorem.label for theorem in all_theorems()]
    assert len(set(labels)) == len(labels)
    for theorem in all_theorems():
        assert theorem.label.startswith("thm:")
        assert theorem.statement
        assert theorem.assumptions
        assert bibtex(theorem).startswith("@")
        assert theorem.direction in ("above", "below")
        assert issubclass(theorem, AbstractBound) == (theorem in all_bounds())


def test_the_sources_of_a_cell_and_a_theorem_are_cited_together():
    found = cite(Henon(), NormProduct())
    assert found == ["henon1976", "pascanu2013difficulty"]
