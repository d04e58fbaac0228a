"""A wrong bound, planted, and the formulas that wrong bounds are made of."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound
from gradlab.cells.rnn import RNN
from gradlab.dynamics.trajectory import Trajectory
from gradlab.references import Reference
from gradlab.typing import Matrix
from gradlab.verified.enclosure import Enclosure

__all__ = [
    "WrongBound",
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
    "weights",
]

Formula = Callable[[Trajectory], Any]

_MARGIN = 1e-9  # nats per step
_MOST = 1e6  # nats: e^value is made exactly, and no gain is so large


@final
@dataclass(frozen=True)
class WrongBound(AbstractBound):
    """A wrong bound: a formula where a theorem should be.

    Attributes
    ----------
    twin : str
        The theorem that it is nearly, by the name of its file in `gradlab.bounds`.
    caught : "exceeded" or "blunt"
        By some run, or on a witness of the twin's sharpness.
    formula : callable
        Of a run; in nats.
    bare : bool
        Whether it is wrong by its rounding.  Others that are to be exceeded are given a
        margin of 1e-9 nats per step, so that their rounding alone betrays none.
    direction : "above" or "below"

    Examples
    --------
    >>> from gradlab.testing import switched
    >>> wrong = WrongBound("norm_product", "exceeded", lambda run: 0.0)
    >>> wrong.log_bound(switched([[[2.0]]]))
    1e-09
    """

    label = "thm:planted"
    statement = r"\text{none: it is wrong}"
    source = Reference("pascanu2013difficulty")
    assumptions = "none"

    twin: str
    caught: Literal["exceeded", "blunt"]
    formula: Formula
    bare: bool = False
    direction: Literal["above", "below"] = "above"  # type: ignore[misc]

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return the formula's value, moved outward by the margin."""
        with np.errstate(all="ignore"):
            value = float(self.formula(trajectory))
        outward = 1.0 if self.direction == "above" else -1.0
        if math.isnan(value):
            value = outward * math.inf
        elif math.isfinite(value):
            value = min(max(value, -_MOST), _MOST)
        careful = self.caught == "exceeded" and not self.bare
        end = value + outward * _MARGIN * len(trajectory) * careful
        return Enclosure.between(end, end)


def log(x: Any) -> Any:
    """Return ln x of anything, −∞ and NaN where it has none."""
    return np.log(np.asarray(x, dtype=float))


def each(norm: Callable[[Matrix], Any]) -> Formula:
    """Return Σ ln norm(J_t)."""
    return lambda run: sum(float(log(norm(J))) for J in run.chain.factors())


def spectral(A: Matrix) -> Any:
    """Return ‖A‖₂ as computed."""
    return np.linalg.norm(A, 2)


def radius(A: Matrix) -> Any:
    """Return ρ(A) as computed."""
    return np.abs(np.linalg.eigvals(A)).max()


def gamma(run: Trajectory) -> float:
    """Return the largest slope."""
    return run.cell.phi.lipschitz if isinstance(run.cell, RNN) else 1.0


def slope_at_rest(run: Trajectory) -> float:
    """Return |φ′(0)|."""
    if not isinstance(run.cell, RNN):
        return 1.0
    return float(np.abs(run.cell.phi.slope(np.zeros(1))[0]))


def powers(
    norm: Callable[[Matrix], Any], gamma: Callable[[Trajectory], Any]
) -> Formula:
    """Return T ln(gamma norm(W))."""
    return lambda run: len(run) * (log(norm(weights(run))) + log(gamma(run)))


def weights(run: Trajectory) -> Matrix:
    """Return W_hh."""
    return run.cell.params["W_hh"]


def condition(W: Matrix) -> Any:
    """Return κ of the eigenvectors as computed."""
    return np.linalg.cond(np.linalg.eig(W)[1])


def transient(power: float, shift: int = 0) -> Formula:
    """Return power · ln κ(V) + (T + shift) ln ρ."""
    return lambda run: (
        power * log(condition(weights(run)))
        + (len(run) + shift) * log(radius(weights(run)))
    )


def frobenius(A: Matrix) -> Any:
    """Return ‖A‖_F."""
    return np.linalg.norm(A)


def row_sum(A: Matrix) -> Any:
    """Return ‖A‖_∞."""
    return np.linalg.norm(A, np.inf)
