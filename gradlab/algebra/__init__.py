"""Number systems that a cell's step runs in; symbols and balls are imported by name."""

from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS

__all__ = ["FLOATS", "Algebra"]
