"""Bounds hold whatever arithmetic does within its bounds, and whatever a basis is.

The arithmetic of the process is replaced, so that every bound and everything it stands
on is computed by the adversary; whether it is exceeded is decided in rationals.
"""

import dataclasses
import math

import pytest

from gradlab.errors import AssumptionError
from gradlab.linalg import arithmetic
from gradlab.linalg.arithmetic import FLOAT64, Arithmetic
from tests.cases.adversaries import ADVERSARIES, BASES, PLAIN, with_basis
from tests.cases.bounds import BOUNDS
from tests.oracles.gain import exact_product
from tests.oracles.sides import is_wrong

FIELDS = [field.name for field in dataclasses.fields(Arithmetic)]
CHANGED = {name: with_basis(change) for name, change in BASES.items()}
# A basis of zeros or NaN certifies nothing, and is the business of `tests/verified`.
NAMES = [
    *(name for name in ADVERSARIES if "2^-53" in name or "2^-13" in name),
    *(name for name in CHANGED if name not in ("0", "NaN")),
]


@pytest.fixture
def replaced():
    """Replace what `FLOAT64` does by what another arithmetic does, until the end."""

    def replace(other):
        for name in FIELDS:
            object.__setattr__(FLOAT64, name, getattr(other, name))

    yield replace
    replace(PLAIN)


@pytest.mark.parametrize("name", NAMES)
def test_no_adversary_makes_a_bound_wrong(name, replaced, monkeypatch):
    # It keeps to its bounds, and the self-test, which would see it, is kept quiet.
    monkeypatch.setattr(arithmetic, "_fault_of_products", lambda _: "")
    runs = {case: BOUNDS[case].witness() for case in BOUNDS}
    replaced((ADVERSARIES | CHANGED)[name])
    found = {case: _value(BOUNDS[case].bound, run) for case, run in runs.items()}
    replaced(PLAIN)
    for case, trajectory in runs.items():
        P = exact_product(trajectory.chain.factors())
        assert not is_wrong(found[case], BOUNDS[case].bound.direction, P), case


def _value(bound, trajectory):
    """Return the bound, or nothing where an adversary hides that a hypothesis holds."""
    try:
        return bound.log_bound(trajectory)
    except AssumptionError:
        assert bound.label in ("thm:orthogonal-ceiling", "thm:orthogonal-floor")
        return math.inf if bound.direction == "above" else -math.inf


def test_an_adversary_does_move_bounds(replaced):
    case = BOUNDS["norm_product"]
    before = case.bound.log_bound(case.witness())
    name = next(name for name in ADVERSARIES if "2^-13" in name)
    replaced(ADVERSARIES[name])
    assert case.bound.log_bound(case.witness()) > before + 1e-4
