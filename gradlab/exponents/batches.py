"""Lyapunov exponents of a batch: the same steps of many sequences, seeds or gains."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_count
from gradlab._results import Origin, Result
from gradlab._words import describe_rate
from gradlab.cells.factored import AbstractJacobian, GatedJacobian
from gradlab.dynamics import JacobianChain, Trajectory
from gradlab.errors import InputError
from gradlab.exponents._blocks import counted_steps, growths, require_directions
from gradlab.exponents._statistics import standard_errors
from gradlab.linalg._engines import Engine, is_compiled
from gradlab.linalg._lanes import LARGEST, Lanes, lane_sweep
from gradlab.linalg._weighted import sum_of_logs
from gradlab.references import Reference
from gradlab.typing import Array, Vector

__all__ = ["LyapunovSpectra", "lyapunov_spectra"]

_ENTRIES = 2**16  # of the Jacobians that are formed at once: they stay in the cache
_SAVED = 1e-7  # seconds a step of one system that compiled lanes save
_SHOWN = 10


@final
@dataclass(frozen=True, eq=False, repr=False)
class LyapunovSpectra(Result):
    """Lyapunov exponents of S sequences with their errors, in nats per step.

    Attributes
    ----------
    exponents : (S, n) array
        λ_1 ≥ … ≥ λ_n of every sequence; −inf for directions that a singular Jacobian
        annihilates.
    stderr : (S, n) array
        Standard errors from the spread of the blocks, as in `LyapunovSpectrum`.
    steps, burn_in : int
        Steps that were counted, and steps left out before them.
    one_by_one : int
        Sequences that were followed by themselves: all of them if n is large, and
        those with singular or very uneven Jacobians.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("benettin1980lyapunov"),
        Reference("rutishauser1958solution"),
    )

    exponents: Array
    stderr: Array
    steps: int
    burn_in: int
    one_by_one: int

    @property
    def top(self) -> Vector:
        """λ_1 of every sequence (S,), in nats per step."""
        return self.exponents[:, 0]

    def columns(self) -> dict[str, Array]:
        """Return the table: sequence, index, exponent, standard error."""
        systems, n = self.exponents.shape
        return {
            "sequence": np.repeat(np.arange(systems), n),
            "index": np.tile(np.arange(1, n + 1), systems),
            "exponent": self.exponents.ravel(),
            "stderr": self.stderr.ravel(),
        }

    def describe(self) -> str:
        """Say the largest exponent of the first ten sequences in words."""
        systems, n = self.exponents.shape
        head = f"{n} Lyapunov exponents of {systems} sequences in nats per step"
        head += f", {self.steps} steps after a burn-in of {self.burn_in}"
        lines = [
            f"{b:>4}  λ_1 = {self.top[b]:+.6f} ± {self.stderr[b, 0]:.1g}  "
            f"{describe_rate(float(self.top[b]))}"
            for b in range(min(systems, _SHOWN))
        ]
        return "\n".join([head, *lines])

    __str__ = describe


