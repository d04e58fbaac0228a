"""Diagnosis: is a model's gradient the problem, where, why, and what to do."""

from gradlab.studies.diagnosis.diagnosis import Diagnosis
from gradlab.studies.diagnosis.door import diagnose
from gradlab.studies.diagnosis.exploration import Exploration, exploration
from gradlab.studies.diagnosis.result import CheckedRemedy, LayerDiagnosis
from gradlab.studies.diagnosis.verdict import GradientVerdict

__all__ = [
    "CheckedRemedy",
    "Diagnosis",
    "Exploration",
    "GradientVerdict",
    "LayerDiagnosis",
    "diagnose",
    "exploration",
]
