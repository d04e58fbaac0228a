"""Growth of a flag: the sums of ln|r_ii| of the recursion J_t Q_{t-1} = Q_t R_t.

The first i columns of Q_t span what J_t … J_1 makes of the first i columns of the
start frame, so Σ_t ln|r_ii| is the log growth of its i-th volume over its (i−1)-th:
the finite-time Lyapunov exponents, times T.  Not one QR is done per step: a pivoted LU
carries the same flag at a third of the cost, and one QR at the end of each block makes
the sums those of the QR recursion exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg.lapack import dgeqrf, zgeqrf

from gradlab._checks import require_array, require_count
from gradlab.errors import InputError
from gradlab.linalg._engines import Engine, Sweep, choose_sweep, count_steps
from gradlab.linalg._exact_elimination import exact_elimination, weights_in_order
from gradlab.linalg._factors import RowScaled, Steps, prepared
from gradlab.linalg._safeguards import (
    Trouble,
    is_dependent,
    is_poor,
    trouble,
    with_sorted_rows,
)
from gradlab.linalg._stacks import read_stacks
from gradlab.linalg._weighted import log_magnitude, log_of_product, sum_of_logs
from gradlab.linalg.exact_rank import ImageBasis
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["Flag", "block_log_growths", "growths_of_parts"]

_STRETCH = 256  # steps between looks at the frame, or more
_ENTRIES = 2**15  # of their pivots


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
    return growths_of_parts(stacks.parts, start, sweep, block=block, skip=skip)


def growths_of_parts(
    parts: Iterable[Factors | RowScaled],
    frame: Matrix,
    sweep: Sweep,
    *,
    block: int,
    skip: int,
) -> Array:
    """Return the growths (blocks, k) over stacks of finite factors, in time order.

    `frame` (n, k) is orthonormal; for the rest see `block_log_growths`.

    >>> parts = [RowScaled.of(np.array([[2.0, 0.5]] * 3), np.eye(2))]
    >>> sweep = choose_sweep("numpy", 2, 3)
    >>> growths_of_parts(parts, np.eye(2), sweep, block=2, skip=1).round(4).tolist()
    [[1.3863, -1.3863]]
    """
    flag = Flag.of(np.asfortranarray(frame), sweep)
    sums: list[list[Vector]] = []
    left = 0
    for stack in parts:
        done = 0
        while done < len(stack):
            if left == 0:
                left = skip if skip and not sums else block
                sums.append([])
            piece = stack[done : done + left]
            sums[-1].append(flag.advance(piece))
            done += len(piece)
            left -= len(piece)
            if left == 0:
                sums[-1].append(flag.settle())
    if left:
        sums[-1].append(flag.settle())
    counted = [sum_of_logs(np.array(terms)) for terms in sums[1 if skip else 0 :]]
    return np.array(counted).reshape(len(counted), flag.k)


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


@dataclass
class Flag:
    """A frame on its way; `corner` holds ln|diag R| of its QR when last settled.

    >>> flag = Flag.starting(np.eye(2))
    >>> sums = flag.advance(np.array([[[2.0, 1.0], [1.0, 1.0]]])) + flag.settle()
    >>> sums.round(6).tolist()  # ln √5, − ln √5
    [0.804719, -0.804719]
    """

    sweep: Sweep
    frame: Matrix
    alive: Array
    corner: Vector
    k: int
    image: ImageBasis | None = field(default=None, repr=False)

    @classmethod
    def of(cls, frame: Matrix, sweep: Sweep) -> "Flag":
        """Return an orthonormal frame (n, k) that is about to go."""
        k = frame.shape[1]
        return cls(sweep, frame, np.arange(k), np.zeros(k), k)

    @classmethod
    def starting(cls, frame: Matrix) -> "Flag":
        """Return an orthonormal frame (n, k) that goes no one knows how far."""
        sweep = choose_sweep("auto", len(frame), None)
        return cls.of(np.asfortranarray(frame), sweep)

    def advance(self, stack: Factors | RowScaled) -> Vector:
        """Follow a stack of factors; return the sums of the logs of its pivots."""
        if isinstance(stack, np.ndarray) and (
            np.iscomplexobj(stack) or np.iscomplexobj(self.frame)
        ):
            stack = stack.astype(np.complex128)
            self.frame = self.frame.astype(np.complex128, order="F")
        nothing = np.full(self.k, -np.inf)
        nothing[self.alive] = 0.0
        terms = [nothing]
        steps, shift = prepared(stack)
        stretch = max(_STRETCH, _ENTRIES // max(steps.n, 1))
        done = 0
        while done < len(steps) and len(self.alive):
            gone, logs = self._stretch(steps[done : done + stretch])
            done += gone
            terms.append(np.full(self.k, -np.inf))
            terms[-1][self.alive] = logs
        return sum_of_logs(np.array(terms)) + shift

    def settle(self) -> Vector:
        """Return what a QR of the frame adds to the sums since it was last settled."""
        change = np.full(self.k, -np.inf)
        if len(self.alive):
            logs = _log_corner(self.frame)
            change[self.alive] = logs - self.corner
            self.corner = logs
        return change

    def _stretch(self, steps: Steps) -> tuple[int, Vector]:
        """Go through the given steps, or fewer; return how many, and their sums."""
        frame, _, diagonal, rows = self.sweep(steps, self.frame, None)
        found = trouble(steps, diagonal, rows)
        if found is None and is_dependent(frame, rows[-1]):
            found = len(steps) // 2, Trouble.GROWN
        if found is not None:
            step, reason = found
            if step:
                return self._stretch(steps[:step])
            return 1, self._take_step(steps[:1], reason)
        self._record(steps)
        self.frame = frame
        return len(steps), log_of_product(diagonal)

    def _take_step(self, step: Steps, reason: Trouble) -> Vector:
        if reason is Trouble.SINGULAR:
            return self._singular_step(step)
        self._record(step)
        (J,) = step.dense(slice(None))
        if reason is Trouble.CANCELLED:
            weights = weights_in_order(len(self.alive))
            self.frame, logs = exact_elimination(J, self.frame, weights)[:2]
            return logs
        self.frame, R = with_sorted_rows(J @ self.frame)
        return log_magnitude(R.diagonal())

    def _record(self, steps: Steps) -> None:
        if self.image is not None:
            self.image.advance(np.array(steps.dense(slice(None))))

    def _singular_step(self, step: Steps) -> Vector:
        """Take one singular factor, and drop the directions that it annihilates."""
        if self.image is None:
            self.image = ImageBasis(step.n)
        self._record(step)
        rank = self.image.rank()
        before = self.settle()
        chosen = _survivors(step.dense(slice(None))[0] @ self.frame, rank)
        start = np.asfortranarray(self.frame[:, chosen])
        self.alive = self.alive[chosen]
        if not len(chosen):
            return np.zeros(0)
        self.corner = _log_corner(start)
        self.frame, _, pivots, _ = self.sweep(step, start, None)
        return before[self.alive] + log_magnitude(pivots[0])


def _log_corner(frame: Matrix) -> Vector:
    """Return ln|diag R| of the QR of a frame."""
    geqrf: Any = zgeqrf if np.iscomplexobj(frame) else dgeqrf
    return log_magnitude(geqrf(frame)[0].diagonal())


def _survivors(moved: Matrix, rank: int) -> list[int]:
    """Return which columns stay independent, in order, when only `rank` of them can."""
    sizes = np.abs(moved).max(axis=0)
    doomed = max(moved.shape[1] - rank, 0)
    tolerance = 1e-12
    while True:
        chosen = _independent(moved, tolerance * sizes, doomed)
        if len(chosen) <= rank:
            return chosen
        tolerance *= 1e3


def _independent(moved: Matrix, noise: Vector, doomed: int) -> list[int]:
    """Return the columns that elimination in order leaves above the noise.

    At most `doomed` of them are given up for noise; a column of zeros always is.
    """
    rest, chosen = moved.copy(), []
    for c in range(moved.shape[1]):
        row = int(np.abs(rest[:, c]).argmax())
        size = abs(rest[row, c])
        if size == 0.0 or (doomed > 0 and size <= noise[c]):
            doomed -= 1
            continue
        rest -= np.outer(rest[:, c], rest[row] / rest[row, c])
        rest[row] = 0.0
        chosen.append(c)
    return chosen
