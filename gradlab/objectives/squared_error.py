"""Squared error ℓ_t = ½ ‖o_t − y_t‖², so that ∂ℓ_t/∂o_t = o_t − y_t."""

import functools
from dataclasses import KW_ONLY, dataclass
from typing import final

import numpy as np

from gradlab._checks import require_finite, require_parameter
from gradlab.dynamics import Trajectory
from gradlab.objectives.base import AbstractObjective
from gradlab.typing import Array

__all__ = ["SquaredError"]


@final
@dataclass(frozen=True, eq=False)
class SquaredError(AbstractObjective):
    """L = Σ_t w_t ½ ‖W_qh h_t + b_q − y_t‖², w_t = 1/T, averaged over the batch.

    Parameters
    ----------
    trajectory : Trajectory
        T steps of one sequence, or of a batch of B.
    targets : (T, q) or (T, B, q) array_like
        y_t.
    W_qh : (q, n_hidden) array_like
        Readout weights on the hidden part of the state.
    b_q : (q,) array_like, optional
        Readout bias.
    weights : (T,) array_like, optional
        w_t, instead of 1/T each.

    Raises
    ------
    ShapeError, NonFiniteError
        If an array does not fit the trajectory, or holds a NaN or an infinity.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0], [1.0]])
    >>> SquaredError(trajectory, [[0.0], [0.0]], [[2.0]]).losses  # h = 1, 1.5
    array([2. , 4.5])
    """

    trajectory: Trajectory
    targets: Array
    W_qh: Array
    b_q: Array | None = None
    _: KW_ONLY
    weights: Array | None = None

    def __post_init__(self) -> None:
        """Check that everything fits the trajectory."""
        self._check_readout()
        shape = (len(self.trajectory), *self.trajectory.batch, len(self.W_qh))
        letters = "(T, B, q)" if self.trajectory.batch else "(T, q)"
        names = letters.strip("()").split(", ")
        sizes = dict(zip(names, shape, strict=True))
        targets = require_parameter("targets", self.targets, letters, sizes=sizes)
        object.__setattr__(self, "targets", targets)

    @property
    def errors(self) -> Array:
        """∂ℓ_t/∂o_t = o_t − y_t, (T, q) or (T, B, q)."""
        with np.errstate(over="ignore"):
            errors = self.outputs - self.targets
        return require_finite("errors", errors)

    @functools.cached_property
    def losses(self) -> Array:
        """ℓ_t = ½ ‖o_t − y_t‖², (T,) or (T, B)."""
        with np.errstate(over="ignore"):
            losses = np.square(self.errors).sum(axis=-1) / 2
        return require_finite("losses", losses)
