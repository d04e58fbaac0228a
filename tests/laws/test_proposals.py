"""Whatever a proposal is, what is certified with it is right: each is spoilt.

This is what lets proposals be computed in plain floating point, and mutants of them
live: nothing that they return can be an error of proof.
"""

import ast
import importlib
import math

import numpy as np
import pytest

from gradlab.bounds import AbstractBound, all_theorems
from gradlab.errors import AssumptionError
from gradlab.testing import powers_of, switched
from gradlab.verified import enclosed_numerical_radius, enclosed_singular_values
from tests.cases.bounds import BOUNDS
from tests.cases.proposals import ALONE, PROPOSALS, WHOLE, proposes
from tests.cases.run_theorems import RUN_THEOREMS
from tests.oracles.exact_norms import singular_value_balls
from tests.oracles.sides import exceeded
from tests.repo.files import ROOT, tree

ROWS = [
    pytest.param(row, change, id=f"{row.name}, {name}")
    for row in PROPOSALS
    for name, change in row.changes.items()
]
THEOREMS = {
    type(theorem).__module__.rpartition(".")[2]: theorem
    for theorem in (
        *(case.bound for case in BOUNDS.values()),
        *(case.theorem for case in RUN_THEOREMS.values()),
    )
}
HOLDS = {type(case.theorem): case.holds for case in RUN_THEOREMS.values()}


def _runs():
    rng = np.random.default_rng(11)
    yield powers_of(0.9 * np.eye(3) + np.eye(3, k=1), 12)
    yield powers_of(np.array([[0.5, 4.0, 0.0], [0.0, -0.5, 0.0], [0.0, 0.0, 0.25]]), 11)
    for n in (1, 2, 4):
        yield powers_of(rng.normal(size=(n, n)), 5)
    yield switched(rng.normal(size=(4, 3, 3)))


def _room(row):
    return row.file.rpartition("/")[0].replace("/", ".")


@pytest.mark.parametrize(("row", "change"), ROWS)
def test_nothing_certified_with_a_spoilt_proposal_is_wrong(row, change, monkeypatch):
    for user in row.users:
        module = importlib.import_module(f"{_room(row)}.{user}")
        usual, calls = getattr(module, row.name), []

        def spoilt(*args, usual=usual, calls=calls):
            calls.append(args)
            return change(usual(*args))

        monkeypatch.setattr(module, row.name, spoilt)
        if user in THEOREMS:
            promises = sum(_keeps(THEOREMS[user], run) for run in _runs())
        else:
            promises = _enclosures_hold()
        assert calls
        assert promises, "a change that leaves nothing certified shows nothing"


def _keeps(theorem, run):
    """Check a theorem on a run where it applies; return whether it promised a thing."""
    if not isinstance(theorem, AbstractBound) and not hasattr(run.cell, "W_hh"):
        return False
    try:
        value = theorem.log_bound(run)
    except AssumptionError:
        assert not hasattr(run.cell, "W_hh")
        return False
    if isinstance(theorem, AbstractBound):
        assert not exceeded(theorem, run)
    else:
        assert HOLDS[type(theorem)](run, value)
    return math.isfinite(value)


def _enclosures_hold():
    """Check enclosures of singular values, and of the radius of normal matrices."""
    rng = np.random.default_rng(12)
    finite = 0
    for shape in ((3, 3), (4, 2), (2, 4)):
        A = rng.normal(size=shape)
        found = enclosed_singular_values(A, rtol=1e-20, most_bits=256)
        for low, ball, high in zip(
            found.lower, singular_value_balls(A), found.upper, strict=True
        ):
            assert not ball < low
            assert not ball > high
        finite += bool(np.isfinite(found.upper).all())
    for A in (np.diag([1.0, -3.0]), rng.normal(size=(1, 1)), np.diag([3j, 1 - 1j])):
        found = enclosed_numerical_radius(A, rtol=1e-3)
        exact = max(abs(complex(z)) for z in np.diag(A))
        assert found.lower <= exact * (1 + 1e-15)
        assert found.upper >= exact * (1 - 1e-15)
        finite += math.isfinite(found.upper)
    return finite


def test_a_file_of_proposals_is_in_the_table_with_all_of_its_functions():
    listed = {(row.file, row.name) for row in PROPOSALS}
    for file in WHOLE:
        names = importlib.import_module(file[:-3].replace("/", ".")).__all__
        functions = {name for name in names if name[0].islower()}
        assert {(file, name) for name in functions} <= listed


def test_what_a_proposal_calls_alone_is_called_by_nothing_else():
    for file, names in ALONE.items():
        for function in ast.walk(tree(ROOT / file)):
            if isinstance(function, ast.FunctionDef) and not proposes(
                file, function.name
            ):
                called = {
                    node.id for node in ast.walk(function) if isinstance(node, ast.Name)
                }
                assert not called & names


def test_every_theorem_that_is_made_of_proposals_is_tried():
    assert set(map(type, THEOREMS.values())) == set(all_theorems())
