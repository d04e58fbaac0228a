"""Lyapunov exponents λ_i = lim (1/T) Σ_t ln|r_ii(t)| of J_t Q_{t−1} = Q_t R_t.

The run is cut into B blocks.  With block sums S_b over L_b steps and T = Σ L_b,

    λ = Σ_b S_b / T,      stderr² = Σ_b L_b (S_b / L_b − λ)² / ((B − 1) T),

which is right, whatever the correlation from step to step, once a block is much longer
than it lasts.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count
from gradlab._results import Origin, Result
from gradlab._words import describe_rate
from gradlab.dynamics import JacobianChain, Trajectory
from gradlab.exponents._blocks import (
    chain_of,
    counted_steps,
    growths,
    require_directions,
)
from gradlab.exponents._caveats import caveats_of_blocks, caveats_of_orbit
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = ["LyapunovSpectrum", "lyapunov_spectrum"]

_SHOWN = 10
_ENTRIES = 2**20  # of Jacobians made dense at once for their determinants


@final
@dataclass(frozen=True, eq=False, repr=False)
class LyapunovSpectrum(Result):
    """Lyapunov exponents with their errors, in nats per step.

    Attributes
    ----------
    exponents : (k,) array
        λ_1 ≥ … ≥ λ_k; −inf for directions that a singular Jacobian annihilates.
    stderr : (k,) array
        Standard errors from the spread of the blocks, with B − 1 degrees of freedom;
        NaN from a single block, and 0 where the exponent is −inf, which more steps
        cannot change.
    block_exponents : (B, k) array
        The same rates over each block.
    block_steps : (B,) array of int
        Steps in each block; the last may be shorter.
    sum_rule : float
        Σ λ_i − mean ln|det J_t| over the counted steps, which is 0 but for rounding;
        NaN where k < n.
    size : int
        n.
    steps, burn_in : int
        Steps that were counted, and steps left out before them.
    caveats : tuple of str
        What a reader should know before believing the numbers; empty if nothing.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("benettin1980lyapunov"),
        Reference("eckmann1985ergodic"),
    )

    exponents: Vector
    stderr: Vector
    block_exponents: Array
    block_steps: Array
    sum_rule: float
    size: int
    steps: int
    burn_in: int
    caveats: tuple[str, ...]

    @property
    def top(self) -> float:
        """λ_1, in nats per step."""
        return float(self.exponents[0])

    @property
    def convergence(self) -> Array:
        """The exponents as they stood at the end of each block (B, k)."""
        done = np.cumsum(self.block_steps)
        return np.cumsum(self._sums(), axis=0) / done[:, None]

    @property
    def split_half(self) -> Vector:
        """Rate over the later half of the blocks minus that over the earlier (k,)."""
        cut = len(self.block_steps) // 2
        if cut == 0:
            return np.full(len(self.exponents), np.nan)
        sums, steps = self._sums(), self.block_steps
        with np.errstate(invalid="ignore"):  # −inf − (−inf): NaN
            late = sums[cut:].sum(axis=0) / steps[cut:].sum()
            return late - sums[:cut].sum(axis=0) / steps[:cut].sum()

    def columns(self) -> dict[str, Array]:
        """Return the table: index, exponent, standard error."""
        index = np.arange(1, len(self.exponents) + 1)
        return {"index": index, "exponent": self.exponents, "stderr": self.stderr}

    def describe(self) -> str:
        """Say the exponents in words, the first ten and the last, then the caveats."""
        k = len(self.exponents)
        shown = [*range(min(k, _SHOWN)), *([k - 1] if k > _SHOWN else [])]
        width = len(f"λ_{k}")
        lines = [
            f"{f'λ_{i + 1}':<{width}}  "
            f"{self.exponents[i]:+.6f} ± {self.stderr[i]:.1g}  "
            f"{describe_rate(float(self.exponents[i]))}"
            for i in shown
        ]
        head = f"{k} of {self.size} Lyapunov exponents in nats per step"
        head += f", {self.steps} steps after a burn-in of {self.burn_in}"
        notes = [f"note: {caveat}" for caveat in self.caveats]
        return "\n".join([head, *lines, *notes])

    __str__ = describe

    def _sums(self) -> Array:
        return self.block_exponents * self.block_steps[:, None]


