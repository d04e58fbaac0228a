"""Growths of a chain over blocks of steps, after a burn-in that is not counted."""

import numpy as np

from gradlab._checks import require_count
from gradlab.dynamics import JacobianChain, Trajectory
from gradlab.errors import InputError
from gradlab.exponents._thin import is_thin, thin_growths
from gradlab.linalg import block_log_growths, orthogonal
from gradlab.typing import Array, Matrix

__all__ = [
    "chain_of",
    "counted_steps",
    "growths",
    "require_directions",
    "start_frame",
]

_AT_ONCE = 2**24  # numbers: chains of up to 128 MiB are swept as one array
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
    return k


def growths(chain: JacobianChain, *, k: int, block: int, burn_in: int) -> Array:
    """Return Σ ln|r_ii| over blocks of `block` steps (B, k), those after the burn-in.

    The last block may be shorter.
    """
    frame = start_frame(chain.size, k)
    if is_thin(chain.size, k):
        found = thin_growths(chain, frame, block=block, burn_in=burn_in)
        if found is not None:
            return found
    at_once = len(chain) * chain.size**2 <= _AT_ONCE
    factors = chain.factors() if at_once else chain
    return block_log_growths(factors, k=k, block=block, frame=frame, skip=burn_in)


def start_frame(n: int, k: int) -> Matrix:
    """Return the orthonormal columns (n, k) that are followed."""
    # All n directions: any frame gives all exponents, and that of the coordinates gives
    # those of diagonal and triangular chains with no transient.  A few: the leading
    # ones are found only from a frame in general position.
    return np.eye(n) if k == n else orthogonal(n, gain=1.0, rng=_SEED)[:, :k]
