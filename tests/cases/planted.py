"""Wrong bounds, planted: each must be caught, or the tests of the bounds are broken.

`caught` says by which law: "exceeded" by some run, or "blunt" on the witness.  A bound
to be exceeded is given a margin first, so that its rounding alone does not betray it;
the two that are wrong by their rounding are "bare".
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradlab.bounds import AbstractBound
from gradlab.cells import RNN
from gradlab.verified import Enclosure

__all__ = ["PLANTED", "Planted"]


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
        careful = self.caught == "exceeded" and not self.bare
        end = value + outward * 1e-9 * len(trajectory) * careful
        return Enclosure.between(end, end)


def _log(x):
    return np.log(np.asarray(x, dtype=float))


def _each(norm):
    """Return Σ ln norm(J_t)."""
    return lambda run: sum(float(_log(norm(J))) for J in run.chain.factors())


def _spectral(A):
    return np.linalg.norm(A, 2)


def _radius(A):
    return np.abs(np.linalg.eigvals(A)).max()


def _gamma(run):
    return run.cell.phi.lipschitz if isinstance(run.cell, RNN) else 1.0


def _slope_at_rest(run):
    if not isinstance(run.cell, RNN):
        return 1.0
    return float(np.abs(run.cell.phi.slope(np.zeros(1))[0]))


def _powers(norm, gamma):
    """Return T ln(gamma norm(W))."""
    return lambda run: len(run) * (_log(norm(run.cell.W_hh)) + _log(gamma(run)))


def _condition(W):
    return np.linalg.cond(np.linalg.eig(W)[1])


def _transient(power, shift=0):
    """Return power · ln κ(V) + (T + shift) ln ρ."""
    return lambda run: (
        power * _log(_condition(run.cell.W_hh))
        + (len(run) + shift) * _log(_radius(run.cell.W_hh))
    )


def _frobenius(A):
    return np.linalg.norm(A)


def _row_sum(A):
    return np.linalg.norm(A, np.inf)


PLANTED = {
    "frobenius for spectral": Planted("norm_product", "blunt", _each(_frobenius)),
    "holder for spectral": Planted(
        "norm_product",
        "blunt",
        _each(lambda A: np.sqrt(np.linalg.norm(A, 1) * _row_sum(A))),
    ),
    "root n times the row sum": Planted(
        "norm_product", "blunt", _each(lambda A: np.sqrt(len(A)) * _row_sum(A))
    ),
    "log of the mean norm": Planted(
        "norm_product",
        "blunt",
        lambda run: len(run) * _log(np.mean([*map(_spectral, run.chain.factors())])),
    ),
    "twice the logarithm": Planted(
        "norm_product", "blunt", lambda run: 2 * abs(_each(_spectral)(run))
    ),
    "a float norm, not rounded up": Planted(
        "norm_product", "exceeded", _each(_spectral), bare=True
    ),
    "row sum for spectral": Planted("norm_product", "exceeded", _each(_row_sum)),
    "column sum for spectral": Planted(
        "norm_product", "exceeded", _each(lambda A: np.linalg.norm(A, 1))
    ),
    "largest entry": Planted(
        "norm_product", "exceeded", _each(lambda A: np.abs(A).max())
    ),
    "nearly the hoelder norm": Planted(
        "norm_product",
        "exceeded",
        _each(lambda A: 0.999 * np.sqrt(np.linalg.norm(A, 1) * _row_sum(A))),
    ),
    "nearly root n times the row sum": Planted(
        "norm_product",
        "exceeded",
        _each(lambda A: 0.999 * np.sqrt(len(A)) * _row_sum(A)),
    ),
    "radius for norm": Planted("norm_product", "exceeded", _each(_radius)),
    "last step forgotten": Planted(
        "norm_product",
        "exceeded",
        lambda run: sum(_log(_spectral(J)) for J in run.chain.factors()[:-1]),
    ),
    "bits for nats": Planted(
        "norm_product",
        "exceeded",
        lambda run: sum(np.log2(_spectral(J)) for J in run.chain.factors()),
    ),
    "slope forgotten": Planted(
        "slope_norm", "blunt", _powers(_spectral, lambda _: 1.0)
    ),
    "slope used once": Planted(
        "slope_norm",
        "blunt",
        lambda run: _powers(_spectral, lambda _: 1.0)(run) + _log(_gamma(run)),
    ),
    "slope norm by frobenius": Planted(
        "slope_norm", "blunt", _powers(_frobenius, _gamma)
    ),
    "slope at rest for the largest": Planted(
        "slope_norm", "exceeded", _powers(_spectral, _slope_at_rest)
    ),
    "slope squared": Planted(
        "slope_norm", "exceeded", _powers(_spectral, lambda run: _gamma(run) ** 2)
    ),
    "radius times slope": Planted("slope_norm", "exceeded", _powers(_radius, _gamma)),
    "slope norm, not rounded up": Planted(
        "slope_norm", "exceeded", _powers(_spectral, _gamma), bare=True
    ),
    "radius without transient": Planted("linear_radius", "exceeded", _transient(0)),
    "root of the transient": Planted("linear_radius", "exceeded", _transient(0.5)),
    "one power too few for a decay": Planted(
        "linear_radius", "exceeded", _transient(1, shift=1)
    ),
    "transient squared": Planted("linear_radius", "blunt", _transient(2)),
    "norm for radius": Planted(
        "linear_radius", "blunt", _powers(_spectral, lambda _: 1.0)
    ),
    "eigenvalues as computed": Planted(
        "linear_floor",
        "exceeded",
        _powers(_radius, lambda _: 1.0),
        direction="below",
    ),
    "norm for radius from below": Planted(
        "linear_floor",
        "exceeded",
        _powers(_spectral, lambda _: 1.0),
        direction="below",
    ),
    "singular value for eigenvalue": Planted(
        "linear_floor",
        "blunt",
        _powers(lambda A: np.linalg.norm(A, -2), lambda _: 1.0),
        direction="below",
    ),
    "mean of the eigenvalues": Planted(
        "linear_floor",
        "blunt",
        _powers(lambda A: np.abs(np.linalg.eigvals(A)).mean(), lambda _: 1.0),
        direction="below",
    ),
    "radius over the condition": Planted(
        "linear_floor", "blunt", _transient(-1), direction="below"
    ),
    "volume for radius": Planted(
        "linear_floor",
        "blunt",
        _powers(lambda A: np.abs(np.linalg.det(A)) ** (1 / len(A)), lambda _: 1.0),
        direction="below",
    ),
}
