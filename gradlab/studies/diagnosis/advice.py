"""What the gradients of a layer suggest for its training: windows, and where to clip.

All by other rooms: `choose_window` and `noise_matched_window` of the gradients, and the
distribution of norms of the remedies; here they are asked about a recorded layer.
"""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.dynamics import ScaledRows, Trajectory
from gradlab.errors import RangeError
from gradlab.gradients import Full, choose_window, noise_matched_window
from gradlab.objectives import GivenCotangents
from gradlab.remedies import clip_statistics
from gradlab.studies.diagnosis.subject import Subject

__all__ = ["Advice", "advice"]

_BIAS = 0.1
_FRACTION = 0.1
_STEPS, _SEQUENCES = 128, 4  # at most: all windows cost T² n² flops a sequence
_LARGEST = 700.0  # nats: beyond it δ is no float64


@final
@dataclass(frozen=True)
class Advice:
    """Numbers for a training loop; NaN where they cannot be told.

    Attributes
    ----------
    window : float
        The smallest truncation window whose relative bias is below a tenth, over the
        last steps looked at.
    noise_window : float
        The smallest whose squared bias is below a tenth of the minibatch's variance.
    window_steps : int
        How many last steps were looked at: a window that long is "all of them".
    clip_norm : float
        The norm that nine tenths of the sequences' gradients stay below.
    """

    window: float = math.nan
    noise_window: float = math.nan
    window_steps: int = 0
    clip_norm: float = math.nan


def advice(subject: Subject) -> Advice:
    """Return advice from a layer's loss; nothing without one, or beyond float64."""
    given = _given(subject)
    if given is None:
        return Advice()
    try:
        (B,) = given.trajectory.batch
        norms = [
            np.linalg.norm(Full().gradient(given.sequence(b)).flat) for b in range(B)
        ]
        last = _last(given)
        return Advice(
            window=choose_window(last, _BIAS).window,
            noise_window=(
                noise_matched_window(last, _FRACTION).window
                if last.trajectory.batch[0] > 1
                else math.nan
            ),
            window_steps=len(last.trajectory),
            clip_norm=clip_statistics(norms, quantile=0.9).suggested,
        )
    except RangeError:
        return Advice()


def _given(subject: Subject) -> GivenCotangents | None:
    """Return the loss of a layer as an objective, if float64 holds its gradients."""
    if subject.losses is None or subject.starts.any():
        return None
    rows: ScaledRows = subject.losses.every
    if rows.log_norms().max() > _LARGEST:
        return None
    sources = np.ldexp(rows.mantissa, rows.exponent[..., None])
    return GivenCotangents(subject.trajectory, sources)


def _last(given: GivenCotangents) -> GivenCotangents:
    """Return the last steps of a few sequences."""
    trajectory = given.trajectory
    steps = min(len(trajectory), _STEPS)
    (B,) = trajectory.batch
    at = np.linspace(0, B - 1, min(B, _SEQUENCES)).round().astype(int)
    cut = Trajectory(
        trajectory.cell,
        trajectory.states[-steps - 1 :, at],
        trajectory.inputs[-steps:, at],
    )
    return GivenCotangents(cut, given.given[-steps:, at])
