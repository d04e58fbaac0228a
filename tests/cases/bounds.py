"""Bounds: for each where it applies, where it is sharp, and where it must refuse."""

from tests.cases.bound_case import BoundCase
from tests.cases.bounds_of_gates import GATES
from tests.cases.bounds_of_powers import POWERS
from tests.cases.bounds_of_products import PRODUCTS
from tests.cases.bounds_of_slopes import SLOPES

__all__ = ["BOUNDS", "BoundCase"]

BOUNDS = PRODUCTS | SLOPES | POWERS | GATES
