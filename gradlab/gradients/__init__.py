"""Estimators of the gradient of an objective, and its profile over time."""

from gradlab.gradients.base import AbstractEstimator, Gradient
from gradlab.gradients.forward import Forward
from gradlab.gradients.full import Full
from gradlab.gradients.laws import Geometric, PowerLaw
from gradlab.gradients.moments import Moments, moments
from gradlab.gradients.profile import GradientProfile, profile
from gradlab.gradients.random_window import RandomWindow
from gradlab.gradients.randomized import RandomTruncation
from gradlab.gradients.segmented import Segmented
from gradlab.gradients.truncated import Truncated

__all__ = [
    "AbstractEstimator",
    "Forward",
    "Full",
    "Geometric",
    "Gradient",
    "GradientProfile",
    "Moments",
    "PowerLaw",
    "RandomTruncation",
    "RandomWindow",
    "Segmented",
    "Truncated",
    "moments",
    "profile",
]
