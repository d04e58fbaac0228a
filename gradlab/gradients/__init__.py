"""Estimators of the gradient of an objective, and its profile over time."""

from gradlab.gradients.base import AbstractEstimator, Gradient
from gradlab.gradients.forward import Forward
from gradlab.gradients.full import Full
from gradlab.gradients.horizon import HORIZON_LEVEL, gradient_horizon
from gradlab.gradients.lag_norms import LagNorms, lag_norms
from gradlab.gradients.lag_probes import LagProbes, lag_probes
from gradlab.gradients.lags import LagDecomposition, lag_decomposition
from gradlab.gradients.laws import FromLast, Geometric, PowerLaw, Waring
from gradlab.gradients.moments import Moments, moments
from gradlab.gradients.optimal_keep import (
    OptimalKeep,
    constant_keep,
    optimal_keep,
    optimal_survival,
    survival_variance,
)
from gradlab.gradients.profile import GradientProfile, profile
from gradlab.gradients.random_window import RandomWindow
from gradlab.gradients.randomized import RandomTruncation
from gradlab.gradients.renewal import RenewalTruncation
from gradlab.gradients.segment_bias import SegmentBias, segment_bias
from gradlab.gradients.segmented import Segmented
from gradlab.gradients.truncated import Truncated
from gradlab.gradients.window_choice import (
    NoiseMatch,
    WindowChoice,
    choose_window,
    noise_matched_window,
)

__all__ = [
    "HORIZON_LEVEL",
    "AbstractEstimator",
    "Forward",
    "FromLast",
    "Full",
    "Geometric",
    "Gradient",
    "GradientProfile",
    "LagDecomposition",
    "LagNorms",
    "LagProbes",
    "Moments",
    "NoiseMatch",
    "OptimalKeep",
    "PowerLaw",
    "RandomTruncation",
    "RandomWindow",
    "RenewalTruncation",
    "SegmentBias",
    "Segmented",
    "Truncated",
    "Waring",
    "WindowChoice",
    "choose_window",
    "constant_keep",
    "gradient_horizon",
    "lag_decomposition",
    "lag_norms",
    "lag_probes",
    "moments",
    "noise_matched_window",
    "optimal_keep",
    "optimal_survival",
    "profile",
    "segment_bias",
    "survival_variance",
]
