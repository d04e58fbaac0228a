"""A row of the tables of bounds: where one applies, is sharp, and must refuse.

A witness has T ≥ 10, n ≥ 3 and a Jacobian that does not commute with its transpose,
unless all Jacobians that the theorem speaks of do.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from gradlab.bounds import AbstractBound
from gradlab.cells import RNN, Linear, Logistic
from gradlab.dynamics import Trajectory, run

__all__ = ["BoundCase", "dense", "logistic", "tanh"]


@dataclass(frozen=True)
class BoundCase:
    """One bound, with runs to try it on."""

    bound: AbstractBound
    runs: st.SearchStrategy[Trajectory]
    witness: Callable[[], Trajectory]
    width: float  # nats by which the bound may miss the gain of the witness
    outside: Callable[[], Trajectory] | None = None
    refusal: str = ""
    normal: bool = False  # all Jacobians that the theorem speaks of are
    homogeneous: bool = True  # twice the weights, and the bound rises by T ln 2


def logistic():
    """Return a run of a cell that has no weights."""
    return run(Logistic(4.0), [0.3], np.zeros((3, 0)))


def tanh():
    """Return a run of a cell that is not linear."""
    cell = RNN(np.eye(3), np.zeros((3, 1)), np.zeros(3))
    return run(cell, np.zeros(3), np.zeros((3, 1)))


def dense():
    """Return a run of a linear cell whose weights have no structure at all."""
    return run(Linear([[1.0, 2.0], [3.0, 4.0]], [[0.0]] * 2), [0.0] * 2, [[0.0]] * 3)
