"""ln‖∂h_T/∂s_t‖ at every lag, exact: M ← M J_t from (I, 0), its small rows left out.

Singular values do not change under orthogonal factors from the left, so the block M is
rotated now and then, and only the rows that matter go on: some hundred after fifty
steps of an LSTM of 256 units, and five after a thousand.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import (
    describe_rng,
    require_count,
    require_number,
    require_one_of,
    require_rng,
)
from gradlab._results import Origin, Result
from gradlab._words import describe_rate
from gradlab.dynamics import Trajectory
from gradlab.gradients._batches import batch_of, first_steps
from gradlab.gradients._lag_sweep import Table, sweep
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Seed, Vector

__all__ = ["LagNorms", "lag_norms"]

_SEED = 0  # of the sketch, where none is given: the norms do not depend on it
_NUMBERS = 2**25  # of the blocks of all sequences that are taken together
_SAFE = 4.0  # over what rounding did to random rows
_UNIT = 2.0**-52  # of a logarithm itself
_GRAM = 2.0**-48  # a rounding of a Gram matrix in float64, relative to ‖·‖²


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LagNorms(Result):
    """How large ∂h_T/∂s_t is for every lag T − t, in nats: its leading singular values.

    The rows are the hidden part of the last state, the columns the whole state s_t (an
    LSTM's h and c).  Everything has a last axis B for a batch; NaN stands before the
    start of a sequence.

    Attributes
    ----------
    lags : (T + 1,) array of int
        0 … T.
    log_singular_values : (T + 1, ..., k) array
        ln σ_1 ≥ … ≥ ln σ_k; NaN beyond the rows that were kept.
    log_norm_hidden : (T + 1, ...) array
        ln‖∂h_T/∂h_t‖₂, the columns of the hidden part alone.
    log_frobenius : (T + 1, ...) array
        ln‖∂h_T/∂s_t‖_F.
    rank : (T + 1, ...) array of int
        Rows that were carried; 0 before the start.
    log_dropped : (T + 1, ...) array
        ln of a bound b on ‖A‖_F, A all rows that were left out times the Jacobians
        since: σ_i² lies between what is given and b² more.  −inf where none was.
    rounding : (T + 1, ...) array
        Relative error of a row carried in the precision used, against a better one.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("pascanu2013difficulty"),
        Reference("gratton2018improved", "the bound from a small sample"),
        Reference("zhou2006self", "the filter"),
    )

    lags: Array
    log_singular_values: Array
    log_norm_hidden: Array
    log_frobenius: Array
    rank: Array
    log_dropped: Array
    rounding: Array

    @property
    def log_norm(self) -> Array:
        """ln‖∂h_T/∂s_t‖₂ (T + 1, ...)."""
        return self.log_singular_values[..., 0]

    @property
    def log_error(self) -> Array:
        """Error of `log_norm` in nats (T + 1, ...): of rows left out and of rounding.

        The former is a bound, which holds at each lag of each sequence but for one in a
        million of the sketches drawn; the latter is four times what was measured on
        random rows, the size of it and not a bound.
        """
        return self._error(self.log_norm)

    @property
    def log_hidden_error(self) -> Array:
        """Error of `log_norm_hidden` in nats (T + 1, ...), like `log_error`."""
        return self._error(self.log_norm_hidden)

    @property
    def log_singular_error(self) -> Array:
        """Errors of `log_singular_values` in nats (T + 1, ..., k), like `log_error`.

        inf where a singular value is below what rounding leaves of the largest one.
        """
        logs = np.moveaxis(self.log_singular_values, -1, 0)
        return np.moveaxis(self._error(logs), 0, -1)

    def _error(self, logs: Array) -> Array:
        """Return the error of sizes given as logs (..., T + 1, ...), one of them."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            share = np.where(
                self.log_dropped == -np.inf, -np.inf, self.log_dropped - logs
            )
            left_out = np.logaddexp(0.0, 2 * share) / 2
            ratio = np.exp(np.where(self.log_norm == logs, 0.0, self.log_norm - logs))
            lost = _SAFE * self.rounding * ratio + _GRAM * ratio**2
            rounded = _UNIT * np.abs(np.where(np.isfinite(logs), logs, 0.0))
            return left_out + rounded - np.log1p(-np.minimum(lost, 1.0))

    @property
    def rates(self) -> Array:
        """Growth (...) of ln‖∂h_T/∂s_t‖₂ per step over all lags, in nats."""
        steps = (~np.isnan(self.log_norm)).sum(axis=0) - 1
        return np.take_along_axis(self.log_norm, steps[None], axis=0)[0] / steps

    def columns(self) -> dict[str, Array]:
        """Return a row for each lag; of a batch, medians and the widest of the rest."""
        if self.log_norm.ndim == 1:
            return {
                "lag": self.lags,
                "log_norm": self.log_norm,
                "log_norm_hidden": self.log_norm_hidden,
                "log_frobenius": self.log_frobenius,
                "rank": self.rank,
                "log_error": self.log_error,
            }
        seen = ~np.isnan(self.log_norm).all(axis=1)
        return {
            "lag": self.lags[seen],
            "log_norm": np.nanmedian(self.log_norm[seen], axis=1),
            "lowest": np.nanmin(self.log_norm[seen], axis=1),
            "highest": np.nanmax(self.log_norm[seen], axis=1),
            "log_norm_hidden": np.nanmedian(self.log_norm_hidden[seen], axis=1),
            "log_frobenius": np.nanmedian(self.log_frobenius[seen], axis=1),
            "rank": self.rank[seen].max(axis=1),
            "log_error": np.nanmax(self.log_error[seen], axis=1),
        }

    def describe(self) -> str:
        """Return the median rate as a person reads it, going back in time."""
        return describe_rate(float(np.median(self.rates)))


def lag_norms(
    trajectory: Trajectory,
    *,
    tol: float = 1e-6,
    dtype: str = "float32",
    rank: int | None = None,
    leading: int = 8,
    starts: ArrayLike | None = None,
    rng: Seed | None = None,
) -> LagNorms:
    """Return ln‖∂h_T/∂s_t‖₂ and the leading singular values for all lags T − t.

    Parameters
    ----------
    trajectory : Trajectory
        Of one sequence or of a batch, which is taken together.
    tol : float
        Rows are left out while that takes about so much, at most, from ln‖·‖₂; 0 keeps
        them all.  What it comes to is in ``log_error``.
    dtype : {"float32", "float64"}
        Of the products with Jacobians; logarithms and small matrices are float64.
    rank : int, optional
        At most so many rows go on, whatever `tol` says: quicker, at a stated error.
    leading : int
        How many singular values are asked for.
    starts : (B,) array_like of int, optional
        Sequence b begins with ``states[starts[b]]``: they are aligned at their ends.
    rng : Generator or int, optional
        Draws the sketch of what is left out, on which nothing but ``log_error``
        depends; a fixed seed unless given.

    Returns
    -------
    LagNorms
        The numbers are those of float64 Jacobians.  Errors of about 1e-6 in float32
        and 1e-14 in float64 are usual, more after many steps; they are stated lag by
        lag.  Nothing over- or underflows, whatever T.

    Raises
    ------
    InputError, InputTypeError
        If an argument is not what it should be.

    Notes
    -----
    M = ∂h_T/∂s_t starts as (I, 0) and goes back by M ← M J_t, 2 r n² flops for r rows
    of an RNN; few enough rows that the whole batch shares one product with the weights.
    When the lag has grown by a quarter, M = U Σ Vᵀ is replaced by the rows of Uᵀ M that
    are not too small.  See `gradlab.gradients.profile` for all singular values, however
    small, of one sequence.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> halving = run(Linear([[0.5]], [[1.0]]), [0.0], np.zeros((4000, 1)))
    >>> found = lag_norms(halving)
    >>> bool(np.isclose(found.log_norm[-1], -4000 * np.log(2)))
    True
    >>> found.describe()
    '×0.5 per step: halves every 1 step (−0.693 nats)'
    """
    batch = batch_of(trajectory)
    firsts = first_steps(batch, starts)
    tol = require_number("tol", tol, minimum=0.0, maximum=1.0)
    kind = require_one_of("dtype", dtype, ("float32", "float64"))
    hidden = trajectory.cell.hidden
    rank = hidden if rank is None else require_count("rank", rank)
    count = min(require_count("leading", leading), hidden)
    seed = _SEED if rng is None else rng
    origin = describe_rng(seed)
    table = _filled(
        batch,
        firsts,
        count,
        tol=tol,
        dtype=np.float32 if kind == "float32" else np.float64,
        rank=rank,
        rng=require_rng(seed),
    )
    shape = (len(batch) + 1, *trajectory.batch)
    logs = table.log_singular_values
    exact = np.isnan(logs) & (table.log_dropped == -np.inf)[..., None]
    return LagNorms(
        lags=np.arange(len(batch) + 1),
        log_singular_values=np.where(exact, -np.inf, logs).reshape(*shape, count),
        log_norm_hidden=table.log_norm_hidden.reshape(shape),
        log_frobenius=table.log_frobenius.reshape(shape),
        rank=table.rank.reshape(shape),
        log_dropped=table.log_dropped.reshape(shape),
        rounding=table.rounding.reshape(shape),
        origin=Origin(
            seed=origin,
            parameters={
                "cell": type(trajectory.cell).__name__,
                "T": len(batch),
                "n": trajectory.cell.sizes[0],
                "tol": tol,
                "dtype": kind,
                "rank": rank,
            },
        ),
    )


def _filled(
    batch: Trajectory,
    starts: Vector,
    count: int,
    *,
    tol: float,
    dtype: type,
    rank: int,
    rng: np.random.Generator,
) -> Table:
    """Return the table of a batch, some of its sequences after the others."""
    table = Table.empty(len(batch), len(starts), count)
    numbers = batch.cell.hidden * batch.states.shape[-1]
    together = max(_NUMBERS // numbers, 1)
    for first in range(0, len(starts), together):
        part = slice(first, first + together)
        some = Trajectory(batch.cell, batch.states[:, part], batch.inputs[:, part])
        sweep(
            some,
            starts[part],
            table.of_sequences(part),
            tol=tol,
            dtype=dtype,
            rank=rank,
            rng=rng,
        )
    return table
