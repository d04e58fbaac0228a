"""Bounds for h' = φ(W_hh h + …), made of its weights and the largest slope."""

import numpy as np
from hypothesis import strategies as st

from gradlab.bounds import (
    EntrywiseRadius,
    OrthogonalCeiling,
    ScaledNorm,
    SlopeNorm,
    SlopeSet,
)
from gradlab.cells import ACTIVATIONS, RNN
from gradlab.dynamics import Trajectory, run
from gradlab.testing import linear_runs, matrices, powers_of, rnn_runs
from tests.cases.bound_case import BoundCase, dense, logistic

__all__ = ["SLOPES", "turns"]

ANY = rnn_runs() | linear_runs()


@st.composite
def turns(draw):
    """Draw an orthogonal matrix: the Q of a QR factorisation, or a permutation."""
    n = draw(st.integers(1, 5))
    if draw(st.booleans()):
        signs = draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=n, max_size=n))
        return np.diag(signs)[list(draw(st.permutations(range(n))))]
    A = draw(matrices(n))
    return np.linalg.qr(A / (np.abs(A).max() or 1.0))[0]


@st.composite
def _turning(draw):
    W, T = draw(turns()), draw(st.integers(1, 6))
    if draw(st.booleans()):
        return powers_of(W, T)
    n = len(W)
    phi = draw(st.sampled_from(ACTIVATIONS))
    cell = RNN(W, np.zeros((n, 1)), np.zeros(n), activation=phi)
    aims = draw(st.lists(st.floats(-3, 3), min_size=n, max_size=n))
    return Trajectory(cell, np.tile(aims, (T + 1, 1)), np.zeros((T, 1)))


def _resting_sigmoid():
    """W h + b = 0 at h = ½, where σ' = ¼; W is a swap beside a nilpotent block."""
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = 2.0
    W[2, 3] = 1.0
    cell = RNN(W, np.zeros((4, 1)), -W @ np.full(4, 0.5), activation="sigmoid")
    return run(cell, np.full(4, 0.5), np.zeros((12, 1)))


def _at_rest(W, T):
    """A tanh network at 0, where every slope is 1."""
    n = len(W)
    cell = RNN(W, np.zeros((n, 1)), np.zeros(n))
    return run(cell, np.zeros(n), np.zeros((T, 1)))


def _positive():
    return _at_rest([[0.5, 1.0, 0.0], [0.0, 0.25, 2.0], [0.25, 0.0, 0.5]], 12)


def _oblique_swap():
    """W² = ¼ I on two axes, and D = diag(1, 2) makes half a swap of it."""
    return _at_rest([[0.0, 1.0, 0.0], [0.25, 0.0, 0.0], [0.0, 0.0, 0.125]], 11)


def _swap_and_turn():
    """A swap of two units at rest, beside a turn of two whose slopes are unequal."""
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = 1.0
    W[2:, 2:] = [[0.6, -0.8], [0.8, 0.6]]
    cell = RNN(W, np.zeros((4, 1)), [0.0, 0.0, 0.5, 1.0])
    return run(cell, np.zeros(4), np.zeros((12, 1)))


# Widths: T steps of (4 n² + n) u for norms; a power is enclosed to 1e-9; of the best D
# the Perron vectors give some 1e-15, and κ(D) is near 2.
SLOPES = {
    "slope_norm": BoundCase(
        SlopeNorm(),
        ANY,
        _resting_sigmoid,
        1e-12,
        logistic,
        "thm:slope-norm needs an RNN or a Linear cell; measured Logistic.",
    ),
    "entrywise_radius": BoundCase(
        EntrywiseRadius(),
        ANY,
        _positive,
        2e-9,
        logistic,
        "thm:entrywise-radius needs an RNN or a Linear cell; measured Logistic.",
    ),
    "scaled_norm": BoundCase(
        ScaledNorm(),
        ANY,
        _oblique_swap,
        1e-12,
        logistic,
        "thm:scaled-norm needs an RNN or a Linear cell; measured Logistic.",
    ),
    "slope_set": BoundCase(
        SlopeSet(),
        ANY,
        _oblique_swap,
        1e-12,
        logistic,
        "thm:slope-set needs an RNN or a Linear cell; measured Logistic.",
    ),
    "orthogonal_ceiling": BoundCase(
        OrthogonalCeiling(),
        _turning(),
        _swap_and_turn,
        1e-12,
        dense,
        "thm:orthogonal-ceiling needs W_hh orthogonal, ‖WᵀW − I‖ ≤ 1e-4; measured 33.",
        homogeneous=False,
    ),
}
