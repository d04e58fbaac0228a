"""A grid of gains and sizes to explore: how a kind of cell fares at each of them.

At every point a random cell reads normal inputs; kept are the gradient's largest
singular value by lag, the exponents, and two runs that start next to each other.
"""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias, final

import numpy as np

from gradlab._checks import describe_rng, require_one_of, require_rng
from gradlab._results import Origin, Result
from gradlab.butterfly import twins
from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.gradients import profile
from gradlab.references import Reference
from gradlab.typing import Array, Seed, Vector

__all__ = ["EXPLORED", "Exploration", "exploration"]

_Cell: TypeAlias = RNN | LSTM | GRU | Linear
_KINDS: dict[str, type[_Cell]] = {
    "RNN": RNN,
    "LSTM": LSTM,
    "GRU": GRU,
    "Linear": Linear,
}
EXPLORED = tuple(_KINDS)
"""Kinds of cells that can be drawn at random, and so explored."""

_GAINS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
_SIZES = (8, 16, 32)
_STEPS, _BURN_IN, _INPUTS = 150, 50, 4
_EXPONENTS = 32  # at most so many are kept
_SEPARATION = 1e-8  # of the norm of the state: as much of any that has grown


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Exploration(Result):
    """What a kind of cell does at G gains and S sizes.

    For one size, cells of all gains have the same weights up to that factor, read the
    same inputs, and start at the same state: what differs between them is the gain.

    Attributes
    ----------
    kind, activation : str
        The cell, and what its units apply; the latter of an RNN alone.
    gains, sizes : (G,), (S,) array
        Of the recurrent weights, N(0, gain²/n) per gate, and numbers of units.
    lags, times : (L,), (K,) array of int
    profiles : (G, S, L) array
        ln‖∂h_T/∂h_{T−l}‖₂ in nats.
    exponents : (G, S, 32) array
        The largest Lyapunov exponents in nats per step, NaN where there are fewer.
    twins : (G, S, K) array
        ln of the distance of two runs over the first one, in nats; it is 1e-8 of the
        norm of the state.
    paths : (G, S, 2, K) array
        The first unit in these two runs.
    """

    sources: ClassVar[tuple[Reference, ...]] = (
        Reference("benettin1980lyapunov"),
        Reference("lorenz1963deterministic"),
    )

    kind: str
    activation: str
    gains: Vector
    sizes: Array
    lags: Array
    times: Array
    profiles: Array
    exponents: Array
    twins: Array
    paths: Array


def exploration(kind: str, *, activation: str = "tanh", rng: Seed) -> Exploration:
    """Return the grid for a kind of cell, in a second or two.

    Parameters
    ----------
    kind : "RNN", "LSTM", "GRU" or "Linear"
    activation : str
        Of an RNN.
    rng : Generator or int
        Of weights, inputs, and directions between twins.

    Returns
    -------
    Exploration

    Raises
    ------
    InputError
        If it is another kind.

    Examples
    --------
    >>> found = exploration("Linear", rng=0)
    >>> found.profiles.shape
    (9, 3, 32)

    A linear recurrence of twice the gain has ln 2 more of every exponent:

    >>> low, high = found.exponents[[3, 6], 0, 0]  # gains 1 and 2
    >>> bool(np.isclose(high - low, np.log(2)))
    True
    """
    chosen = require_one_of("kind", kind, EXPLORED)
    seed, generator = describe_rng(rng), require_rng(rng)
    lags = np.unique(np.linspace(1, _STEPS, 32).round().astype(int))
    shape = len(_GAINS), len(_SIZES)
    seeds = generator.integers(2**63, size=len(_SIZES))
    points = [
        _point(_drawn(chosen, activation, n, gain, seeds[s]), lags, seeds[s])
        for gain in _GAINS
        for s, n in enumerate(_SIZES)
    ]
    columns = zip(*points, strict=True)
    profiles, exponents, apart, paths = (
        np.reshape(column, (*shape, *column[0].shape)) for column in columns
    )
    return Exploration(
        kind=chosen,
        activation=activation if chosen == "RNN" else "",
        gains=np.array(_GAINS),
        sizes=np.array(_SIZES),
        lags=lags,
        times=np.arange(_STEPS + 1),
        profiles=profiles,
        exponents=exponents,
        twins=apart,
        paths=paths,
        origin=Origin(seed=seed, parameters={"steps": _STEPS, "burn_in": _BURN_IN}),
    )


def _drawn(kind: str, activation: str, n: int, gain: float, seed: int) -> _Cell:
    rng = np.random.default_rng(seed)
    if kind == "RNN":
        return RNN.random(n, _INPUTS, gain=gain, rng=rng, activation=activation)
    return _KINDS[kind].random(n, _INPUTS, gain=gain, rng=rng)


def _point(cell: _Cell, lags: Array, seed: int) -> tuple[Array, Array, Array, Array]:
    """Return the profile, the exponents, the distance of twins, and their paths."""
    rng = np.random.default_rng([seed, 1])
    inputs = rng.normal(size=(_BURN_IN + _STEPS, _INPUTS))
    direction = rng.normal(size=cell.sizes[0])
    direction /= np.linalg.norm(direction)
    start = run(cell, np.zeros(cell.sizes[0]), inputs[:_BURN_IN]).states[-1]
    inputs = inputs[_BURN_IN:]
    trajectory = run(cell, start, inputs)
    rates = lyapunov_spectrum(trajectory).exponents[:_EXPONENTS]
    exponents = np.full(_EXPONENTS, np.nan)
    exponents[: len(rates)] = rates
    apart = _SEPARATION * float(np.linalg.norm(start))
    pair = twins(cell, start, inputs, separation=apart, rng=rng, direction=direction)
    moved = start + apart * direction
    paths = trajectory.states[:, 0], run(cell, moved, inputs).states[:, 0]
    return (
        profile(trajectory, lags=lags.tolist()).log_top,
        exponents,
        pair.log_separation - pair.log_separation[0],
        np.stack(paths),
    )
