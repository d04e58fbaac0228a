"""One row per cell: CELLS[name](rng) makes a small one; the laws run over them all."""

import numpy as np

from gradlab.cells import (
    ACTIVATIONS,
    GRU,
    LSTM,
    RNN,
    Henon,
    LeakyRelu,
    Linear,
    Logistic,
    ProjectedLSTM,
    Wrapped,
)

__all__ = ["CELLS"]


def _lotka(h, x):
    """Quadratic, so that it runs in every number system without being told of it."""
    return h + h * (x[0] - h[::-1]) / 4


def _lotka_jacobian(h, x):
    return np.diag(1 + (x[0] - h[::-1]) / 4) - np.diag(h / 4)[:, ::-1]


CELLS = {
    "linear": lambda rng: Linear.random(3, 2, gain=1.2, rng=rng),
    **{
        f"rnn_{phi.name}": lambda rng, phi=phi: RNN.random(
            3, 2, gain=1.3, rng=rng, activation=phi, init="torch"
        )
        for phi in ACTIVATIONS
    },
    "rnn_leaky_steep": lambda rng: RNN.random(
        2, 1, gain=1.0, rng=rng, activation=LeakyRelu(2.5)
    ),
    "rnn_one_unit": lambda rng: RNN.random(1, 1, gain=2.0, rng=rng),
    "rnn_no_input": lambda rng: RNN.random(3, 0, gain=1.5, rng=rng),
    "lstm": lambda rng: LSTM.random(2, 2, gain=1.5, rng=rng, init="torch"),
    "lstm_remembering": lambda rng: LSTM.random(
        2, 1, gain=1.0, rng=rng, init="orthogonal", forget_bias=3.0
    ),
    "lstm_no_input": lambda rng: LSTM.random(2, 0, gain=2.0, rng=rng),
    "lstm_projected": lambda rng: ProjectedLSTM.random(
        3, 2, projected=2, gain=1.5, rng=rng, init="torch"
    ),
    "gru": lambda rng: GRU.random(2, 2, gain=1.5, rng=rng, init="torch"),
    "gru_no_input": lambda rng: GRU.random(2, 0, gain=2.0, rng=rng),
    "henon": lambda rng: Henon(),
    "logistic": lambda rng: Logistic(3.9),
    "wrapped": lambda rng: Wrapped(_lotka, n=2, m=1),
    "wrapped_given": lambda rng: Wrapped(_lotka, _lotka_jacobian, n=2, m=1),
}
