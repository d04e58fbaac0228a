"""Runs at which bounds are tight: steep slopes, open and closed gates, and real text.

States are given and not run, so that every preactivation can be near where slopes are
largest: a bound speaks of a stored run, whatever made it.
"""

from typing import Any

import numpy as np

from gradlab.cells.activations import ACTIVATIONS
from gradlab.cells.base import AbstractCell
from gradlab.cells.gru import GRU
from gradlab.cells.linear import Linear
from gradlab.cells.lstm import LSTM
from gradlab.cells.rnn import RNN
from gradlab.datasets.corpora import default_text
from gradlab.dynamics.trajectory import Trajectory, run
from gradlab.testing._hypothesis import st
from gradlab.testing.matrices import Draw, filled, matrix_of
from gradlab.typing import Array, Matrix

__all__ = [
    "gru_runs",
    "linear_runs",
    "lstm_runs",
    "powers_of",
    "rnn_runs",
    "text_runs",
]

_STATES = st.floats(-3.0, 3.0)
_BIASES = st.sampled_from([-800.0, -2.0, 0.0, 0.5, 2.0, 40.0])
_PULLS = st.sampled_from([-4.0, -1.0, 0.0, 1.0, 4.0])
_GAINS = st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0])


def powers_of(W: Matrix, T: int) -> Trajectory:
    """Return a run of the linear recurrence h' = W h, at rest for T steps.

    Examples
    --------
    >>> powers_of(np.eye(3), 12).chain.factors().shape
    (12, 3, 3)
    """
    n = len(W)
    cell = Linear(W, np.zeros((n, 1)))
    return Trajectory(cell, np.zeros((T + 1, n)), np.zeros((T, 1)))


def linear_runs(most: int = 8) -> Any:
    """Return a Hypothesis strategy of powers W^T, T ≤ most, n ≤ 5, of all families.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None, deadline=None)
    ... @given(linear_runs(3))
    ... def test(run):
    ...     assert len(run) <= 3
    >>> test()
    """
    return st.composite(_linear_run)(most)


def _linear_run(draw: Draw, most: int) -> Trajectory:
    W = matrix_of(draw, draw(st.integers(1, 5)))
    return powers_of(W, draw(st.integers(1, most)))


def rnn_runs(most: int = 6) -> Any:
    """Return a Hypothesis strategy of runs of RNNs with any activation, T ≤ most.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None, deadline=None)
    ... @given(rnn_runs())
    ... def test(run):
    ...     assert run.batch == ()
    >>> test()
    """
    return st.composite(_rnn_run)(most)


def _rnn_run(draw: Draw, most: int) -> Trajectory:
    n, T = draw(st.integers(1, 5)), draw(st.integers(1, most))
    W = matrix_of(draw, n)
    phi = draw(st.sampled_from(ACTIVATIONS))
    cell = RNN(W, np.zeros((n, 1)), np.zeros(n), activation=phi)
    states = np.zeros((T + 1, n))
    size = np.abs(W).max()
    if 1e-100 < size < 1e100:
        states[:] = filled(draw, n, _STATES) / size
    return Trajectory(cell, states, np.zeros((T, 1)))


def lstm_runs(most: int = 5, *, blind: bool = False) -> Any:
    """Return a Hypothesis strategy of runs of LSTMs with one to three units, T ≤ most.

    `blind` gates do not see h, but for the output gate: W_i = W_f = W_g = 0.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None, deadline=None)
    ... @given(lstm_runs(blind=True))
    ... def test(run):
    ...     assert not run.cell.W_hh[: -run.cell.hidden].any()
    >>> test()
    """
    return st.composite(_lstm_run)(most, blind)


def _lstm_run(draw: Draw, most: int, blind: bool) -> Trajectory:
    n = draw(st.integers(1, 3))
    W = np.concatenate([_moderate(draw, n) for _ in range(4)])
    if blind:
        W[: 3 * n] = 0.0
    cell = LSTM(W, filled(draw, (4 * n, 1), _PULLS), filled(draw, 4 * n, _BIASES))
    return _given(draw, cell, most)


def gru_runs(most: int = 5) -> Any:
    """Return a Hypothesis strategy of runs of GRUs with one to four units, T ≤ most.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None, deadline=None)
    ... @given(gru_runs(1))
    ... def test(run):
    ...     assert len(run) == 1
    >>> test()
    """
    return st.composite(_gru_run)(most)


def _gru_run(draw: Draw, most: int) -> Trajectory:
    n = draw(st.integers(1, 4))
    W = np.concatenate([_moderate(draw, n) for _ in range(3)])
    biases = filled(draw, (2, 3 * n), _BIASES)
    return _given(draw, GRU(W, filled(draw, (3 * n, 1), _PULLS), *biases), most)


def text_runs(T: int, cells: tuple[str, ...] = ("rnn", "lstm", "gru", "linear")) -> Any:
    """Return a Hypothesis strategy of small random cells that read T characters.

    The text is the default one, from any place on; a cell has a state of one to four
    entries, so that exact decisions about T = 300 steps take milliseconds.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None, deadline=None)
    ... @given(text_runs(20))
    ... def test(run):
    ...     assert len(run) == 20
    >>> test()
    """
    return st.composite(_text_run)(T, cells)


def _text_run(draw: Draw, T: int, cells: tuple[str, ...]) -> Trajectory:
    corpus = default_text()
    inputs = corpus.one_hot(draw(st.integers(0, len(corpus) - T)), T)
    m, gain, seed = inputs.shape[1], draw(_GAINS), draw(st.integers(0, 2**32 - 1))
    kind, n = draw(st.sampled_from(cells)), draw(st.integers(1, 4))
    options: dict[str, Any] = {"gain": gain, "rng": seed}
    cell: AbstractCell
    if kind == "rnn":
        phi = draw(st.sampled_from(ACTIVATIONS))
        cell = RNN.random(n, m, activation=phi, **options)
    elif kind == "linear":
        cell = Linear.random(n, m, gain=min(gain, 1.0), rng=seed)
    elif kind == "lstm":
        cell = LSTM.random((n + 1) // 2, m, **options)
    else:
        cell = GRU.random(n, m, **options)
    return run(cell, np.zeros(cell.sizes[0]), inputs)


def _moderate(draw: Draw, n: int) -> Matrix:
    """Draw a matrix whose entries are at most some hundreds."""
    W = matrix_of(draw, n)
    size = float(np.abs(W).max())
    return W if size < 256 else W / (size / 256)


def _given(draw: Draw, cell: AbstractCell, most: int) -> Trajectory:
    T = draw(st.integers(1, most))
    states: Array = filled(draw, (T + 1, cell.sizes[0]), _STATES)
    return Trajectory(cell, states, filled(draw, (T, 1), _PULLS))
