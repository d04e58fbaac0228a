"""One row per estimator, declaring what it claims; objectives to try them on."""

from dataclasses import dataclass

import numpy as np

from gradlab.cells import GRU, LSTM, RNN, Henon, Linear
from gradlab.dynamics import run
from gradlab.gradients import (
    AbstractEstimator,
    Full,
    RandomTruncation,
    Segmented,
    Truncated,
)
from gradlab.objectives import CrossEntropy, SquaredError

T, B = 12, 3


@dataclass(frozen=True)
class Row:
    estimator: AbstractEstimator
    exact: bool
    unbiased: bool


def _schedule(T):
    """Keep more of the chain the later the step."""
    return np.linspace(0.5, 1.0, T)


ESTIMATORS = {
    "full": Row(Full(), exact=True, unbiased=True),
    "truncated": Row(Truncated(4), exact=False, unbiased=False),
    "truncated in blocks": Row(Truncated(5, stride=3), exact=False, unbiased=False),
    "segmented": Row(Segmented(5, offset=2), exact=False, unbiased=False),
    "random": Row(RandomTruncation(0.7), exact=False, unbiased=True),
    "random per sequence": Row(
        RandomTruncation(_schedule, shared=False), exact=False, unbiased=True
    ),
    "random to the letter": Row(
        RandomTruncation(0.6, nested=False), exact=False, unbiased=True
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
