"""How large ∂h_T/∂s_t is lag by lag, whatever the loss: exact norms, or random rows'.

s_t is the whole state, an LSTM's h and c.  The exact norm is ‖·‖₂, with a bound of what
was left out and the size of rounding; four random rows estimate ‖·‖_F.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.gradients import lag_norms, lag_probes
from gradlab.studies.diagnosis.subject import Subject
from gradlab.typing import Array, Seed, Vector

__all__ = ["JacobianNorms", "exact_norms", "probed_norms"]


@final
@dataclass(frozen=True, eq=False)
class JacobianNorms:
    """Norms of ∂h_T/∂s_t in nats with their errors, both (T, B), at lags 0 … T − 1.

    NaN from the first step of a sequence on: h_0 is given, and nothing is behind it.
    """

    logs: Array
    error: Array

    @classmethod
    def _of(cls, subject: Subject, logs: Array, error: Array) -> "JacobianNorms":
        T = len(subject.trajectory)
        inside = np.arange(T)[:, None] < T - subject.starts[None, :]
        found = (np.where(inside, values[:T], np.nan) for values in (logs, error))
        return cls(*found)

    @classmethod
    def unknown(cls, subject: Subject) -> "JacobianNorms":
        """Return no norms at no lag."""
        nothing = np.empty((0, len(subject.starts)))
        return cls(nothing, nothing)

    def largest_error(self) -> Vector:
        """Return the largest error over sequences, at the lags that any of them has."""
        seen = ~np.isnan(self.error).all(axis=1)
        return np.nanmax(self.error[seen], axis=1)


def exact_norms(subject: Subject) -> JacobianNorms:
    """Return ln‖∂h_T/∂s_t‖₂ by `lag_norms`."""
    found = lag_norms(subject.trajectory, starts=_starts(subject), leading=1)
    return JacobianNorms._of(subject, found.log_norm, found.log_error)


def probed_norms(subject: Subject, *, rng: Seed) -> JacobianNorms:
    """Return the estimate of ln‖∂h_T/∂s_t‖_F by `lag_probes` and its standard error.

    Without a loss the verdict rests on them, and roundings of float32 would pass for
    growth where nothing else grows.
    """
    dtype = "float64" if subject.losses is None else "float32"
    found = lag_probes(
        subject.trajectory, starts=_starts(subject), rng=rng, dtype=dtype
    )
    return JacobianNorms._of(subject, found.log_frobenius, found.stderr)


def _starts(subject: Subject) -> Array:
    """Return where sequences start; an empty one has to start somewhere as well."""
    return np.minimum(subject.starts, len(subject.trajectory) - 1)
