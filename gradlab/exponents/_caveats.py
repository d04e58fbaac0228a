"""What a reader should know before believing exponents, decided from the run itself."""

import numpy as np

from gradlab.dynamics import Trajectory
from gradlab.exponents._statistics import correlations
from gradlab.linalg._rounding_loss import WORTH_A_WORD
from gradlab.typing import Array, States, Vector

__all__ = [
    "caveat_of_cycle",
    "caveat_of_rounding",
    "caveats_of_blocks",
    "caveats_of_length",
    "caveats_of_loss",
    "caveats_of_orbit",
    "caveats_of_windows",
    "is_settled",
    "period_of",
]

_FEW = 8  # blocks
_SHORT = 10  # steps of a block
_CORRELATED = 3.5  # standard deviations 1/√B of the lag-1 correlation of white noise
_OUTLYING = 8.0  # standard deviations of the other blocks
_ROUNDING = 1e-9  # nats per step; differences below it are not worth a word


def caveats_of_blocks(sums: Array, lengths: Array, burn_in: int) -> tuple[str, ...]:
    """Return the caveats of block sums (B, k) over `lengths` steps each."""
    notes = caveats_of_loss(sums, lengths, burn_in)
    rates = sums[:, ~np.isneginf(sums).any(axis=0)] / lengths[:, None]
    # The last block may be short, so noisy.
    return (*notes, *(caveats_of_length(lengths) or _slow(rates[:-1])))


def caveats_of_length(lengths: Array) -> tuple[str, ...]:
    """Return a caveat if there are too few blocks, or too few steps in them."""
    if len(lengths) >= _FEW and lengths[0] >= _SHORT:
        return ()
    return (
        f"too short: {lengths.sum()} steps in {len(lengths)} blocks do not make a "
        "trustworthy standard error. Run longer.",
    )


def caveats_of_windows(sums: Array, window: int, burn_in: int) -> tuple[str, ...]:
    """Return the caveats of sums (B, k) over windows of equal length."""
    notes = caveats_of_loss(sums, np.full(len(sums), window), burn_in)
    if len(sums) < _FEW:
        have = "1 window does" if len(sums) == 1 else f"{len(sums)} windows do"
        notes += (f"too short: {have} not tell how exponents spread. Run longer.",)
    return notes


def caveats_of_loss(sums: Array, lengths: Array, burn_in: int) -> tuple[str, ...]:
    """Return a caveat if a singular Jacobian has annihilated directions."""
    annihilated = np.isneginf(sums)
    if not annihilated.any():
        return ()
    first = int(np.argmax(annihilated.any(axis=1)))
    start = burn_in + int(lengths[:first].sum())
    return (
        f"{np.count_nonzero(annihilated.any(axis=0))} of {sums.shape[1]} exponents are "
        f"−inf: a Jacobian in steps {start + 1} … {start + int(lengths[first])} is "
        "singular, or one of the burn-in.",
    )


def is_settled(rates: Array) -> bool:
    """Whether block rates (B, k) show neither a forgotten burn-in nor slow drift."""
    return not _slow(rates[:, np.isfinite(rates).all(axis=0)])


def _slow(rates: Array) -> list[str]:
    """Return what the course of the block rates (B, k) says against their spread."""
    rest = rates[1:]
    outlying = np.abs(rates[0] - rest.mean(axis=0))
    if (outlying > _OUTLYING * rest.std(axis=0) + _ROUNDING).any():
        return [
            "the first block differs from all others: the start is not forgotten "
            "there. Raise `burn_in`."
        ]
    largest = float(correlations(rates).max(initial=0.0))
    if largest > _CORRELATED / np.sqrt(len(rates)):
        return [
            f"successive blocks are correlated ({largest:.2f}), so the standard errors "
            "are too small. Run longer or take fewer `blocks`."
        ]
    return []


def caveats_of_orbit(
    trajectory_or_chain: object, top: float, what: str = "exponents"
) -> tuple[str, ...]:
    """Return a caveat if rounding has closed an unstable orbit; a chain shows none.

    An orbit that repeats bit by bit although λ_1 > 0 would not in exact arithmetic: a
    cycle that repels cannot be reached.  The doubling map falls on 0 in 53 steps.
    """
    if not isinstance(trajectory_or_chain, Trajectory) or top <= 0:
        return ()
    states, inputs = trajectory_or_chain.states, trajectory_or_chain.inputs
    if not (inputs == inputs[0]).all():  # it is driven, and may well repeat
        return ()
    period = period_of(states)
    if not period:
        return ()
    differs = (states[:-period] != states[period:]).any(axis=1)
    first = int(np.flatnonzero(differs)[-1]) + 1 if differs.any() else 0
    return (
        f"the orbit collapsed: its states repeat exactly with period {period} from "
        f"step {first} on although λ_1 > 0. Rounding closed it, and the {what} are "
        "those of that cycle.",
    )


def caveat_of_cycle(period: int, exponents: Vector) -> tuple[str, ...]:
    """Return what a run says that ended on a cycle, as bits repeat.

    A direction that is lost is −inf for good, also if it was lost on the way there.
    """
    where = "a fixed point" if period == 1 else f"a cycle of period {period}"
    which = "finite exponents" if np.isneginf(exponents).any() else "exponents"
    if exponents[0] > 0:
        return (
            f"the orbit collapsed: rounding closed it on {where} although λ_1 > 0, and "
            f"the {which} are those of that cycle.",
        )
    return (f"the orbit has settled on {where}; the {which} are those of it.",)


def caveat_of_rounding(loss: float) -> tuple[str, ...]:
    """Return what is said where rounding may cost so many nats per step."""
    if loss <= WORTH_A_WORD:
        return ()
    amount = f"{loss:.1g} nats" if np.isfinite(loss) else "any number of nats"
    return (
        f"rounding may have moved exponents by {amount} per step, the lowest most: "
        "float64 cannot tell rows of some Jacobians apart. "
        "`gradlab.verified.enclosed_log_singular_values` multiplies them in balls.",
    )


def period_of(states: States) -> int:
    """Return after how many steps the last state came back bit by bit; 0 if never."""
    same = np.flatnonzero((states[:-1] == states[-1]).all(axis=1))
    return len(states) - 1 - int(same[-1]) if len(same) else 0
