"""Eigenvalues of a cycle of factors that no permutation splits.

A flag X of invariant subspaces, found from the graded product, is carried once around,

    J_T ⋯ J_1 X = F U = X C U,    C = Xᴴ F block upper triangular,

with U upper triangular and kept in logarithms.  The eigenvalues are those of the
diagonal blocks of C U, most of which are single numbers.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from gradlab.linalg._cyclic_balance import balanced_cycle
from gradlab.linalg._cyclic_sweep import CyclicSweep
from gradlab.linalg._engines import Sweep
from gradlab.linalg._graded_eigenvalues import graded_eigenvalues
from gradlab.linalg._invariant_flag import Flag, dominant_flag
from gradlab.linalg._running import Running
from gradlab.linalg._weighted import log_magnitude
from gradlab.typing import Factors, Matrix, Vector

__all__ = ["Eigenvalues", "eigenvalues_of_cycle"]

_EPS = float(np.finfo(float).eps)
_DOUBTFUL = 1e-10  # errors above it may come from a bad balance
_HIDDEN = 1e6  # by which conditions within the period may be larger than at its end


@final
@dataclass(frozen=True, eq=False)
class Eigenvalues:
    """Logs, phases and errors of eigenvalues in order, and what the frame missed."""

    logs: Vector
    phases: Vector
    errors: Vector
    closing: float = 0.0

    @classmethod
    def zeros(cls, n: int) -> "Eigenvalues":
        """Return n eigenvalues 0."""
        return cls(np.full(n, -np.inf), np.zeros(n), np.zeros(n))

    @classmethod
    def joined(cls, parts: Iterable["Eigenvalues"]) -> "Eigenvalues":
        """Return those of all parts, the largest first, and of a pair + before −."""
        found = [cls.zeros(0), *parts]
        logs, phases, errors = (
            np.concatenate([getattr(part, name) for part in found])
            for name in ("logs", "phases", "errors")
        )
        order = np.lexsort((-phases, -logs))
        closing = max(part.closing for part in found)
        return cls(logs[order], phases[order], errors[order], closing)

    def doubt(self) -> float:
        """Return the largest error there may be, relative to logs beyond 1."""
        known = np.isfinite(self.logs)
        sizes = np.where(known, np.maximum(np.abs(self.logs), 1.0), 1.0)
        return max(float((self.errors / sizes).max(initial=0.0)), self.closing)


def eigenvalues_of_cycle(parts: list[Factors], sweep: Sweep) -> Eigenvalues:
    """Return the eigenvalues of the product of stacks of factors, in time order."""
    if not parts or parts[0].shape[1] == 1:
        return _of_numbers([part[:, 0, 0] for part in parts])
    found = _of_cycle(parts, sweep)
    if found.doubt() <= _DOUBTFUL:
        return found
    balanced = _of_cycle(balanced_cycle(parts), sweep)
    return balanced if balanced.doubt() < found.doubt() else found


def _of_numbers(parts: list[Vector]) -> Eigenvalues:
    numbers = np.concatenate([np.ones(1), *parts])
    if not numbers.all():
        return Eigenvalues.zeros(1)
    logs = np.log(np.abs(numbers))
    phase = np.angle(np.prod(numbers / np.abs(numbers)))
    error = _EPS * math.fsum(np.abs(logs))
    log = np.array([math.fsum(logs)])
    return Eigenvalues(log, np.array([phase]), np.array([error]))


def _of_cycle(parts: list[Factors], sweep: Sweep) -> Eigenvalues:
    n = parts[0].shape[1]
    power, rank = _core(parts, n, sweep)
    # What float64 could not tell from zero is smallest.
    kept = np.argsort(-power.weights, kind="stable")[:rank]
    m = len(kept)
    lost = replace(Eigenvalues.zeros(rank - m), errors=np.full(rank - m, np.inf))
    rest = [lost, Eigenvalues.zeros(n - rank)]
    if m == 0:
        return Eigenvalues.joined(rest)
    flag = dominant_flag(power.frame[:, kept], power.weights[kept], power.right[kept])
    wide = not flag.apart.all()
    swept = CyclicSweep.through(parts, flag.basis, sweep, keeps_triangles=wide)
    blocks, closing = _blocks(np.conj(flag.basis.T) @ swept.frame, flag)
    if not wide and len(blocks) < m:
        swept = CyclicSweep.through(parts, flag.basis, sweep, keeps_triangles=True)
    guesses = flag.log_moduli * (sum(map(len, parts)) / power.steps)
    sizes = swept.log_sizes
    found = [_of_block(block, flag, swept, sizes, guesses) for block in blocks]
    return replace(Eigenvalues.joined([*found, *rest]), closing=closing)


def _of_block(
    block: slice, flag: Flag, swept: CyclicSweep, sizes: Vector, guesses: Vector
) -> Eigenvalues:
    """Return those of one diagonal block, and how far from them the guesses are."""
    X, F = flag.basis[:, block], swept.frame[:, block]
    end = np.conj(X.T) @ F
    if len(end) == 1:
        logs = sizes[block] + log_magnitude(end[0])
        phases, inner = np.angle(swept.phases[block] * end[0]), np.ones(1)
    else:
        turn = np.array([*(U[block, block] for U in swept.triangles), end])
        logs, phases, inner = _several(turn, np.abs(X.T) @ np.abs(F), swept.sweep)
        logs = logs + swept.shift
    # Another route to the same logs, or to their mean where they are not apart.
    apart = bool(flag.apart[block.start : block.stop - 1].all())
    gaps = _gaps(logs, guesses[block], apart=apart)
    conditions = len(flag.basis) * flag.conditions[block].max() * inner
    errors = 4 * gaps + 2 * _EPS * (conditions + np.abs(logs))
    # A multiple eigenvalue that rounding has split, if within the period it has
    # conditions that the last step does not show.
    split = _nearest(logs, phases)
    errors = np.maximum(errors, np.where(split < _HIDDEN * errors, split, 0.0))
    return Eigenvalues(logs, phases, errors)


def _core(parts: list[Factors], n: int, sweep: Sweep) -> tuple[Running, int]:
    """Return a power of the product whose rank no further factor lowers, and the rank.

    Its range is where the product is invertible: as many eigenvalues are not 0.
    """
    power = Running.identity(n, sweep)
    before, rank = n + 1, n
    while rank < before:
        for part in parts:
            power.advance(part)
        before = rank
        rank = n if power.image is None else power.image.rank()
    return power, rank


def _blocks(C: Matrix, flag: Flag) -> tuple[list[slice], float]:
    """Return the diagonal blocks of C, and the largest entry below them.

    To cut where C is not quite block triangular costs the size of what is cut off; not
    to cut leaves to LAPACK a block in which the smallest eigenvalue is lost in ε times
    the largest.  Each cut is kept that costs less than its absence.
    """
    m = len(C)
    below = np.abs(np.tril(C, -1))
    missed = {i: float(below[i:, :i].max()) for i in range(1, m)}
    exact = 8 * m * _EPS
    cuts = [0, *(i for i in range(1, m) if flag.apart[i - 1] or missed[i] <= exact), m]
    for i in sorted(cuts[1:-1], key=lambda i: -missed[i]):
        at = cuts.index(i)
        spread = flag.log_moduli[cuts[at - 1]] - flag.log_moduli[cuts[at + 1] - 1]
        if missed[i] > exact and _EPS * math.exp(min(spread, 50.0)) < missed[i]:
            cuts.remove(i)
    closing = max((missed[i] for i in cuts[1:-1]), default=0.0)
    return [slice(a, b) for a, b in itertools.pairwise(cuts)], closing


def _several(
    turn: Factors, terms: Matrix, sweep: Sweep
) -> tuple[Vector, Vector, Vector]:
    """Return logs, phases and conditions of a product of small triangles and C_kk.

    C_kk is the last of the turn; its entries are sums whose terms are of size `terms`.
    """
    product = Running.identity(turn.shape[1], sweep)
    product.advance(turn)
    # C_kk + E = (I + E C_kk⁻¹) C_kk; C_kk may be singular where digits were lost.
    unsure = terms @ np.abs(np.linalg.pinv(turn[-1]))
    found = graded_eigenvalues(product.frame, product.weights, product.right, unsure)
    order = np.argsort(-found[0], kind="stable")
    logs, phases, conditions = (row[order] for row in found)
    return logs, phases, conditions


def _nearest(logs: Vector, phases: Vector) -> Vector:
    """Return how far each ln λ is from the nearest other one; 0 if there is none."""
    if len(logs) == 1 or not np.isfinite(logs).all():
        return np.zeros(len(logs))
    turns = phases[:, None] - phases
    turns -= 2 * math.pi * np.rint(turns / (2 * math.pi))
    distances = np.hypot(logs[:, None] - logs, turns)
    np.fill_diagonal(distances, np.inf)
    return distances.min(axis=1)


def _gaps(logs: Vector, guesses: Vector, *, apart: bool) -> Vector:
    """Return how far logs are from guesses, or their means; inf for what was lost."""
    if not np.isfinite(logs).all():
        return np.full(len(logs), np.inf)
    each = logs - guesses if apart else logs.mean() - guesses.mean()
    return np.abs(each) * np.ones(len(logs))
