"""The only place where analyses meet: bounds beside gains, twins beside λ₁."""

from gradlab.studies.agreement import Agreement, agreement
from gradlab.studies.tightness import Tightness, tightness

__all__ = ["Agreement", "Tightness", "agreement", "tightness"]
