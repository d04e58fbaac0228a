"""What is done against gradients that vanish or explode, and what it takes away."""

from gradlab.remedies.clip_statistics import ClipStatistics, clip_statistics
from gradlab.remedies.clipped_lags import ClippedLags, clipped_lags, lag_contributions
from gradlab.remedies.clipping import Clipped, clip_by_norm, clip_by_value
from gradlab.remedies.initialise import (
    INITIALISATIONS,
    Initialisation,
    initial_cell,
)
from gradlab.remedies.norm_histogram import NormHistogram

__all__ = [
    "INITIALISATIONS",
    "ClipStatistics",
    "Clipped",
    "ClippedLags",
    "Initialisation",
    "NormHistogram",
    "clip_by_norm",
    "clip_by_value",
    "clip_statistics",
    "clipped_lags",
    "initial_cell",
    "lag_contributions",
]