def lyapunov_spectrum(
    trajectory_or_chain: Trajectory | JacobianChain | ArrayLike,
    *,
    k: int | None = None,
    burn_in: int = 0,
    blocks: int = 32,
) -> LyapunovSpectrum:
    """Return the k largest Lyapunov exponents of a run, in nats per step.

    Parameters
    ----------
    trajectory_or_chain : Trajectory, JacobianChain or (T, n, n) array_like
        In time order, T ≥ 1.
    k : int, optional
        How many, 1 … n; all n of them by default.
    burn_in : int
        Steps in front that bring the frame (and the state) where they belong and are
        not counted.  Without it the exponents are off by O(1/T).
    blocks : int
        How many blocks the error is estimated from.  Each should be much longer than
        correlations last; fewer blocks make the error itself less certain.

    Returns
    -------
    LyapunovSpectrum

    Raises
    ------
    InputError
        If `burn_in` leaves no step, `k` is not in 1 … n, or a trajectory is a batch.
    InputTypeError
        If `k`, `burn_in` or `blocks` is not an integer.

    Notes
    -----
    The frame is carried by one pivoted LU per step, with a QR at the end of each block,
    which gives the same |r_ii| as QR at every step and loses less in saturated chains.
    All n directions start from the coordinate axes and the exponents are then sorted;
    fewer start from a fixed frame in general position, and where they are few of many
    the Jacobians are applied to it in factored form.

    Examples
    --------
    >>> cat_map = [[[2, 1], [1, 1]]] * 400
    >>> lyapunov_spectrum(cat_map, burn_in=100).exponents.round(12).tolist()
    [0.962423650119, -0.962423650119]
    """
    chain = chain_of(trajectory_or_chain)
    k = require_directions(k, chain.size)
    steps = counted_steps(chain, burn_in)
    block = math.ceil(steps / require_count("blocks", blocks))
    sums = growths(chain, k=k, block=block, burn_in=burn_in)
    sums = sums[:, np.argsort(-sums.sum(axis=0), kind="stable")]
    lengths = np.full(len(sums), block)
    lengths[-1] = steps - block * (len(sums) - 1)
    exponents = sums.sum(axis=0) / steps
    caveats = caveats_of_blocks(sums, lengths, burn_in)
    if isinstance(trajectory_or_chain, Trajectory):
        caveats += caveats_of_orbit(trajectory_or_chain, float(exponents[0]))
    return LyapunovSpectrum(
        exponents=exponents,
        stderr=_standard_errors(sums, lengths),
        block_exponents=sums / lengths[:, None],
        block_steps=lengths,
        sum_rule=_sum_rule(exponents, chain[burn_in:]),
        size=chain.size,
        steps=steps,
        burn_in=burn_in,
        caveats=caveats,
        origin=Origin(parameters={"k": k, "burn_in": burn_in, "blocks": blocks}),
    )


def _standard_errors(sums: Array, lengths: Array) -> Vector:
    steps, count = lengths.sum(), len(lengths)
    finite = np.isfinite(sums).all(axis=0)
    errors = np.where(finite, np.nan, 0.0)
    if count > 1:
        kept = sums[:, finite]
        apart = kept / lengths[:, None] - kept.sum(axis=0) / steps
        squares = (lengths[:, None] * apart**2).sum(axis=0)
        errors[finite] = np.sqrt(squares / ((count - 1) * steps))
    return errors


def _sum_rule(exponents: Vector, chain: JacobianChain) -> float:
    if len(exponents) < chain.size:
        return math.nan
    stretch = max(1, _ENTRIES // chain.size**2)
    cuts = range(0, len(chain), stretch)
    logs = [chain[cut : cut + stretch].log_abs_dets() for cut in cuts]
    total, mean = float(exponents.sum()), float(np.concatenate(logs).mean())
    return 0.0 if total == mean else total - mean
