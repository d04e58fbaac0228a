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
from gradlab.cells.factored import AbstractJacobian
from gradlab.dynamics import JacobianChain, Trajectory
from gradlab.dynamics.run_jacobian import RunJacobian
from gradlab.errors import InputError
from gradlab.exponents._batch_caveats import caveats_of_batch, caveats_of_rounding
from gradlab.exponents._blocks import (
    chain_of,
    counted_steps,
    growths,
    is_row_scaled,
    require_directions,
)
from gradlab.exponents._statistics import standard_errors
from gradlab.linalg._engines import Engine, is_compiled
from gradlab.linalg._lanes import LARGEST, Lanes
from gradlab.linalg._pairs import Pairs, PairSteps
from gradlab.linalg._weighted import sum_of_logs
from gradlab.references import Reference
from gradlab.typing import Array, Vector

__all__ = ["LyapunovSpectra", "lyapunov_spectra"]

_ENTRIES = 2**16  # of the Jacobians that are formed at once: they stay in the cache
_TOGETHER = 2**11  # systems: eight steps of theirs stay in the cache as well
_SAVED = 3e-8  # seconds a step of one system that a compiled loop saves
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
    caveats : tuple of str
        What to know before believing them, and of which sequences: too few steps,
        singular Jacobians, an unstable orbit that rounding has closed, or what it may
        have cost.
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
    caveats: tuple[str, ...]

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
        notes = [f"note: {caveat}" for caveat in self.caveats]
        return "\n".join([head, *lines, *notes])

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
    what that one says of an orbit besides, how its errors come about and its sum rule,
    is found by ``lyapunov_spectrum(trajectory.sequence(b))``.  Up to three units all
    sequences are swept together, beyond them one after the other.

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
    alone, losses = np.arange(systems), np.zeros(systems)
    if n <= LARGEST:
        sound = np.empty(systems, dtype=bool)
        compiled = is_compiled(engine, _SAVED * systems * len(chain))
        for first in range(0, systems, _TOGETHER):
            some = slice(first, min(first + _TOGETHER, systems))
            lanes = _starting(n, some.stop - first, compiled=compiled)
            found = _lane_sums(chain, some, lanes, ends)
            sums[:, some], sound[some] = np.moveaxis(found, 1, 2), lanes.sound
        alone = np.flatnonzero(~sound)
    for b in alone:
        sequence = chain_of(trajectory_or_chain.sequence(int(b)))
        own = growths(sequence, k=n, block=block, burn_in=burn_in, engine=engine)
        sums[:, b], losses[b] = own.sums, own.loss
    order = np.argsort(-sums.sum(axis=0), axis=1, kind="stable")
    sums = np.take_along_axis(sums, order[None], axis=2)
    lengths, exponents = np.diff(ends), sum_of_logs(sums) / steps
    errors = standard_errors(sums.reshape(len(sums), -1), lengths)
    caveats = caveats_of_batch(trajectory_or_chain, sums, lengths, exponents[:, 0])
    caveats += caveats_of_rounding(losses)
    return LyapunovSpectra(
        exponents=exponents,
        stderr=errors.reshape(systems, n),
        steps=steps,
        burn_in=burn_in,
        one_by_one=len(alone),
        caveats=caveats,
        origin=Origin(parameters={"burn_in": burn_in, "blocks": blocks}),
    )


def _batch_of(trajectory_or_chain: Trajectory | JacobianChain) -> JacobianChain:
    """Return the chain of a batch; a run's slopes are evaluated as they are needed."""
    chain = trajectory_or_chain
    if isinstance(chain, Trajectory) and chain.batch:
        chain = JacobianChain(RunJacobian(chain.cell, chain.states[:-1], chain.inputs))
    if not isinstance(chain, JacobianChain) or not chain.batch:
        message = "a batch is needed; one sequence is for `lyapunov_spectrum`."
        raise InputError(message)
    return chain


def _starting(n: int, systems: int, *, compiled: bool) -> Lanes | Pairs:
    if n != 2:
        return Lanes.starting(n, systems)
    return Pairs.starting(systems, compiled=compiled)


def _lane_sums(
    chain: JacobianChain, some: slice, lanes: Lanes | Pairs, ends: list[int]
) -> Array:
    """Return growths (B, n, S) of some systems from end to end, after the burn-in."""
    for _ in _advances(chain[: ends[0]], some, lanes):
        pass
    lanes.settle()
    sums = []
    for start, stop in itertools.pairwise(ends):
        terms = [*_advances(chain[start:stop], some, lanes), lanes.settle()]
        sums.append(sum_of_logs(np.array(terms)))
    return np.array(sums)


def _advances(
    chain: JacobianChain, some: slice, lanes: Lanes | Pairs
) -> Iterator[Array]:
    """Advance lanes along a chain, a few steps at a time; yield what each adds."""
    for piece in chain.pieces:
        steps, n = piece.shape[0], chain.size
        parts = -(-steps * (some.stop - some.start) * n * n // _ENTRIES)
        for part in range(parts):
            few = slice(steps * part // parts, steps * (part + 1) // parts)
            yield _advance(lanes, piece[few, some].evaluated())


def _advance(lanes: Lanes | Pairs, piece: AbstractJacobian) -> Array:
    """Advance lanes along Jacobians (T, S, n, n); return what they add (n, S)."""
    if isinstance(lanes, Pairs) and is_row_scaled(piece):
        shared = lanes.sharing(piece.weights)
        if shared is not None:
            return lanes.advance_scaled(shared, piece.gates[:, :, 0])
    factors = np.ascontiguousarray(np.moveaxis(piece.dense(), 1, -1))
    if isinstance(lanes, Lanes):
        return lanes.advance(factors)
    return lanes.advance(PairSteps.of(factors))
