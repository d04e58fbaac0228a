"""Theorems about more than one gain of a run, and what decides them exactly."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from gradlab.bounds import (
    AbstractRunTheorem,
    KreissFloor,
    PseudospectralGrowth,
    TruncationSpread,
    TruncationTail,
    TwinCeiling,
)
from gradlab.cells import RNN, Wrapped
from gradlab.dynamics import Trajectory, run
from gradlab.testing import (
    gru_runs,
    linear_runs,
    lstm_runs,
    powers_of,
    rnn_runs,
    text_runs,
)
from tests.cases.bound_case import logistic, tanh
from tests.oracles.parameter_gradients import spread_at_most, tail_at_most
from tests.oracles.powers import some_power_above
from tests.oracles.twins import some_twin_beyond

__all__ = ["RUN_THEOREMS", "RunTheoremCase"]

WINDOW, KEEP = 2, 0.75  # of truncations: a loss reaches two steps, or four in the mean
NEAR = 1e-3  # a separation at which the second order counts
FAR = 1 << 40  # a supremum over all powers is reached, or nearly, before this one


@dataclass(frozen=True)
class RunTheoremCase:
    """One theorem, with runs to try it on."""

    theorem: AbstractRunTheorem
    runs: st.SearchStrategy[Trajectory]
    holds: Callable[[Trajectory, float], bool]  # of a value, in nats
    witness: Callable[[], Trajectory]
    width: float  # nats by which the value may miss; `holds` fails beyond
    outside: Callable[[], Trajectory]
    refusal: str


def _shear():
    """W^k is the same for every k > 0, and K its norm, approached at z → 1."""
    return powers_of(np.array([[1.0, 3.0, 4.0], [0.0, 0.0, 0.0], [0.0] * 3]), 12)


def _growing():
    """A unit that doubles, beside what decays: z next to 2 shows 2¹² and no more."""
    W = np.array([[2.0, 0.0, 0.0], [0.0, 0.5, 1.0], [0.0, 0.0, 0.25]])
    return powers_of(W, 12)


@st.composite
def _smooth_runs(draw):
    """Draw orbits of small networks, in float64: their rounding is in the bound."""
    n, seed = draw(st.integers(1, 4)), draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    gain = draw(st.sampled_from([0.25, 1.0, 2.0, 8.0]))
    phi = draw(st.sampled_from(["tanh", "sigmoid", "identity"]))
    cell = RNN.random(n, 1, gain=gain, rng=rng, activation=phi)
    inputs = rng.normal(size=(draw(st.integers(1, 10)), 1))
    return run(cell, rng.normal(size=n), inputs)


def _swap_and_shear():
    """The identity for φ: a swap that doubles beside what decays, and no remainder."""
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = 2.0
    W[2:, 2:] = [[0.5, 0.25], [0.0, 0.25]]
    cell = RNN(W, np.zeros((4, 1)), np.zeros(4), activation="identity")
    return run(cell, np.zeros(4), np.zeros((12, 1)))


def _parameters():
    """Draw runs of cells with parameters, on their own and on text."""
    return st.one_of(rnn_runs(), lstm_runs(), gru_runs(), text_runs(8))


def _without_parameters():
    square = Wrapped(lambda h, _: h**2, n=3)
    return run(square, np.full(3, 0.5), np.zeros((3, 0)))


def _refusal(label):
    return f"{label} needs a linear recurrence; measured RNN with activation tanh."


# Widths: the nearest z tried is 1e-12 outside the unit circle, and a resolvent of
# 1e12 is known to some n² u of it.  Growth by one eigenvalue λ, whose vector is
# orthogonal to the others, is found in the limit z → λ: 1e-12 λ is as near as is tried.
# Twins: T steps of some n² u, and 1e-15 by which the start is nearer.
# Truncation: at rest only the bias is heard, and along the swap all steps line up.
RUN_THEOREMS = {
    "kreiss_floor": RunTheoremCase(
        KreissFloor(),
        linear_runs(),
        lambda run, value: some_power_above(run.cell.W_hh, value, range(FAR)),
        _shear,
        1e-3,
        tanh,
        _refusal("thm:kreiss-floor"),
    ),
    "pseudospectral_growth": RunTheoremCase(
        PseudospectralGrowth(),
        linear_runs(),
        lambda run, value: some_power_above(
            run.cell.W_hh, value, range(1, len(run) + 1)
        ),
        _growing,
        1e-11,
        tanh,
        _refusal("thm:pseudospectral-growth"),
    ),
    "twin_ceiling": RunTheoremCase(
        TwinCeiling(separation=NEAR),
        _smooth_runs(),
        lambda run, value: not some_twin_beyond(run, NEAR, value),
        _swap_and_shear,
        1e-12,
        logistic,
        "thm:twin-ceiling needs an RNN with tanh, sigmoid or identity; "
        "measured Logistic.",
    ),
    "truncation_tail": RunTheoremCase(
        TruncationTail(window=WINDOW),
        _parameters(),
        lambda run, value: tail_at_most(run, WINDOW, value),
        _swap_and_shear,
        1e-12,
        _without_parameters,
        "thm:truncation-tail needs a cell with parameters; measured Wrapped.",
    ),
    "truncation_spread": RunTheoremCase(
        TruncationSpread(keep=KEEP),
        _parameters(),
        lambda run, value: spread_at_most(run, KEEP, value),
        _swap_and_shear,
        1e-12,
        _without_parameters,
        "thm:truncation-spread needs a cell with parameters; measured Wrapped.",
    ),
}
