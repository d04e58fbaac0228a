"""Wrong bounds, planted: each must be caught, or the tests of the bounds are broken."""

from tests.cases.planted_gates import PLANTED_GATES
from tests.cases.planted_norms import PLANTED_NORMS
from tests.cases.planted_powers import PLANTED_POWERS
from tests.cases.planted_steps import PLANTED_STEPS
from tests.cases.wrong_bound import Planted

__all__ = ["PLANTED", "Planted"]

PLANTED = PLANTED_NORMS | PLANTED_STEPS | PLANTED_POWERS | PLANTED_GATES
