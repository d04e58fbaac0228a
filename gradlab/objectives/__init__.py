"""Losses of a run through a linear readout: L = Σ_t w_t ℓ(W_qh h_t + b_q, y_t)."""

from gradlab.objectives.base import AbstractObjective
from gradlab.objectives.cross_entropy import CrossEntropy
from gradlab.objectives.given import GivenCotangents
from gradlab.objectives.squared_error import SquaredError

__all__ = ["AbstractObjective", "CrossEntropy", "GivenCotangents", "SquaredError"]
