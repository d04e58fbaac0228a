"""Every theorem on ten thousand runs, each decided exactly: how many exceed it.

A check is one run from the theorem's own strategy of hard ones, the value promised for
it, and a decision in rationals whether the run keeps to it.  Where the value is
infinite and promises nothing, the run is counted apart, and another one is drawn.
"""

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from gradlab.dynamics import Trajectory
from tests.cases.bounds import BOUNDS, BoundCase
from tests.cases.run_theorems import RUN_THEOREMS, RunTheoremCase
from tests.oracles.gain import exact_product
from tests.oracles.sides import is_wrong

__all__ = ["CHECKS", "THEOREMS", "Checked", "checked", "checked_theorems"]

CHECKS = 10_000
THEOREMS: dict[str, BoundCase | RunTheoremCase] = {**BOUNDS, **RUN_THEOREMS}
_ROUND = 1000  # runs drawn from one seed
_DRAWN = settings(
    max_examples=_ROUND,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)


@dataclass
class Checked:
    """Decisions about one theorem: how many, how many wrong, and runs without one."""

    label: str
    decisions: int = 0
    wrong: int = 0
    promised_nothing: int = 0

    def enter(self, case: BoundCase | RunTheoremCase, run: Trajectory) -> None:
        """Count what a run comes to."""
        theorem = case.bound if isinstance(case, BoundCase) else case.theorem
        value = theorem.log_bound(run)
        if value == (math.inf if theorem.direction == "above" else -math.inf):
            self.promised_nothing += 1
            return
        self.decisions += 1
        if isinstance(case, RunTheoremCase):
            self.wrong += not case.holds(run, value)
        else:
            P = exact_product(run.chain.factors())
            self.wrong += is_wrong(value, theorem.direction, P)


def checked(name: str, decisions: int, first_seed: int) -> Checked:
    """Return what at least so many decisions about one theorem came to."""
    case = THEOREMS[name]
    theorem = case.bound if isinstance(case, BoundCase) else case.theorem
    found = Checked(theorem.label)
    for drawn in itertools.count(first_seed):

        @seed(drawn)
        @_DRAWN
        @given(case.runs)
        def enter(run: Trajectory) -> None:
            found.enter(case, run)

        enter()
        if found.decisions >= decisions:
            break
    return found


def checked_theorems(
    first_seed: int, names: str = "", decisions: int = CHECKS
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the counts of every theorem whose name matches."""
    for name in THEOREMS:
        if re.search(names, name):
            yield name, asdict(checked(name, decisions, first_seed))
