"""Growth of a flag: the sums of ln|r_ii| of the recursion J_t Q_{t-1} = Q_t R_t.

The first i columns of Q_t span what J_t … J_1 makes of the first i columns of the
start frame, so Σ_t ln|r_ii| is the log growth of its i-th volume over its (i−1)-th:
the finite-time Lyapunov exponents, times T.  Not one QR is done per step: a pivoted LU
carries the same flag at a third of the cost, and one QR at the end of each block makes
the sums those of the QR recursion exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab._checks import require_array, require_count
from gradlab.errors import InputError
from gradlab.linalg._engines import Engine, Sweep, choose_sweep, count_steps
from gradlab.linalg._factors import RowScaled
from gradlab.linalg._flag import Flag
from gradlab.linalg._rounding_loss import warn_of_lost_digits
from gradlab.linalg._safeguards import is_poor
from gradlab.linalg._stacks import read_stacks
from gradlab.linalg._weighted import sum_of_logs
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["Growths", "block_log_growths", "growths_of_parts"]


@final
@dataclass(frozen=True, eq=False)
class Growths:
    """Sums of ln|r_ii| over blocks, and what rounding may have cost them.

    Attributes
    ----------
    sums : (blocks, k) ndarray
        Nats.
    steps : int
        Factors that were gone through.
    uncertainty : float
        Nats by which the total of a direction may be off, those of the last ones most.
    """

    sums: Array
    steps: int
    uncertainty: float

    @property
    def loss(self) -> float:
        """Nats per step that growths may be off by."""
        return self.uncertainty / max(self.steps, 1)


def block_log_growths(
    factors: Iterable[Array],
    *,
    block: int,
    k: int | None = None,
    frame: Matrix | None = None,
    skip: int = 0,
    engine: Engine = "auto",
) -> Array:
    """Return the sums over blocks of ln|r_ii|, i = 1 … k, of the QR recursion.

    Parameters
    ----------
    factors : (T, n, n) array_like, or an iterable of (n, n) arrays
        Real or complex, finite, in time order.
    block : int
        Steps in a block; the last block may be shorter.
    k : int, optional
        How many leading directions; the columns of `frame`, or all n of them.
    frame : (n, k) array_like, optional
        Independent start columns, whose span is followed; they need not be orthonormal.
        By default the first k columns of the identity.  Where k < n, or exponents are
        wanted in descending order, take a random one:
        ``orthogonal(n, gain=1.0, rng=rng)[:, :k]``.
    skip : int
        First steps that the frame goes through before the first block begins.
    engine : {"auto", "numpy", "numba"}
        As for `gradlab.linalg.graded_product`.

    Returns
    -------
    (blocks, k) ndarray
        Nats.  From the step at which a direction is exactly annihilated its entries are
        −inf; the others go on as if it had never been there.

    Raises
    ------
    InputError, InputTypeError
        If the factors are not finite square matrices of one size, or `frame` does not
        fit or has dependent columns.

    Warns
    -----
    LostDigitsWarning
        If rounding may have moved them by more than 1e-5 nats per factor, as on
        strongly coupled triangles that the start frame does not suit.

    Examples
    --------
    >>> block_log_growths([np.diag([2.0, 0.5])] * 6, block=4).round(8).tolist()
    [[2.77258872, -2.77258872], [1.38629436, -1.38629436]]
    """
    block = require_count("block", block)
    skip = require_count("skip", skip, minimum=0)
    stacks = read_stacks(factors)
    start = _start_frame(stacks.n, k, frame)
    sweep = choose_sweep(engine, stacks.n, count_steps(factors))
    found = growths_of_parts(stacks.parts, start, sweep, block=block, skip=skip)
    warn_of_lost_digits(found.uncertainty, found.steps)
    return found.sums


def growths_of_parts(
    parts: Iterable[Factors | RowScaled],
    frame: Matrix,
    sweep: Sweep,
    *,
    block: int,
    skip: int,
) -> Growths:
    """Return the growths (blocks, k) over stacks of finite factors, in time order.

    `frame` (n, k) is orthonormal; for the rest see `block_log_growths`.

    >>> parts = [RowScaled.of(np.array([[2.0, 0.5]] * 3), np.eye(2))]
    >>> sweep = choose_sweep("numpy", 2, 3)
    >>> found = growths_of_parts(parts, np.eye(2), sweep, block=2, skip=1)
    >>> found.sums.round(4).tolist()
    [[1.3863, -1.3863]]
    """
    flag = Flag.of(np.asfortranarray(frame), sweep)
    sums: list[list[Vector]] = [[]]
    since, span, steps = 0, skip or block, 0
    for stack in parts:
        ends = range(span - since, len(stack) + 1, block)
        first, *others = flag.follow(stack, ends)
        sums[-1] += first
        sums += others
        steps += len(stack)
        since = len(stack) - ends[-1] if ends else since + len(stack)
        span = block if ends else span
    if since:
        sums[-1].append(flag.settle())
    else:
        sums.pop()
    found = _added_up(sums[1 if skip else 0 :], flag.k)
    return Growths(found, steps, flag.loss.nats)


def _added_up(sums: list[list[Vector]], k: int) -> Array:
    """Return the sums of lists of (k,) logs, one row each."""
    terms = np.zeros((max(map(len, sums), default=0), len(sums), k))
    for i, column in enumerate(sums):
        terms[: len(column), i] = column
    return sum_of_logs(terms) if len(terms) else np.zeros((0, k))


def _start_frame(n: int, k: int | None, frame: Matrix | None) -> Matrix:
    if frame is not None:
        sizes = {"n": n} if k is None else {"n": n, "k": require_count("k", k)}
        columns = require_array("frame", frame, "(n, k)", sizes=sizes)
    else:
        columns = np.eye(n)[:, : n if k is None else require_count("k", k)]
    if (k or columns.shape[1]) > n:
        message = f"`k` must be at most n = {n}; got {k or columns.shape[1]}."
        raise InputError(message)
    Q, R = np.linalg.qr(columns)
    if columns.size and is_poor(np.asfortranarray(R)):
        message = "`frame` must have independent columns; they are nearly dependent."
        raise InputError(message)
    return np.asfortranarray(Q)
