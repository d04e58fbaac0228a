"""Estimators of the gradient of an objective, and its profile over time."""

from gradlab.gradients.base import AbstractEstimator, Gradient
from gradlab.gradients.full import Full
from gradlab.gradients.profile import GradientProfile, profile

__all__ = ["AbstractEstimator", "Full", "Gradient", "GradientProfile", "profile"]
