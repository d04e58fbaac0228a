"""A wrong bound, planted, and the formulas that wrong bounds are made of.

`caught` says by which law: "exceeded" by some run, or "blunt" on the witness.  A bound
to be exceeded is given a margin first, so that its rounding alone does not betray it;
those that are wrong by their rounding are "bare".
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradlab.bounds import AbstractBound
from gradlab.cells import RNN
from gradlab.verified import Enclosure

__all__ = [
    "Planted",
    "condition",
    "each",
    "frobenius",
    "gamma",
    "log",
    "powers",
    "radius",
    "row_sum",
    "slope_at_rest",
    "spectral",
    "transient",
]


@dataclass(frozen=True)
class Planted(AbstractBound):
    """A wrong bound: a formula where a theorem should be."""

    label = "thm:planted"
    case: str
    caught: str
    formula: Callable
    bare: bool = False
    direction: str = "above"

    def enclosed_bound(self, trajectory):
        with np.errstate(all="ignore"):
            value = float(self.formula(trajectory))
        outward = 1.0 if self.direction == "above" else -1.0
        if math.isnan(value):
            value = outward * math.inf
        elif math.isfinite(value):  # e^value is made exactly; no gain is so large
            value = min(max(value, -1e6), 1e6)
        careful = self.caught == "exceeded" and not self.bare
        end = value + outward * 1e-9 * len(trajectory) * careful
        return Enclosure.between(end, end)


def log(x):
    return np.log(np.asarray(x, dtype=float))


def each(norm):
    """Return Σ ln norm(J_t)."""
    return lambda run: sum(float(log(norm(J))) for J in run.chain.factors())


def spectral(A):
    return np.linalg.norm(A, 2)


def radius(A):
    return np.abs(np.linalg.eigvals(A)).max()


def gamma(run):
    return run.cell.phi.lipschitz if isinstance(run.cell, RNN) else 1.0


def slope_at_rest(run):
    if not isinstance(run.cell, RNN):
        return 1.0
    return float(np.abs(run.cell.phi.slope(np.zeros(1))[0]))


def powers(norm, gamma):
    """Return T ln(gamma norm(W))."""
    return lambda run: len(run) * (log(norm(run.cell.W_hh)) + log(gamma(run)))


def condition(W):
    return np.linalg.cond(np.linalg.eig(W)[1])


def transient(power, shift=0):
    """Return power · ln κ(V) + (T + shift) ln ρ."""
    return lambda run: (
        power * log(condition(run.cell.W_hh))
        + (len(run) + shift) * log(radius(run.cell.W_hh))
    )


def frobenius(A):
    return np.linalg.norm(A)


def row_sum(A):
    return np.linalg.norm(A, np.inf)
