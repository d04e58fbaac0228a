"""Estimators of the gradient of an objective, and its profile over time."""

from gradlab.gradients.base import AbstractEstimator, Gradient
from gradlab.gradients.full import Full
from gradlab.gradients.profile import GradientProfile, profile
from gradlab.gradients.randomized import RandomTruncation
from gradlab.gradients.segmented import Segmented
from gradlab.gradients.truncated import Truncated

__all__ = [
    "AbstractEstimator",
    "Full",
    "Gradient",
    "GradientProfile",
    "RandomTruncation",
    "Segmented",
    "Truncated",
    "profile",
]
