"""The quick look at all lags: ‖uᵀ ∂h_T/∂s_t‖² of random signs u, ‖·‖_F² on average.

A few rows go back instead of all, so the estimate has an error: with q the mean square
of p probes and v its relative variance for one of them, taken as gamma distributed,

    ln‖M‖_F = ½ [ln q + ln a − ψ(a)] ± ½ √ψ'(a),    a = p/v.

v is at most 2, which it comes near where one direction is left: from there on every lag
sees the same overlaps of the probes with it, and no average over lags helps.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy import special

from gradlab._checks import (
    describe_rng,
    require_length,
    require_one_of,
    require_rng,
)
from gradlab._results import Origin, Result
from gradlab.dynamics import Trajectory
from gradlab.gradients._batches import batch_of, first_steps
from gradlab.gradients._lag_rows import rescale
from gradlab.gradients._stretches import stretches_back
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Seed, Vector

__all__ = ["LagProbes", "lag_probes"]

_MOST, _LEAST = 2.0, 1e-12  # of v: the former is that of a rank of 1


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LagProbes(Result):
    """Lengths of random rows of ∂h_T/∂s_t for every lag T − t, in nats.

    Attributes
    ----------
    lags : (T + 1,) array of int
        0 … T.
    log_norms : (T + 1, ..., p) array
        ln‖uᵀ ∂h_T/∂s_t‖₂ for each of p vectors u of random signs, the same at all lags;
        the middle axis B is there for a batch.  NaN before the start of a sequence.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("hutchinson1989stochastic"),)

    lags: Array
    log_norms: Array

    @property
    def log_frobenius(self) -> Array:
        """Estimate of ln‖∂h_T/∂s_t‖_F (T + 1, ...), unbiased for gamma squares."""
        shape = self._shape
        with np.errstate(divide="ignore"):
            log_mean = np.log(self._relative.mean(axis=-1)) + 2 * self._largest
        return (log_mean + np.log(shape) - special.digamma(shape)) / 2

    @property
    def stderr(self) -> Array:
        """Standard error of `log_frobenius` (T + 1, ...), from the probes' spread.

        The spread is pooled over the sequences of a batch, at each lag.
        """
        error = np.sqrt(special.polygamma(1, self._shape)) / 2
        return np.where(np.isnan(self._largest), np.nan, error)

    @property
    def _largest(self) -> Array:
        return self.log_norms.max(axis=-1)

    @property
    def _relative(self) -> Array:
        """Squares over the largest of a sequence at a lag (T + 1, ..., p)."""
        largest = np.where(np.isfinite(self._largest), self._largest, 0.0)
        return np.exp(2 * (self.log_norms - largest[..., None]))

    @property
    def _shape(self) -> Array:
        """The shape a = p/v (T + 1, 1) or (T + 1,), from squares over their mean.

        For p gamma variables w = s²/mean² has the mean v/(1 + v/p).
        """
        squares = self._relative
        count = squares.shape[-1]
        if count == 1:
            return np.full(self._largest[..., :1].shape, count / _MOST)
        mean = squares.mean(axis=-1)
        spread = squares.var(axis=-1, ddof=1)
        known = mean > 0
        w = np.divide(spread, mean**2, out=np.zeros_like(mean), where=known)
        if w.ndim == 2:
            w = w.sum(axis=1, keepdims=True) / np.maximum(
                known.sum(axis=1, keepdims=True), 1
            )
        v = w / np.maximum(1 - w / count, _LEAST)
        return count / np.clip(v, _LEAST, _MOST)

    def columns(self) -> dict[str, Array]:
        """Return lag, estimate and error; of a batch, their means and the spread."""
        estimate, error = self.log_frobenius, self.stderr
        if estimate.ndim == 1:
            return {"lag": self.lags, "log_frobenius": estimate, "stderr": error}
        seen = ~np.isnan(estimate).all(axis=1)
        return {
            "lag": self.lags[seen],
            "log_frobenius": np.nanmean(estimate[seen], axis=1),
            "lowest": np.nanmin(estimate[seen], axis=1),
            "highest": np.nanmax(estimate[seen], axis=1),
            "stderr": np.nanmax(error[seen], axis=1),
        }


