"""Random networks that read the text and predict its next character: their losses."""

import numpy as np

from analysis.corpus import next_characters, opening
from gradlab.cells import GRU, LSTM, RNN, AbstractCell
from gradlab.dynamics import run
from gradlab.objectives import CrossEntropy

__all__ = ["reader_cell", "reading"]


def reader_cell(kind: str, n: int, m: int, seed: object) -> AbstractCell:
    """Return "lstm" or "gru" drawn as torch draws them, or an RNN of a gain "1.2"."""
    rng = np.random.default_rng(seed)
    if kind == "lstm":
        return LSTM.random(n, m, gain=1.0, rng=rng, init="torch")
    if kind == "gru":
        return GRU.random(n, m, gain=1.0, rng=rng, init="torch")
    return RNN.random(n, m, gain=float(kind), rng=rng)


def reading(kind: str, n: int, steps: int, seed: object) -> CrossEntropy:
    """Return the mean cross-entropy of a random readout, N(0, 1/n), on the text."""
    inputs = opening(steps)
    m = inputs.shape[1]
    cell = reader_cell(kind, n, m, seed)
    readout = np.random.default_rng([1, n]).standard_normal((m, n)) / np.sqrt(n)
    trajectory = run(cell, np.zeros(cell.sizes[0]), inputs)
    return CrossEntropy(trajectory, next_characters(steps), readout)
