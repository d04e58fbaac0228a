"""One row per estimator, declaring what it claims; objectives to try them on."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradlab.cells import GRU, LSTM, RNN, Henon, Linear
from gradlab.dynamics import run
from gradlab.gradients import (
    AbstractEstimator,
    Forward,
    Full,
    Geometric,
    PowerLaw,
    RandomTruncation,
    RandomWindow,
    RenewalTruncation,
    Segmented,
    Truncated,
    Waring,
)
from gradlab.objectives import CrossEntropy, SquaredError

T, B = 12, 3


@dataclass(frozen=True)
class Row:
    estimator: AbstractEstimator
    exact: bool
    unbiased: bool
    outcomes: Callable | None = None
    """(T, B) -> every (chance, uniform numbers that lead to it), where it draws."""


def _cuts(keep, shared=True):
    """Every pattern of kept and cut: 0 is below every π, and 1 above."""

    def outcomes(T, B):
        chances = keep(T) if callable(keep) else np.full(T, keep)
        if not shared:
            chances = np.repeat(chances[:, None], B, axis=1)
        for cut in itertools.product([0.0, 1.0], repeat=chances.size):
            drawn = np.reshape(cut, chances.shape)
            yield np.where(drawn, 1 - chances, chances).prod(), drawn

    return outcomes


def _renewals(law, shared=True):
    """Every pattern of kept and cut but of step 1, where the chance is of the age."""

    def outcomes(T, B):
        S = law(np.arange(T))
        columns = 1 if shared else B
        for cut in itertools.product([0.0, 1.0], repeat=(T - 1) * columns):
            drawn = np.zeros((T, columns))
            drawn[1:] = np.reshape(cut, (T - 1, columns))
            chance, age = 1.0, np.zeros(columns, dtype=int)
            for row in drawn[1:]:
                keep = S[age + 1] / S[age]
                chance *= np.where(row, 1 - keep, keep).prod()
                age = np.where(row, 0, age + 1)
            yield chance, drawn[:, 0] if shared else drawn

    return outcomes


def _depths(survival, shared=True):
    """Every depth K = 0 … T, by a number between P(K ≥ K + 1) and P(K ≥ K)."""

    def outcomes(T, B):
        S = np.append(survival(np.arange(T + 1)), 0.0)
        every = list(itertools.pairwise(S))
        for levels in itertools.product(every, repeat=1 if shared else B):
            high, low = np.transpose(levels)
            middle = (high + low) / 2
            yield (high - low).prod(), middle[0] if shared else middle

    return outcomes


def _schedule(T):
    """Keep more of the chain the later the step."""
    return np.linspace(0.5, 1.0, T)


ESTIMATORS = {
    "full": Row(Full(), exact=True, unbiased=True),
    "forward": Row(Forward(), exact=True, unbiased=True),
    "truncated": Row(Truncated(4), exact=False, unbiased=False),
    "truncated in blocks": Row(Truncated(5, stride=3), exact=False, unbiased=False),
    "segmented": Row(Segmented(5, offset=2), exact=False, unbiased=False),
    "random": Row(
        RandomTruncation(0.7), exact=False, unbiased=True, outcomes=_cuts(0.7)
    ),
    "random per sequence": Row(
        RandomTruncation(_schedule, shared=False),
        exact=False,
        unbiased=True,
        outcomes=_cuts(_schedule, shared=False),
    ),
    "random to the letter": Row(
        RandomTruncation(0.6, nested=False),
        exact=False,
        unbiased=True,
        outcomes=_cuts(0.6),
    ),
    "renewals": Row(
        RenewalTruncation(Waring(3.0, 4.0)),
        exact=False,
        unbiased=True,
        outcomes=_renewals(Waring(3.0, 4.0)),
    ),
    "renewals per sequence": Row(
        RenewalTruncation(PowerLaw(2.0, 1.5), shared=False),
        exact=False,
        unbiased=True,
        outcomes=_renewals(PowerLaw(2.0, 1.5), shared=False),
    ),
    "random window": Row(
        RandomWindow(Geometric(0.8)),
        exact=False,
        unbiased=True,
        outcomes=_depths(Geometric(0.8)),
    ),
    "random window per sequence": Row(
        RandomWindow(Geometric(0.8), shared=False),
        exact=False,
        unbiased=True,
        outcomes=_depths(Geometric(0.8), shared=False),
    ),
}


def trajectory(cell, rng, *, batch=(), steps=T):
    n, m = cell.sizes
    inputs = rng.normal(size=(steps, *batch, m))
    return run(cell, rng.normal(size=(*batch, n)) / 2, inputs)


def squared(cell, rng, *, batch=(), bias=True, weights=None, steps=T):
    run_ = trajectory(cell, rng, batch=batch, steps=steps)
    targets = rng.normal(size=(steps, *batch, 2))
    W_qh, b_q = rng.normal(size=(2, cell.hidden)), rng.normal(size=2)
    return SquaredError(run_, targets, W_qh, b_q if bias else None, weights=weights)


def cross(cell, rng, *, batch=(), bias=True, steps=T):
    run_ = trajectory(cell, rng, batch=batch, steps=steps)
    targets = rng.integers(0, 4, size=(steps, *batch))
    W_qh, b_q = rng.normal(size=(4, cell.hidden)), rng.normal(size=4)
    return CrossEntropy(run_, targets, W_qh, b_q if bias else None)


def henon(rng):
    return SquaredError(
        run(Henon(), [0.1, 0.2], np.zeros((5, 0))), np.zeros((5, 1)), [[1.0, 0.5]]
    )


OBJECTIVES = {
    "rnn": lambda rng: squared(RNN.random(5, 3, gain=1.1, rng=rng), rng),
    "rnn batch": lambda rng: cross(
        RNN.random(5, 3, gain=1.1, rng=rng), rng, batch=(B,)
    ),
    "relu without bias": lambda rng: squared(
        RNN.random(5, 3, gain=1.1, rng=rng, activation="relu"), rng, bias=False
    ),
    "lstm": lambda rng: cross(LSTM.random(4, 3, gain=1.1, rng=rng), rng),
    "lstm batch": lambda rng: squared(
        LSTM.random(4, 3, gain=1.1, rng=rng), rng, batch=(B,)
    ),
    "gru": lambda rng: squared(GRU.random(4, 3, gain=1.1, rng=rng), rng),
    "gru batch": lambda rng: cross(
        GRU.random(4, 3, gain=1.1, rng=rng), rng, batch=(B,), bias=False
    ),
    "linear": lambda rng: squared(Linear.random(4, 2, gain=0.9, rng=rng), rng),
    "henon": henon,
    "last step": lambda rng: squared(
        LSTM.random(4, 3, gain=1.1, rng=rng), rng, weights=np.eye(T)[-1]
    ),
    "one step": lambda rng: squared(GRU.random(4, 3, gain=1.1, rng=rng), rng, steps=1),
}
