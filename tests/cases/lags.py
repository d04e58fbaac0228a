"""One row per kind of run whose Jacobians go back over all lags: RUNS[name](rng)."""

import numpy as np

from gradlab.cells import GRU, LSTM, RNN, Henon, Linear, Logistic, Wrapped
from gradlab.dynamics import Trajectory, run

__all__ = ["REGROWING", "RUNS", "scripted"]


def scripted(factors):
    """Return a run whose Jacobians ∂h_t/∂h_{t−1} are those factors (T, n, n)."""
    stack = np.asarray(factors, dtype=float)
    n = stack.shape[1]
    cell = Wrapped(lambda h, x: h, lambda h, x: stack[int(x[0])], n=n, m=1)
    times = np.arange(len(stack), dtype=float)[:, None]
    return Trajectory(cell, np.zeros((len(stack) + 1, n)), times)


def of_cell(cell, steps, rng, *, batch=(3,), scale=1.0):
    n, m = cell.sizes
    h0 = rng.normal(size=(*batch, n)) * scale / 2
    return run(cell, h0, rng.normal(size=(steps, *batch, m)))


def jordan(rng):
    """h' = (½ I + 2 N) h: what it does to ‖·‖ in five steps is undone in fifty."""
    W = np.diag(np.full(6, 0.5)) + np.diag(np.full(5, 2.0), 1)
    return of_cell(Linear(W, np.zeros((6, 1))), 60, rng, batch=())


def saturated(rng):
    cell = RNN(3 * rng.normal(size=(8, 8)), np.zeros((8, 1)), 5 * rng.normal(size=8))
    return of_cell(cell, 40, rng)


RUNS = {
    "linear": lambda rng: of_cell(Linear.random(20, 1, gain=1.0, rng=rng), 60, rng),
    "one unit": lambda rng: of_cell(Linear([[0.3]], [[1.0]]), 300, rng),
    "rotation": lambda rng: of_cell(
        Linear.random(6, 1, gain=0.7, rng=rng, init="orthogonal"), 100, rng
    ),
    "jordan": jordan,
    "tanh": lambda rng: of_cell(RNN.random(24, 2, gain=1.2, rng=rng), 80, rng),
    "chaotic": lambda rng: of_cell(RNN.random(16, 2, gain=3.0, rng=rng), 80, rng),
    "saturated": saturated,
    "relu": lambda rng: of_cell(
        RNN.random(16, 2, gain=1.5, rng=rng, activation="relu"), 60, rng
    ),
    "lstm": lambda rng: of_cell(
        LSTM.random(30, 4, gain=1.0, rng=rng, init="torch"), 80, rng
    ),
    "lstm remembering": lambda rng: of_cell(
        LSTM.random(12, 2, gain=1.5, rng=rng, init="torch", forget_bias=3.0), 120, rng
    ),
    "gru": lambda rng: of_cell(GRU.random(20, 2, gain=1.5, rng=rng), 80, rng),
    "single": lambda rng: of_cell(
        GRU.random(9, 2, gain=1.0, rng=rng), 40, rng, batch=()
    ),
    "one step": lambda rng: of_cell(LSTM.random(5, 2, gain=1.0, rng=rng), 1, rng),
    "wide": lambda rng: of_cell(
        LSTM.random(70, 3, gain=1.0, rng=rng, init="torch"), 30, rng, batch=(2,)
    ),
    "henon": lambda rng: run(Henon(), np.zeros(2), np.zeros((200, 0))),
    "logistic": lambda rng: run(Logistic(3.9), [0.3], np.zeros((200, 0))),
}


def _turned(factors, rng):
    """Return Q_t D_t Q_{t−1}ᵀ with random rotations: the same norms, no zeros."""
    n = factors.shape[1]
    turns = np.linalg.qr(rng.normal(size=(len(factors) + 1, n, n)))[0]
    return turns[1:] @ factors @ turns[:-1].swapaxes(1, 2)


def _swapping(low, steps, n):
    """Late steps halve all directions but the first, early ones the first alone.

    Whoever drops the small rows of the late steps has nothing left after the early.
    """
    late, early = np.diag([1.0] + [low] * (n - 1)), np.diag([low] + [1.0] * (n - 1))
    return np.array([early] * (2 * steps) + [late] * steps)


REGROWING = {
    "two directions": lambda rng: _swapping(0.1, 12, 2),
    "turned": lambda rng: _turned(_swapping(0.1, 12, 6), rng),
    "slow": lambda rng: _turned(_swapping(0.6, 50, 4), rng),
}
