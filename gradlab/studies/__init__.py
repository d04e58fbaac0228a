"""Where analyses meet: bounds beside gains, twins beside λ₁, estimators in training."""

from gradlab.studies.agreement import Agreement, agreement
from gradlab.studies.audit import audit_initialisation
from gradlab.studies.audit_result import InitialisationAudit
from gradlab.studies.bound_comparison import BoundComparison, compare_bounds
from gradlab.studies.character_model import CharacterModel
from gradlab.studies.diagnosis import (
    CheckedRemedy,
    Diagnosis,
    Exploration,
    GradientVerdict,
    LayerDiagnosis,
    diagnose,
    exploration,
)
from gradlab.studies.error_surface import ErrorSurface, error_surface
from gradlab.studies.horizons import GradientHorizons, gradient_horizons
from gradlab.studies.lag_lengths import lag_lengths
from gradlab.studies.minibatch import (
    MinibatchVariance,
    minibatch_variance,
    sequence_gradients,
)
from gradlab.studies.monitor import GradientMonitor
from gradlab.studies.monitor_events import NonFiniteStep
from gradlab.studies.monitor_lightning import monitor_callback
from gradlab.studies.monitor_log import MonitorLog, read_monitor
from gradlab.studies.optimisers import SGD, AbstractOptimiser, Adam
from gradlab.studies.recipe import Recipe
from gradlab.studies.sequence_bias import SequenceBias, sequence_bias
from gradlab.studies.stability import ModelStability, model_stability
from gradlab.studies.steady_states import SteadyStates, steady_states
from gradlab.studies.tightness import Tightness, tightness
from gradlab.studies.training import train
from gradlab.studies.training_record import Training, TrainingStop
from gradlab.studies.training_study import TrainingStudy, training_study
from gradlab.studies.truncation import Comparison, compare_truncations

__all__ = [
    "SGD",
    "AbstractOptimiser",
    "Adam",
    "Agreement",
    "BoundComparison",
    "CharacterModel",
    "CheckedRemedy",
    "Comparison",
    "Diagnosis",
    "ErrorSurface",
    "Exploration",
    "GradientHorizons",
    "GradientMonitor",
    "GradientVerdict",
    "InitialisationAudit",
    "LayerDiagnosis",
    "MinibatchVariance",
    "ModelStability",
    "MonitorLog",
    "NonFiniteStep",
    "Recipe",
    "SequenceBias",
    "SteadyStates",
    "Tightness",
    "Training",
    "TrainingStop",
    "TrainingStudy",
    "agreement",
    "audit_initialisation",
    "compare_bounds",
    "compare_truncations",
    "diagnose",
    "error_surface",
    "exploration",
    "gradient_horizons",
    "lag_lengths",
    "minibatch_variance",
    "model_stability",
    "monitor_callback",
    "read_monitor",
    "sequence_bias",
    "sequence_gradients",
    "steady_states",
    "tightness",
    "train",
    "training_study",
]
