"""Lyapunov exponents λ_i = lim (1/T) Σ_t ln|r_ii(t)| of J_t Q_{t−1} = Q_t R_t."""

import math

import numpy as np

from gradlab._checks import require_count, require_memory
from gradlab._results import Origin
from gradlab.dynamics import JacobianChain, Trajectory
from gradlab.exponents._blocks import (
    chain_of,
    counted_steps,
    growths,
    mean_log_abs_det,
    require_directions,
    sum_rule,
)
from gradlab.exponents._caveats import (
    caveat_of_rounding,
    caveats_of_blocks,
    caveats_of_orbit,
)
from gradlab.exponents._statistics import standard_errors
from gradlab.exponents.spectrum import LyapunovSpectrum
from gradlab.linalg._engines import Engine
from gradlab.linalg._weighted import sum_of_logs
from gradlab.typing import ArrayLike, Vector

__all__ = ["lyapunov_spectrum"]


def lyapunov_spectrum(
    trajectory_or_chain: Trajectory | JacobianChain | ArrayLike,
    *,
    k: int | None = None,
    burn_in: int = 0,
    blocks: int = 32,
    engine: Engine = "auto",
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
    engine : {"auto", "numpy", "numba"}
        As for `gradlab.linalg.graded_product`.

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
    All n directions start from the coordinate axes, in an order in which Jacobians that
    are block triangular keep to their blocks: their exponents are those of the blocks,
    whatever couples them.  Fewer start from a fixed frame in general position, and
    where they are few of many the Jacobians are applied to it in factored form.
    Exponents are sorted at the end.  A caveat says where rounding may have moved them
    by 1e-5 nats per step, as it does on strongly coupled triangles from other frames.

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
    require_memory("blocks", blocks, 2 * math.ceil(steps / block) * k)
    found = growths(chain, k=k, block=block, burn_in=burn_in, engine=engine)
    sums = found.sums[:, np.argsort(-found.sums.sum(axis=0), kind="stable")]
    lengths = np.full(len(sums), block)
    lengths[-1] = steps - block * (len(sums) - 1)
    exponents = sum_of_logs(sums) / steps
    caveats = caveats_of_blocks(sums, lengths, burn_in)
    caveats += caveats_of_orbit(trajectory_or_chain, float(exponents[0]))
    caveats += caveat_of_rounding(found.loss)
    return LyapunovSpectrum(
        exponents=exponents,
        stderr=standard_errors(sums, lengths),
        block_exponents=sums / lengths[:, None],
        block_steps=lengths,
        sum_rule=_sum_rule(exponents, chain[burn_in:]),
        size=chain.size,
        steps=steps,
        burn_in=burn_in,
        caveats=caveats,
        origin=Origin(parameters={"k": k, "burn_in": burn_in, "blocks": blocks}),
    )


def _sum_rule(exponents: Vector, chain: JacobianChain) -> float:
    if len(exponents) < chain.size:
        return math.nan
    return sum_rule(exponents, mean_log_abs_det(chain))
