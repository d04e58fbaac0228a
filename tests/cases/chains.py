"""One row per kind of chain: dense, factored, singular, joined, transposed, long."""

from gradlab.cells import GRU, LSTM, RNN, Linear
from gradlab.dynamics import JacobianChain, run


def of_cell(cell, steps, rng):
    n, m = cell.sizes
    return run(cell, rng.normal(size=n) / 2, rng.normal(size=(steps, m))).chain


def singular(rng):
    factors = rng.normal(size=(6, 3, 3))
    factors[2, :, 0] = 0.0
    factors[4, 1] = 0.0
    return JacobianChain(factors)


CHAINS = {
    "dense": lambda rng: JacobianChain(rng.normal(size=(7, 4, 4))),
    "one step": lambda rng: JacobianChain(rng.normal(size=(1, 3, 3))),
    "scalar": lambda rng: JacobianChain(rng.normal(size=(9, 1, 1))),
    "singular": singular,
    "linear": lambda rng: of_cell(Linear.random(4, 2, gain=1.0, rng=rng), 5, rng),
    "rnn": lambda rng: of_cell(RNN.random(4, 2, gain=1.5, rng=rng), 8, rng),
    "relu": lambda rng: of_cell(
        RNN.random(5, 2, gain=1.5, rng=rng, activation="relu"), 6, rng
    ),
    "lstm": lambda rng: of_cell(LSTM.random(3, 2, gain=1.5, rng=rng), 6, rng),
    "gru": lambda rng: of_cell(GRU.random(3, 2, gain=1.5, rng=rng), 6, rng),
    # 40 rows: more than are made dense, so that the factored products run too.
    "wide": lambda rng: of_cell(RNN.random(40, 2, gain=1.5, rng=rng), 5, rng),
    "wide lstm": lambda rng: of_cell(LSTM.random(20, 2, gain=1.5, rng=rng), 4, rng),
    "joined": lambda rng: of_cell(RNN.random(3, 1, gain=1.0, rng=rng), 4, rng).then(
        JacobianChain(rng.normal(size=(3, 3, 3)))
    ),
    "transposed": lambda rng: of_cell(
        GRU.random(4, 1, gain=1.5, rng=rng), 70, rng
    ).transpose(),
}
