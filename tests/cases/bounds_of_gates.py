"""Bounds for gated cells: LSTM and GRU."""

import numpy as np

from gradlab.bounds import ForgetFloor, GRUCeiling, LSTMCeiling
from gradlab.cells import GRU, LSTM
from gradlab.dynamics import run
from gradlab.testing import gru_runs, lstm_runs
from tests.cases.bound_case import BoundCase, tanh

__all__ = ["GATES"]


def _seeing():
    """An LSTM whose gates see h."""
    cell = LSTM(np.full((4, 1), 0.5), np.zeros((4, 1)), np.zeros(4))
    return run(cell, np.zeros(2), np.zeros((3, 1)))


def _equal_units():
    """Two units that do not meet: every block of J_t is a multiple of I."""
    cell = LSTM(np.zeros((8, 2)), np.zeros((8, 1)), np.repeat([0.5, 1.0, -1.0, 2.0], 2))
    return run(cell, [0.0, 0.0, 1.0, 1.0], np.zeros((12, 1)))


def _half_open():
    """At h = 0 all gates are ½: J = ½I + ¼W_n, of which one axis grows by 5/4."""
    W = np.zeros((9, 3))
    W[6:] = [[3.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, -1.0]]
    cell = GRU(W, np.zeros((9, 1)), np.zeros(9), np.zeros(9))
    return run(cell, np.zeros(3), np.zeros((12, 1)))


def _closed():
    """σ(o) is near 1e-4: what h keeps of c adds its square, 1e-8, to that of c."""
    W = np.zeros((8, 2))
    W[6:] = [[0.5, -1.0], [0.25, 0.75]]
    cell = LSTM(W, np.zeros((8, 1)), [0.0, 0.0, 2.0, -1.0, 0.0, 0.0, -9.0, -9.0])
    return run(cell, [0.0, 0.0, 0.25, 0.5], np.zeros((12, 1)))


# Widths: gains of products of 2 × 2 norms are enclosed to 1e-9; T steps of some K n u
# for the GRU; ½ θ² with θ = 1.3e-4 for the floor.
GATES = {
    "lstm_ceiling": BoundCase(
        LSTMCeiling(),
        lstm_runs(),
        _equal_units,
        2e-9,
        tanh,
        "thm:lstm-ceiling needs an LSTM; measured RNN.",
        homogeneous=False,
    ),
    "gru_ceiling": BoundCase(
        GRUCeiling(),
        gru_runs(),
        _half_open,
        1e-12,
        tanh,
        "thm:gru-ceiling needs a GRU; measured RNN.",
        homogeneous=False,
    ),
    "forget_floor": BoundCase(
        ForgetFloor(),
        lstm_runs(blind=True),
        _closed,
        2e-8,
        _seeing,
        "thm:forget-floor needs W_i = W_f = W_g = 0; measured 0.5.",
        homogeneous=False,
    ),
}