def lyapunov_spectra(
    trajectory_or_chain: Trajectory | JacobianChain,
    *,
    burn_in: int = 0,
    blocks: int = 32,
    engine: Engine = "auto",
) -> LyapunovSpectra:
    """Return all Lyapunov exponents of every sequence of a batch, in nats per step.

    Parameters
    ----------
    trajectory_or_chain : Trajectory or JacobianChain
        Of a batch: states (T + 1, S, n), or Jacobians (T, S, n, n), T ≥ 1.
    burn_in, blocks, engine
        As for `lyapunov_spectrum`.

    Returns
    -------
    LyapunovSpectra

    Raises
    ------
    InputError
        If there is no batch, or `burn_in` leaves no step.
    InputTypeError
        If `burn_in` or `blocks` is not an integer.
    NonFiniteError
        If a Jacobian is not finite.

    Notes
    -----
    Each sequence has the exponents that `lyapunov_spectrum` finds for it, to rounding;
    what that one says of an orbit besides, its caveats and its sum rule, is found by
    ``lyapunov_spectrum(trajectory.sequence(b))``.  Up to three units all sequences are
    swept together, beyond them one after the other.

    Examples
    --------
    >>> from gradlab.cells.factored import DenseJacobian
    >>> maps = np.array([[[2.0, 1.0], [1.0, 1.0]], [[3.0, 0.0], [0.0, 0.5]]])
    >>> chain = JacobianChain(DenseJacobian(np.array([maps] * 400)))
    >>> lyapunov_spectra(chain, burn_in=100).exponents.round(10).tolist()
    [[0.9624236501, -0.9624236501], [1.0986122887, -0.6931471806]]
    """
    chain = _batch_of(trajectory_or_chain)
    n, (systems,) = require_directions(None, chain.size), chain.batch
    steps = counted_steps(chain, burn_in)
    block = math.ceil(steps / require_count("blocks", blocks))
    ends = [*range(burn_in, len(chain), block), len(chain)]
    sums = np.empty((len(ends) - 1, systems, n))
    alone = np.arange(systems)
    if n <= LARGEST:
        compiled = is_compiled(engine, _SAVED * systems * len(chain))
        lanes = Lanes.starting(n, systems, lane_sweep(n, compiled=compiled))
        sums[:] = np.moveaxis(_lane_sums(chain, lanes, ends), 1, 2)
        alone = np.flatnonzero(~lanes.sound)
    for b in alone:
        sums[:, b] = growths(
            chain.sequence(int(b)), k=n, block=block, burn_in=burn_in, engine=engine
        )
    order = np.argsort(-sums.sum(axis=0), axis=1, kind="stable")
    sums = np.take_along_axis(sums, order[None], axis=2)
    errors = standard_errors(sums.reshape(len(sums), -1), np.diff(ends))
    return LyapunovSpectra(
        exponents=sum_of_logs(sums) / steps,
        stderr=errors.reshape(systems, n),
        steps=steps,
        burn_in=burn_in,
        one_by_one=len(alone),
        origin=Origin(parameters={"burn_in": burn_in, "blocks": blocks}),
    )


def _batch_of(trajectory_or_chain: Trajectory | JacobianChain) -> JacobianChain:
    given = trajectory_or_chain
    chain = given.chain if isinstance(given, Trajectory) else given
    if not isinstance(chain, JacobianChain) or not chain.batch:
        message = "a batch is needed; one sequence is for `lyapunov_spectrum`."
        raise InputError(message)
    return chain


def _lane_sums(chain: JacobianChain, lanes: Lanes, ends: list[int]) -> Array:
    """Return the growths (B, n, S) from end to end, after those of the burn-in."""
    for factors in _formed(chain[: ends[0]]):
        lanes.advance(factors)
    lanes.settle()
    sums = []
    for start, stop in itertools.pairwise(ends):
        terms = [lanes.advance(factors) for factors in _formed(chain[start:stop])]
        sums.append(sum_of_logs(np.array([*terms, lanes.settle()])))
    return np.array(sums)


def _formed(chain: JacobianChain) -> Iterator[Array]:
    """Yield the Jacobians (T, n, n, S) of a batch, a few steps at a time."""
    for piece in chain.pieces:
        steps, systems, n, _ = piece.shape
        length = max(1, _ENTRIES // max(systems * n * n, 1))
        for cut in range(0, steps, length):
            yield _with_systems_last(piece[cut : cut + length])


def _with_systems_last(piece: AbstractJacobian) -> Array:
    """Return a stretch (T, S, n, n) of Jacobians as (T, n, n, S)."""
    if isinstance(piece, GatedJacobian) and piece.carry is None:
        rows = piece.gates[:, :, 0, 0]
        if piece.gates.shape[2:4] == (1, 1) and len(piece.weights) == rows.shape[-1]:
            slopes = np.ascontiguousarray(rows.transpose(0, 2, 1))
            return slopes[:, :, None] * piece.weights[:, :, None]
    return np.ascontiguousarray(piece.dense().transpose(0, 2, 3, 1))
