"""The sweep back over all lags: every block one Jacobian on, measured, made smaller."""

import dataclasses
import math
from dataclasses import dataclass
from typing import final

import numpy as np

from gradlab.dynamics import Trajectory
from gradlab.gradients._lag_rows import Packet, log_bound_of_sketch, repacked
from gradlab.gradients._stretches import stretches_back
from gradlab.gradients._witness import Witness
from gradlab.typing import Array

__all__ = ["Table", "sweep"]

_FIRST = 4  # lag of the first attempt to leave rows out
_GROWTH = 1.25  # of the lag from one attempt to the next
_WAIT = 1.5  # the same, where nothing could be left out
_FINER = 2.0**-29  # a rounding of float64 over one of float32


@final
@dataclass(frozen=True, eq=False)
class Table:
    """What a sweep finds, by lag 0 … T and sequence; NaN before a sequence starts.

    Attributes
    ----------
    log_singular_values : (T + 1, B, count) array
    log_norm_hidden, log_frobenius : (T + 1, B) array
    rank : (T + 1, B) array of int
        Rows that the block had; 0 before a sequence starts.
    log_dropped : (T + 1, B) array
    rounding : (T + 1, B) array
    """

    log_singular_values: Array
    log_norm_hidden: Array
    log_frobenius: Array
    rank: Array
    log_dropped: Array
    rounding: Array

    @classmethod
    def empty(cls, steps: int, batch: int, count: int) -> "Table":
        """Return a table in which nothing is known."""
        shape = (steps + 1, batch)
        return cls(
            log_singular_values=np.full((*shape, count), np.nan),
            log_norm_hidden=np.full(shape, np.nan),
            log_frobenius=np.full(shape, np.nan),
            rank=np.zeros(shape, dtype=np.int64),
            log_dropped=np.full(shape, np.nan),
            rounding=np.full(shape, np.nan),
        )

    def of_sequences(self, part: slice) -> "Table":
        """Return the part of the table of some sequences, a view."""
        return Table(
            *(getattr(self, field.name)[:, part] for field in dataclasses.fields(self))
        )


def sweep(
    trajectory: Trajectory,
    starts: Array,
    table: Table,
    *,
    tol: float,
    dtype: type,
    rank: int,
    rng: np.random.Generator,
) -> None:
    """Fill the table of a batch (T + 1, B, n) of sequences that start at `starts`."""
    hidden, batch, n = trajectory.cell.hidden, len(starts), trajectory.states.shape[-1]
    packets = [Packet.first(batch, hidden, n, dtype)]
    witness = Witness.first(starts, hidden, n, rng)
    _record(table, 0, packets, witness, hidden)
    due = _FIRST
    for stretch in stretches_back(trajectory, (np.float32, np.float64)):
        main = stretch.products[dtype is np.float64]
        for t in range(len(stretch))[::-1]:
            lag = len(trajectory) - stretch.start - t
            staying = starts <= stretch.start + t
            packets = _staying(packets, staying)
            witness = witness.only(staying)
            if not packets:
                return
            for packet in packets:
                packet.advance(main, t, stretch.exponent[t])
            witness.advance(stretch, t)
            _record(table, lag, packets, witness, hidden)
            if lag == due and lag < len(trajectory):
                smaller = _smaller(packets, tol=tol, rank=rank, rng=rng)
                due = math.ceil(lag * (_WAIT if smaller is packets else _GROWTH))
                packets = smaller


def _record(
    table: Table, lag: int, packets: list[Packet], witness: Witness, hidden: int
) -> None:
    leading = table.log_singular_values.shape[2]
    rounding = witness.rounding(table.rank.shape[1], lag)
    for packet in packets:
        at = lag, packet.sequences
        found = packet.measure(hidden, leading)
        count = found.singular.shape[1]
        table.log_singular_values[*at, :count] = found.singular
        table.log_norm_hidden[at] = found.hidden
        table.log_frobenius[at] = found.frobenius
        table.rank[at] = packet.rank
        table.log_dropped[at] = log_bound_of_sketch(packet.log_sketch())
        finer = _FINER if packet.rows.dtype == np.float64 else 1.0
        table.rounding[at] = finer * rounding[packet.sequences]


def _staying(packets: list[Packet], staying: Array) -> list[Packet]:
    """Return the packets of the sequences that have a step here."""
    left = (packet.only(staying) for packet in packets)
    return [packet for packet in left if packet is not None]


def _smaller(
    packets: list[Packet], *, tol: float, rank: int, rng: np.random.Generator
) -> list[Packet]:
    """Return packets without the rows that `tol` and `rank` leave out."""
    blocks = [
        block
        for packet in packets
        for block in packet.without_small_rows(tol=tol, rank=rank, rng=rng)
    ]
    heights = sorted(len(rows) for _, rows, _ in blocks)
    before = sorted(p.rows.shape[1] for p in packets for _ in p.sequences)
    return packets if heights == before else repacked(blocks)
