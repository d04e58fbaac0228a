"""Bounds: for each where it applies, where it is sharp, and where it must refuse.

A witness has T ≥ 10, n ≥ 3 and Jacobians that do not commute with their transposes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from gradlab.bounds import (
    AbstractBound,
    LinearFloor,
    LinearRadius,
    NormProduct,
    SlopeNorm,
)
from gradlab.cells import (
    ACTIVATIONS,
    RNN,
    AbstractCell,
    Linear,
    Logistic,
)
from gradlab.cells.factored import DenseJacobian
from gradlab.dynamics import Trajectory, run
from gradlab.references import Reference
from gradlab.testing import chains, matrices

__all__ = ["BOUNDS", "BoundCase", "switched"]


@dataclass(frozen=True)
class BoundCase:
    """One bound, with runs to try it on."""

    bound: AbstractBound
    runs: st.SearchStrategy[Trajectory]
    witness: Callable[[], Trajectory]
    width: float  # nats by which the bound may miss the gain of the witness
    outside: Callable[[], Trajectory] | None = None
    refusal: str = ""


@dataclass(frozen=True, eq=False)
class Switched(AbstractCell):
    """h' = A_t h, with t one-hot in the input, so that any chain is a run of it."""

    matrices: Any
    source = Reference("horn2013matrix")

    @property
    def sizes(self):
        return self.matrices.shape[-1], len(self.matrices)

    @property
    def params(self):
        return {"matrices": self.matrices}

    def step(self, h, x, algebra=None):
        return self.jacobian(h, x) @ h

    def slopes(self, h, x):
        return DenseJacobian(self.matrices[x.argmax(axis=-1)])

    def input_slopes(self, h, x):
        raise NotImplementedError

    def parameter_cotangents(self, h, x, u):
        raise NotImplementedError


def switched(factors):
    """Return a run whose Jacobians are the given factors (T, n, n)."""
    T, n, _ = factors.shape
    return Trajectory(Switched(factors), np.zeros((T + 1, n)), np.eye(T))


@st.composite
def _recurrent_runs(draw):
    n, T = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    W = draw(matrices(n))
    phi = draw(st.sampled_from(ACTIVATIONS))
    cell = RNN(W, np.zeros((n, 1)), np.zeros(n), activation=phi)
    states = np.zeros((T + 1, n))
    # States are given, not run: every preactivation W h is near where slopes are large.
    aims = draw(st.lists(st.floats(-3, 3), min_size=n, max_size=n))
    size = np.abs(W).max()
    if 1e-100 < size < 1e100:
        states[:] = np.array(aims) / size
    return Trajectory(cell, states, np.zeros((T, 1)))


@st.composite
def _linear_runs(draw):
    W = draw(matrices(draw(st.integers(1, 5))))
    return _powers(W, draw(st.integers(1, 8)))


def _powers(W, T):
    n = len(W)
    return Trajectory(
        Linear(W, np.zeros((n, 1))), np.zeros((T + 1, n)), np.zeros((T, 1))
    )


def _aligned():
    """J_t = Q_t diag(c_t, c_t/2, 0) Q_{t−1}ᵀ: the leading directions line up."""
    rng = np.random.default_rng(3)
    Q = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(13)]
    c = 2.0 ** rng.integers(-4, 5, size=12)
    pairs = zip(Q[1:], Q, c, strict=False)
    return switched(np.stack([(A * [s, s / 2, 0.0]) @ B.T for A, B, s in pairs]))


def _resting_sigmoid():
    """W h + b = 0 at h = ½, where σ' = ¼; W is a swap beside a nilpotent block."""
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = 2.0
    W[2, 3] = 1.0
    cell = RNN(W, np.zeros((4, 1)), -W @ np.full(4, 0.5), activation="sigmoid")
    return run(cell, np.full(4, 0.5), np.zeros((12, 1)))


def _oblique_reflection():
    """4W² = I on two axes: κ(V) is all of the transient, at every odd T."""
    return _powers(np.array([[0.5, 4.0, 0.0], [0.0, -0.5, 0.0], [0.0, 0.0, 0.25]]), 11)


def _swap_and_shear():
    """ρ = ‖W‖ = 2 on a swap; the shear beside it decays."""
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = 2.0
    W[2:, 2:] = [[0.5, 0.3], [0.0, 0.25]]
    return _powers(W, 12)


def _logistic():
    return run(Logistic(4.0), [0.3], np.zeros((3, 0)))


def _tanh():
    cell = RNN(np.eye(3), np.zeros((3, 1)), np.zeros(3))
    return run(cell, np.zeros(3), np.zeros((3, 1)))


# Widths: T (4 n² u + a few u) for the norms, plus the rounding of the witness itself;
# for the radius T n² u κ(V) ‖W‖, with κ ≈ 16 and n² u ≈ 1e-15, and for the floor
# n times that with κ ≈ 4.
BOUNDS = {
    "norm_product": BoundCase(NormProduct(), chains().map(switched), _aligned, 1e-12),
    "slope_norm": BoundCase(
        SlopeNorm(),
        _recurrent_runs() | _linear_runs(),
        _resting_sigmoid,
        1e-12,
        _logistic,
        "thm:slope-norm needs an RNN or a Linear cell; measured Logistic.",
    ),
    "linear_radius": BoundCase(
        LinearRadius(),
        _linear_runs(),
        _oblique_reflection,
        2e-12,
        _tanh,
        "thm:linear-radius needs a linear recurrence; "
        "measured RNN with activation tanh.",
    ),
    "linear_floor": BoundCase(
        LinearFloor(),
        _linear_runs(),
        _swap_and_shear,
        2e-12,
        _tanh,
        "thm:linear-floor needs a linear recurrence; "
        "measured RNN with activation tanh.",
    ),
}
