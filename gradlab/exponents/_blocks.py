"""Growths of a chain over blocks of steps, after a burn-in that is not counted."""

from collections.abc import Iterator
from typing import TypeGuard

import numpy as np

from gradlab._checks import require_count, require_memory
from gradlab.cells.factored import AbstractJacobian, GatedJacobian
from gradlab.dynamics import JacobianChain, Trajectory
from gradlab.errors import InputError, NonFiniteError
from gradlab.exponents._thin import is_thin, thin_growths
from gradlab.linalg._blocks import invariant_order
from gradlab.linalg._engines import Engine, choose_sweep
from gradlab.linalg._factors import RowScaled
from gradlab.linalg._rounding_loss import loss_per_step
from gradlab.linalg._weighted import log_of_product
from gradlab.linalg.reorthonormalise import Growths, growths_of_parts
from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = [
    "chain_of",
    "counted_steps",
    "growths",
    "in_general_position",
    "is_row_scaled",
    "mean_log_abs_det",
    "require_directions",
    "start_frame",
    "sum_rule",
]

_ENTRIES = 2**16  # of the Jacobians that are formed at once: they stay in the cache
_FEW = 4  # Jacobians whose zeros are looked at
_SEED = 20  # of the start frame: any seed gives a frame in general position


def chain_of(trajectory_or_chain: object) -> JacobianChain:
    """Return a trajectory's chain, a chain itself, or an array (T, n, n) as one."""
    if isinstance(trajectory_or_chain, Trajectory):
        chain = trajectory_or_chain.chain
    elif isinstance(trajectory_or_chain, JacobianChain):
        chain = trajectory_or_chain
    else:
        chain = JacobianChain(trajectory_or_chain)
    if chain.batch:
        message = "exponents are those of one sequence; take it by `.sequence(b)`."
        raise InputError(message)
    return chain


def counted_steps(chain: JacobianChain, burn_in: int) -> int:
    """Return the steps that are left to count after the burn-in, at least 1."""
    steps = len(chain)
    if steps == 0:
        message = "a rate needs T >= 1 steps; got T = 0."
        raise InputError(message)
    burn_in = require_count("burn_in", burn_in, minimum=0)
    if burn_in >= steps:
        message = f"`burn_in` must be less than T = {steps}; got {burn_in}."
        raise InputError(message)
    return steps - burn_in


def require_directions(k: int | None, n: int) -> int:
    """Return k, or n if it is not given; it must be in 1 … n."""
    if n == 0:
        message = "exponents need n >= 1; got Jacobians of shape (0, 0)."
        raise InputError(message)
    k = n if k is None else require_count("k", k)
    if k > n:
        message = f"`k` must be in 1 … n = {n}; got {k}."
        raise InputError(message)
    require_memory("k", k, 2 * n * k)  # a frame, and what a Jacobian makes of it
    return k


def growths(
    chain: JacobianChain, *, k: int, block: int, burn_in: int, engine: Engine = "auto"
) -> Growths:
    """Return Σ ln|r_ii| over blocks of `block` steps (B, k), those after the burn-in.

    The last block may be shorter.
    """
    frame = start_frame(chain, k)
    if is_thin(chain.size, k):
        found = thin_growths(chain, frame, block=block, burn_in=burn_in)
        if found is not None:
            lost = loss_per_step(chain[:1].factors()) * len(chain)
            return Growths(found, len(chain), lost)
    sweep = choose_sweep(engine, chain.size, len(chain))
    return growths_of_parts(_parts(chain), frame, sweep, block=block, skip=burn_in)


def mean_log_abs_det(chain: JacobianChain) -> float:
    """Return the mean of ln|det J_t|, with few Jacobians in memory at a time."""
    return float(np.sum([_log_abs_det(p) for p in chain.pieces])) / len(chain)


def sum_rule(exponents: Vector, mean_log_det: float) -> float:
    """Return Σ λ_i − mean ln|det J_t|; 0 where both are −inf."""
    total = float(exponents.sum())
    return 0.0 if total == mean_log_det else total - mean_log_det


def _log_abs_det(piece: AbstractJacobian) -> float:
    """Return Σ_t ln|det J_t| of a piece."""
    steps, scaled = piece.shape[0], _row_scaled(piece)
    if scaled is not None:
        slopes = log_of_product(scaled.rows).sum()
        return float(slopes + steps * np.linalg.slogdet(scaled.matrix)[1])
    at_once = max(1, _ENTRIES // piece.shape[-1] ** 2)
    cuts = range(0, steps, at_once)
    return float(sum(piece[cut : cut + at_once].log_abs_det().sum() for cut in cuts))


def _parts(chain: JacobianChain) -> Iterator[Factors | RowScaled]:
    """Yield the Jacobians in time order, factored where they can stay so."""
    start = 0
    for piece in chain.pieces:
        scaled = _row_scaled(piece)
        if scaled is not None:
            yield scaled
        else:
            yield from _formed(piece, start)
        start += piece.shape[0]


def is_row_scaled(piece: AbstractJacobian) -> TypeGuard[GatedJacobian]:
    """Whether J = diag(φ') W, with a square W."""
    if not isinstance(piece, GatedJacobian) or piece.carry is not None:
        return False
    K, n = piece.gates.shape[-2:]
    return K == 1 and piece.weights.shape == (n, n)


def _row_scaled(piece: AbstractJacobian) -> RowScaled | None:
    """Return diag(φ') W as such; None for Jacobians of other kinds."""
    if not is_row_scaled(piece):
        return None
    rows = piece.gates[:, 0]
    finite = np.isfinite(rows).all() and np.isfinite(piece.weights).all()
    return RowScaled.of(rows, piece.weights) if finite else None


def _formed(piece: AbstractJacobian, start: int) -> Iterator[Factors]:
    length = max(1, _ENTRIES // piece.shape[-1] ** 2)
    for cut in range(0, piece.shape[0], length):
        stack = piece[cut : cut + length].dense()
        bad = np.argwhere(~np.isfinite(stack))
        if len(bad):
            t, i, j = (int(index) for index in bad[0])
            raise NonFiniteError("factors", stack[t, i, j], (start + cut + t, i, j))
        yield stack


def start_frame(chain: JacobianChain, k: int) -> Matrix:
    """Return the orthonormal columns (n, k) that are followed along the chain."""
    n = chain.size
    if k < n:
        return in_general_position(n, k)
    # All n directions: any frame gives all exponents.  Axes give those of diagonal
    # chains with no transient, and of block triangular ones block by block, where
    # blocks that lead nowhere else come first; which do, the first Jacobians show.
    return np.eye(n)[:, invariant_order(_pattern(chain[:_FEW]))]


def _pattern(chain: JacobianChain) -> Array:
    """Return which entries are not zero in some of the Jacobians (n, n)."""
    found = np.zeros((chain.size, chain.size), bool)
    for piece in chain.pieces:
        if is_row_scaled(piece):
            rows = (piece.gates[:, 0] != 0).any(axis=0)
            found |= rows[:, None] & (piece.weights != 0)
        else:
            found |= (piece.dense() != 0).any(axis=0)
    return found


def in_general_position(n: int, k: int) -> Matrix:
    """Return the same orthonormal columns (n, k) every time."""
    # A few of n directions: the leading ones are found only from such a frame.
    return np.linalg.qr(np.random.default_rng(_SEED).standard_normal((n, k)))[0]