def lag_probes(
    trajectory: Trajectory,
    *,
    probes: int = 4,
    rng: Seed,
    starts: ArrayLike | None = None,
    dtype: str = "float32",
) -> LagProbes:
    """Return ln‖uᵀ ∂h_T/∂s_t‖ for random signs u in the hidden part, at every lag.

    Parameters
    ----------
    trajectory : Trajectory
        Of one sequence or of a batch, which is taken together.
    probes : int
        p, the vectors u drawn for every sequence.
    rng : Generator or int
        Draws them.
    starts : (B,) array_like of int, optional
        Sequence b begins with ``states[starts[b]]``: they are aligned at their ends.
    dtype : {"float32", "float64"}
        Of the products: float32 is quicker, and its rounding nothing beside the spread
        of the probes, unless the Jacobians are near orthogonal ones and have no spread.

    Returns
    -------
    LagProbes

    Raises
    ------
    InputError, InputTypeError
        If an argument is not what it should be.

    Notes
    -----
    E‖uᵀM‖² = ‖M‖_F² for independent signs [hutchinson1989stochastic].  The rows cost
    what so many vectors going back cost, for the whole batch at once.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> halving = run(Linear(np.eye(3) / 2, np.zeros((3, 1))), np.zeros(3), [[0.0]] * 9)
    >>> found = lag_probes(halving, rng=0)
    >>> bool(np.isclose(found.log_frobenius[9], np.log(3) / 2 - 9 * np.log(2)))
    True
    """
    batch = batch_of(trajectory)
    firsts = first_steps(batch, starts)
    each = len(firsts) * (len(batch) + 1 + 2 * trajectory.states.shape[-1])
    count = require_length("probes", probes, each=each)
    origin = describe_rng(rng)
    kind = require_one_of("dtype", dtype, ("float32", "float64"))
    number = np.float32 if kind == "float32" else np.float64
    logs = _log_norms(batch, firsts, count, require_rng(rng), number)
    cell = type(trajectory.cell).__name__
    parameters = {"cell": cell, "T": len(batch), "probes": count, "dtype": kind}
    return LagProbes(
        lags=np.arange(len(batch) + 1),
        log_norms=logs.reshape(len(batch) + 1, *trajectory.batch, count),
        origin=Origin(seed=origin, parameters=parameters),
    )


def _log_norms(
    batch: Trajectory,
    starts: Vector,
    count: int,
    rng: np.random.Generator,
    dtype: type,
) -> Array:
    """Return ln‖uᵀ M‖ (T + 1, B, p); NaN before the start of a sequence."""
    hidden, n = batch.cell.hidden, batch.states.shape[-1]
    rows: Array = np.zeros((len(starts), count, n), dtype)
    signs = rng.integers(0, 2, size=(len(starts), count, hidden))
    rows[..., :hidden] = 2 * signs - 1
    spare, exponent = np.empty_like(rows), np.zeros(len(starts), dtype=np.int64)
    everyone = np.arange(len(starts))
    logs = np.full((len(batch) + 1, len(starts), count), np.nan)
    logs[0] = np.log(hidden) / 2
    for stretch in stretches_back(batch, (dtype,)):
        steps = len(stretch)
        squares = np.empty((steps, len(starts), count))
        exponents = np.empty((steps, len(starts), 1), dtype=np.int64)
        for t in range(steps)[::-1]:
            stretch.products[0].times(t, everyone, rows, spare)
            rows, spare = spare, rows
            exponent += stretch.exponent[t]
            squares[t], exponents[t, :, 0] = _squares(rows), exponent
            shift = rescale(rows, squares[t].sum(axis=1))
            if shift.any():
                exponent += shift
                squares[t], exponents[t, :, 0] = _squares(rows), exponent
        with np.errstate(divide="ignore"):
            found = np.log(squares) / 2 + np.log(2) * exponents
        times = np.arange(stretch.start, stretch.start + steps)
        seen = (starts <= times[:, None])[:, :, None]
        logs[len(batch) - times] = np.where(seen, found, np.nan)
    return logs


def _squares(rows: Array) -> Array:
    return np.einsum("bij,bij->bi", rows, rows).astype(np.float64)
