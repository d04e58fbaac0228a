"""What is done against gradients that vanish or explode, and what it takes away."""

from gradlab.remedies.clipping import (
    Clipped,
    ClippedLags,
    ClipStatistics,
    clip_by_norm,
    clip_by_value,
    clip_statistics,
    clipped_lags,
    lag_contributions,
)

__all__ = [
    "ClipStatistics",
    "Clipped",
    "ClippedLags",
    "clip_by_norm",
    "clip_by_value",
    "clip_statistics",
    "clipped_lags",
    "lag_contributions",
]
