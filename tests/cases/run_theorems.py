"""Theorems about more than one gain of a run, and what decides them exactly."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from gradlab.bounds import AbstractRunTheorem, KreissFloor, PseudospectralGrowth
from gradlab.dynamics import Trajectory
from gradlab.testing import linear_runs, powers_of
from tests.cases.bound_case import tanh
from tests.oracles.powers import some_power_above

__all__ = ["RUN_THEOREMS", "RunTheoremCase"]

FAR = 1 << 40  # a supremum over all powers is reached, or nearly, before this one


@dataclass(frozen=True)
class RunTheoremCase:
    """One theorem, with runs to try it on."""

    theorem: AbstractRunTheorem
    runs: st.SearchStrategy[Trajectory]
    holds: Callable[[Trajectory, float], bool]  # of a value, in nats
    witness: Callable[[], Trajectory]
    width: float  # nats: `holds` fails if the value is that much larger
    outside: Callable[[], Trajectory]
    refusal: str


def _shear():
    """W^k is the same for every k > 0, and K its norm, approached at z → 1."""
    return powers_of(np.array([[1.0, 3.0, 4.0], [0.0, 0.0, 0.0], [0.0] * 3]), 12)


def _growing():
    """A power grows by 2 a step, and is the largest of the first twelve."""
    W = np.array([[2.0, 1.0, 0.0], [0.0, 0.5, 1.0], [0.0, 0.0, 0.25]])
    return powers_of(W, 12)


def _refusal(label):
    return f"{label} needs a linear recurrence; measured RNN with activation tanh."


# Widths: the nearest z tried is 1e-12 outside the unit circle, and a resolvent of
# 1e12 is known to some n² u of it.  Growth by one eigenvalue λ is found to some
# n² u κ in the limit z → λ, but for 1/κ of the oblique projection on its vector.
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
        0.5,
        tanh,
        _refusal("thm:pseudospectral-growth"),
    ),
}
