"""What a reader should know before believing exponents of a batch, and of which."""

import numpy as np

from gradlab.dynamics import Trajectory
from gradlab.exponents._caveats import caveat_of_rounding, caveats_of_length, period_of
from gradlab.linalg._rounding_loss import WORTH_A_WORD
from gradlab.typing import Array, Vector

__all__ = ["caveats_of_batch", "caveats_of_rounding"]

_NAMED = 5  # sequences; of more only the number is said


def caveats_of_batch(
    trajectory_or_chain: object, sums: Array, lengths: Array, top: Vector
) -> tuple[str, ...]:
    """Return the caveats of block sums (B, S, n) and of the largest exponents (S,)."""
    notes = caveats_of_length(lengths)
    lost = np.any(np.isneginf(sums), axis=(0, 2))
    if lost.any():
        notes += (f"{_which(lost)}: exponents are −inf, a Jacobian being singular.",)
    closed = _collapsed(trajectory_or_chain, top)
    if closed.any():
        notes += (
            f"{_which(closed)}: the orbit collapsed, its states repeating exactly "
            "although λ_1 > 0. Rounding closed it, and the exponents are those of a "
            "cycle.",
        )
    return notes


def caveats_of_rounding(losses: Vector) -> tuple[str, ...]:
    """Return what rounding may have cost, from nats per step of each sequence (S,)."""
    notes = caveat_of_rounding(float(losses.max(initial=0.0)))
    return tuple(f"{_which(losses > WORTH_A_WORD)}: {note}" for note in notes)


def _collapsed(trajectory_or_chain: object, top: Vector) -> Array:
    """Return of which sequences, (S,), rounding has closed the orbit."""
    closed = np.zeros(len(top), dtype=bool)
    if not isinstance(trajectory_or_chain, Trajectory):
        return closed
    states, inputs = trajectory_or_chain.states, trajectory_or_chain.inputs
    suspects = (top > 0) & (inputs[-1] == inputs[0]).all(axis=1)
    if suspects.any():
        # Most last states are new already in their first entry.
        suspects &= (states[:-1, :, 0] == states[-1, :, 0]).any(axis=0)
    for b in np.flatnonzero(suspects):
        driven = (inputs[:, b] != inputs[0, b]).any()
        closed[b] = not driven and period_of(states[:, b]) > 0
    return closed


def _which(some: Array) -> str:
    """Return how many sequences of a batch are meant, and the first of them."""
    places = np.flatnonzero(some)
    named = ", ".join(str(b) for b in places[:_NAMED])
    more = ", …" if len(places) > _NAMED else ""
    return f"{len(places)} of {len(some)} sequences ({named}{more})"
