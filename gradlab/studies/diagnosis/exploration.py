"""A grid of gains and sizes to explore: how a kind of cell fares at each of them.

At every point a random cell reads normal inputs; the gradient's largest singular value
by lag, all exponents, and the separation of two runs are kept.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import describe_rng, require_rng
from gradlab._results import Origin, Result
from gradlab.butterfly import twins
from gradlab.cells import GRU, LSTM, RNN, AbstractCell
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.gradients import profile
from gradlab.references import Reference
from gradlab.typing import Array, Seed, Vector

__all__ = ["Exploration", "exploration"]

_GAINS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
_SIZES = (8, 16, 32)
_STEPS, _BURN_IN, _INPUTS = 150, 50, 4
_EXPONENTS = 32  # at most so many are kept
_SEPARATION = 1e-8


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Exploration(Result):
    """What a kind of cell does at G gains and S sizes.

    Attributes
    ----------
    kind : str
        The cell.
    gains, sizes : (G,), (S,) array
        Of the recurrent weights, N(0, gain²/n) per gate, and numbers of units.
    lags, times : (L,), (K,) array of int
    profiles : (G, S, L) array
        ln‖∂h_T/∂h_{T−l}‖₂ in nats.
    exponents : (G, S, 32) array
        Lyapunov exponents in nats per step, NaN where there are fewer.
    twins : (G, S, K) array
        ln of the distance of two runs over the first one, in nats.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("pascanu2013difficulty"),
        Reference("benettin1980lyapunov"),
    )

    kind: str
    gains: Vector
    sizes: Array
    lags: Array
    times: Array
    profiles: Array
    exponents: Array
    twins: Array


def exploration(cell: AbstractCell, *, rng: Seed) -> Exploration | None:
    """Return the grid for the kind of a cell; None for one that cannot be drawn.

    Examples
    --------
    >>> found = exploration(RNN.random(4, 1, gain=1.0, rng=0), rng=0)
    >>> found.profiles.shape
    (9, 3, 32)
    """
    if not isinstance(cell, RNN | LSTM | GRU):
        return None
    seed, generator = describe_rng(rng), require_rng(rng)
    lags = np.unique(np.linspace(1, _STEPS, 32).round().astype(int))
    shape = len(_GAINS), len(_SIZES)
    profiles = np.empty((*shape, len(lags)))
    exponents = np.full((*shape, _EXPONENTS), np.nan)
    apart = np.empty((*shape, _STEPS + 1))
    for g, s in np.ndindex(shape):
        drawn = _drawn(cell, _SIZES[s], _GAINS[g], generator)
        inputs = generator.normal(size=(_BURN_IN + _STEPS, _INPUTS))
        start = run(drawn, np.zeros(drawn.sizes[0]), inputs[:_BURN_IN]).states[-1]
        trajectory = run(drawn, start, inputs[_BURN_IN:])
        profiles[g, s] = profile(trajectory, lags=lags.tolist()).log_top
        rates = lyapunov_spectrum(trajectory).exponents[:_EXPONENTS]
        exponents[g, s, : len(rates)] = rates
        pair = twins(
            drawn, start, inputs[_BURN_IN:], separation=_SEPARATION, rng=generator
        )
        apart[g, s] = pair.log_separation - pair.log_separation[0]
    return Exploration(
        kind=type(cell).__name__,
        gains=np.array(_GAINS),
        sizes=np.array(_SIZES),
        lags=lags,
        times=np.arange(_STEPS + 1),
        profiles=profiles,
        exponents=exponents,
        twins=apart,
        origin=Origin(seed=seed, parameters={"steps": _STEPS, "burn_in": _BURN_IN}),
    )


def _drawn(
    cell: RNN | LSTM | GRU, n: int, gain: float, rng: np.random.Generator
) -> RNN | LSTM | GRU:
    if isinstance(cell, RNN):
        return RNN.random(n, _INPUTS, gain=gain, rng=rng, activation=cell.activation)
    return type(cell).random(n, _INPUTS, gain=gain, rng=rng)
