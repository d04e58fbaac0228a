"""What rounding costs a chain for good: some 8 n eps Σ_t ‖|J_t⁻¹||J_t|‖_∞ nats.

A step of a sweep is as good as changing every entry of J_t by 8 n eps of it, and that
moves logs of growths and of singular values by about so much.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from scipy.linalg.lapack import dgecon, dgetrf, zgecon, zgetrf
from scipy.sparse.csgraph import connected_components

from gradlab.errors import LostDigitsWarning
from gradlab.linalg._factors import Steps, prepared
from gradlab.linalg.exact_rank import singular_factors
from gradlab.typing import Array, Factors, Matrix

__all__ = ["WORTH_A_WORD", "RoundingLoss", "loss_per_step", "warn_of_lost_digits"]

WORTH_A_WORD = 1e-5  # nats per step, of which later steps may make any number
_UNIT = 2.0**-53
_SINGULAR = 1e-12  # the reciprocal condition up to which a factor may be singular
_ROUTINES: dict[str, tuple[Any, Any]] = {
    "d": (dgetrf, dgecon),
    "D": (zgetrf, zgecon),
}
_DOUBTFUL = 1e-9  # nats per step and unit; from there on more factors are measured
_SAMPLE = 16  # so many of a stack
_APART, _ENTRIES = 512, 2**21  # steps from one look to the next, or their entries


@final
@dataclass(frozen=True)
class RoundingLoss:
    """How many nats logs may be off by after the steps so far.

    Attributes
    ----------
    nats : float
        The estimate; inf where it is above 1e-5 a step, for it grows from step to step.
    rate : float
        Nats per step, of the factors measured last; they stand for those around them.
    due, gap : int
        Steps until the next is measured, and from it to the one after it.
    """

    nats: float = 0.0
    rate: float = 0.0
    due: int = 0
    gap: int = 16

    def after(self, steps: Steps, *frames: Matrix) -> "RoundingLoss":
        """Return it after all steps of a stack.

        Where a flag is followed, `frames` are those before and after.
        """
        if not len(steps):
            return self
        count = int(steps.done[-1])
        longest = max(_APART, _ENTRIES // max(steps.n**2, 1))
        rate, due, gap, looks = self.rate, self.due, self.gap, []
        while due < count:
            looks.append(due)
            due, gap = due + gap, min(4 * gap, longest)
        if looks:
            rate = _rate(steps, _whole(steps, looks))
        if rate > _DOUBTFUL * steps.n:
            each = range(0, count, -(-count // _SAMPLE))
            rate = _rate(steps, _whole(steps, each), *frames)
        if rate > WORTH_A_WORD:
            rate = math.inf
        return RoundingLoss(self.nats + rate * count, rate, due - count, gap)

    def at(self, steps: Steps, suspects: Array, *frames: Matrix) -> "RoundingLoss":
        """Return it with steps counted by themselves whose pivots have lost digits."""
        suspects = suspects[suspects < len(steps)]
        if not len(suspects):
            return self
        few = suspects[:: -(-len(suspects) // _SAMPLE)]
        lost = _rate(steps, few, *frames) * len(suspects)
        return replace(self, nats=self.nats + lost)


def loss_per_step(stack: Factors) -> float:
    """Return nats per step that growths over factors like the first may be off by.

    >>> 1e-15 < loss_per_step(np.eye(8)[None]) < 1e-14
    True
    """
    return RoundingLoss().after(prepared(stack)).rate


def warn_of_lost_digits(nats: float, steps: int) -> None:
    """Warn the caller's caller, if so many nats over the steps are worth a word."""
    if nats > WORTH_A_WORD * steps:
        warnings.warn(LostDigitsWarning(nats), stacklevel=3)


def _whole(steps: Steps, factors: Sequence[int]) -> Array:
    """Return the steps that end given factors.

    Of a factor that was taken apart only the second part may lose anything.
    """
    return np.searchsorted(steps.done, np.asarray(factors) + 1)


def _rate(steps: Steps, which: Array, *frames: Matrix) -> float:
    """Return 8 n eps times the mean condition of some of the steps."""
    # Of two real directions a step in whole numbers loses neither.
    if steps.n <= (1 if np.iscomplexobj(steps.matrices) else 2):
        return 0.0
    factors = steps.dense(which)
    if frames:
        factors = factors * _coupled(*frames)
    return 8 * steps.n * _UNIT * float(np.mean([_condition(J) for J in factors]))


def _condition(J: Matrix) -> float:
    """Return ‖|J⁻¹||J|‖_∞, as LAPACK estimates it; 0 if J is exactly singular.

    Units with a row or column of zeros are dead, and lose directions, not digits.
    """
    entries = np.abs(J)
    dead = (entries.max(axis=1) == 0) | (entries.max(axis=0) == 0)
    if dead.any():
        J = J + np.diag(np.where(entries.any(axis=1), entries.max(axis=1), 1.0) * dead)
        entries = np.abs(J)
    # With rows that add up to 1 in magnitude, |J| 1 = 1 and it is ‖J⁻¹‖_∞ = ‖J⁻ᵀ‖₁;
    # LAPACK wants the columns of Jᵀ side by side, and there they are.
    getrf, gecon = _ROUTINES[J.dtype.char]
    scaled = J / entries.sum(axis=1, keepdims=True)
    packed = getrf(scaled.T, overwrite_a=1)[0]
    reciprocal = float(gecon(packed, 1.0, norm="1")[0])
    if reciprocal < _SINGULAR and singular_factors(J[None])[0]:
        return 0.0
    return 1 / reciprocal if reciprocal > 0 else math.inf


def _coupled(*frames: Matrix) -> Array:
    """Return whether axes belong to one block of those that frames keep apart (n, n).

    J_t F_{t−1} = F_t U_t with block diagonal frames makes J_t block triangular, and
    what couples its blocks moves no growth.
    """
    pattern = (np.hstack(frames) != 0).astype(float)
    label = connected_components(pattern @ pattern.T, directed=False)[1]
    return label[:, None] == label
