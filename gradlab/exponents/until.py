"""Lyapunov exponents to a stated error: a run goes on until its blocks agree.

Sums are kept over 32 to 63 blocks; when there are 64, neighbours are joined and blocks
are twice as long, so memory is bounded, and correlations of any length are at last
shorter than a block.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from gradlab._checks import require_count, require_number, require_one_of
from gradlab._results import Origin
from gradlab.cells import AbstractCell
from gradlab.errors import InputError, InputTypeError
from gradlab.exponents._blocks import require_directions, sum_rule
from gradlab.exponents._caveats import (
    caveat_of_cycle,
    caveat_of_rounding,
    caveats_of_blocks,
    is_settled,
)
from gradlab.exponents._statistics import standard_errors, widenings
from gradlab.exponents._stream import Block, Stream
from gradlab.exponents.spectrum import LyapunovSpectrum, LyapunovStop
from gradlab.typing import Array, Vector

__all__ = ["lyapunov_until"]

_BLOCKS = 32  # at least so many decide
_CHECK = 8  # blocks from one look to the next
_WIDEST = 1.5  # widening by correlation with which an error is still believed
_GROWTH = 1.25  # of stderr √T since the blocks were half as long
_STILL = 1e-12  # nats per step: no scatter but rounding


def lyapunov_until(
    cell: AbstractCell,
    h0: object,
    inputs: Iterable[Array] | None = None,
    *,
    stderr: float,
    of: Literal["top", "all"] = "top",
    k: int | None = None,
    burn_in: int = 100,
    block: int = 32,
    max_steps: int = 1_000_000,
) -> LyapunovSpectrum:
    """Run a cell until its exponents have the standard error that is asked for.

    Parameters
    ----------
    cell : AbstractCell
        With sizes (n, m).
    h0 : (n,) array_like
        Initial state.
    inputs : iterable of (m,) or (T, m) arrays, optional
        One input per step, singly or in stretches, for as long as they last; a
        generator may go on for ever.  None for a cell without inputs.
    stderr : float
        Nats per step, > 0.
    of : {"top", "all"}
        Whether λ_1 alone or all k exponents must reach it.
    k : int, optional
        How many exponents, 1 … n; all n of them by default.
    burn_in : int
        First steps, not counted.
    block : int
        Steps in a block at first; at least 64 of them are run.
    max_steps : int
        Counted steps at which to give up.

    Returns
    -------
    LyapunovSpectrum
        `stop` says why it ended, `caveats` what else is to be known.

    Raises
    ------
    InputError, InputTypeError
        If an argument is out of its range, or the inputs end within the burn-in.
    DivergenceError
        If a state stops being finite.

    Notes
    -----
    A small scatter may be a fluke, and blocks shorter than the correlations scatter too
    little.  So the error must be met with its widening for correlated blocks, which is
    at most 1.5; by 32 blocks or more, none of which shows that the start is not yet
    forgotten; after blocks have been joined at least once; and stderr √T must not have
    grown by more than a quarter since.

    An orbit that repeats bit by bit is run through for some more periods, whole ones,
    and that is the end: `stop` is CYCLE, and if λ_1 > 0 a caveat says that the orbit
    collapsed, as binary floats do on the doubling map in 53 steps.

    Examples
    --------
    >>> from gradlab.cells import Henon
    >>> found = lyapunov_until(Henon(), [0.1, 0.1], stderr=3e-3)
    >>> found.stop.name, bool(abs(found.top - 0.4192) < 4 * found.stderr[0])
    ('REACHED', True)
    """
    if not isinstance(cell, AbstractCell):
        message = f"`cell` must be a cell of gradlab.cells; got {cell!r}."
        raise InputTypeError(message)
    target = require_number("stderr", stderr, above=0.0)
    require_one_of("of", of, ("top", "all"))
    k = require_directions(k, cell.sizes[0])
    burn_in = require_count("burn_in", burn_in, minimum=0)
    tally = _Tally(require_count("block", block), require_count("max_steps", max_steps))
    stream = Stream(cell, h0, inputs, k=k)
    started = stream.block(burn_in)
    if started.steps < burn_in:
        message = f"`inputs` end after {started.steps} steps of a burn-in of {burn_in}."
        raise InputError(message)
    stop = None
    while stop is None:
        stop = tally.add(stream.block(tally.next_steps), target, of)
    if not tally.steps:
        message = "`inputs` end before a single step is counted."
        raise InputError(message)
    parameters = {"stderr": target, "of": of, "k": k, "burn_in": burn_in}
    found = _spectrum(
        tally, stop, burn_in, cell.sizes[0], {**parameters, "max_steps": max_steps}
    )
    return replace(found, caveats=found.caveats + caveat_of_rounding(stream.loss))


@dataclass
class _Tally:
    """Block sums so far, and what decides whether they are enough."""

    length: int
    max_steps: int
    sums: list[Vector] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    log_det: float = 0.0
    period: int = 0
    dropped: int = 0
    before: Vector | None = None

    @property
    def steps(self) -> int:
        """Steps that are counted."""
        return sum(self.lengths)

    @property
    def next_steps(self) -> int:
        """Steps of the next block."""
        return min(self.length, self.max_steps - self.steps)

    def add(self, block: Block, target: float, of: str) -> LyapunovStop | None:
        """Take a block in; return why to stop, if it is time to."""
        asked = self.next_steps
        if block.steps:
            self.sums.append(block.sums)
            self.lengths.append(block.steps)
            self.log_det += block.log_det
        if block.steps < asked:
            return LyapunovStop.INPUTS
        if block.period and not self.period:
            self._begin_cycle(block.period)
            return None
        if self.period:
            return LyapunovStop.CYCLE if len(self.sums) >= _BLOCKS else None
        count = len(self.sums)
        if count >= _BLOCKS and count % _CHECK == 0 and self._is_met(target, of):
            return LyapunovStop.REACHED
        if self.steps >= self.max_steps:
            return LyapunovStop.STEPS
        if count == 2 * _BLOCKS:
            self._join()
        return None

    def arrays(self) -> tuple[Array, Array]:
        """Return the sums (B, k) and the steps (B,) of the blocks."""
        return np.array(self.sums), np.array(self.lengths)

    def _begin_cycle(self, period: int) -> None:
        """Forget how the cycle was reached; blocks are whole periods from now on."""
        self.dropped += self.steps
        self.period, self.log_det = period, 0.0
        self.length = math.ceil(self.length / period) * period
        self.max_steps = max(self.max_steps, _BLOCKS * self.length)
        self.sums, self.lengths = [], []

    def _join(self) -> None:
        """Make one block of every two."""
        sums, lengths = self.arrays()
        self.before = standard_errors(sums, lengths) * math.sqrt(self.steps)
        self.sums = [*(sums[::2] + sums[1::2])]
        self.lengths = [*map(int, lengths[::2] + lengths[1::2])]
        self.length *= 2

    def _is_met(self, target: float, of: str) -> bool:
        if self.before is None:
            return False
        sums, lengths = self.arrays()
        rates = sums / lengths[:, None]
        asked = slice(None) if of == "all" else [int(sums.sum(axis=0).argmax())]
        if not is_settled(rates[:, asked]):
            return False
        errors, wide = standard_errors(sums, lengths), widenings(rates)
        grown = errors * math.sqrt(self.steps) / np.maximum(self.before, _STILL)
        met = (errors * wide <= target) & (wide <= _WIDEST) & (grown <= _GROWTH)
        still = errors <= _STILL
        return bool((met | still)[asked].all())


def _spectrum(
    tally: _Tally,
    stop: LyapunovStop,
    burn_in: int,
    size: int,
    parameters: Mapping[str, object],
) -> LyapunovSpectrum:
    sums, lengths = tally.arrays()
    sums = sums[:, np.argsort(-sums.sum(axis=0), kind="stable")]
    steps = tally.steps
    exponents = sums.sum(axis=0) / steps
    caveats = caveats_of_blocks(sums, lengths, burn_in + tally.dropped)
    if tally.period:
        caveats += caveat_of_cycle(tally.period, exponents)
    rule = sum_rule(exponents, tally.log_det / steps)
    return LyapunovSpectrum(
        exponents=exponents,
        stderr=standard_errors(sums, lengths),
        block_exponents=sums / lengths[:, None],
        block_steps=lengths,
        sum_rule=rule if len(exponents) == size else math.nan,
        size=size,
        steps=steps,
        burn_in=burn_in + tally.dropped,
        caveats=caveats,
        stop=stop,
        origin=Origin(parameters=parameters),
    )
