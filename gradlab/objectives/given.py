"""An objective known by its gradients alone: δ_t = ∂L/∂h_t as somebody else found them.

It stands for a loss that another program computed, such as a torch model's: how δ_t
fares on its way back needs no more than that.
"""

import dataclasses
import functools
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, Self, final

import numpy as np

from gradlab._checks import require_parameter
from gradlab.dynamics import Trajectory
from gradlab.errors import InputTypeError
from gradlab.objectives.base import AbstractObjective
from gradlab.typing import Array

__all__ = ["GivenCotangents"]


@final
@dataclass(frozen=True, eq=False)
class GivenCotangents(AbstractObjective):
    """L = Σ_t ⟨δ_t, h_t⟩ with constant δ_t: the loss to first order, without readout.

    Parameters
    ----------
    trajectory : Trajectory
        T steps of one sequence, or of a batch of B.
    given : (T, n) or (T, B, n) array_like
        δ_t = ∂L/∂h_t, not through later steps, for the whole state.
    weights : (T,) array_like, optional
        δ_t counts T w_t times, so that w_t = 1/T, the default, leaves it as it is.

    Raises
    ------
    ShapeError, NonFiniteError
        If they do not fit the trajectory.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import Full
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0], [0.0]])  # h = 1, ½
    >>> Full().gradient(GivenCotangents(trajectory, [[0.0], [1.0]])).params["W_hh"]
    array([[1.]])
    """

    trajectory: Trajectory
    given: Array
    _: KW_ONLY
    weights: Array | None = None

    # Without a readout there is nothing to aim at either.
    targets: ClassVar[Array] = np.zeros((0, 0))  # type: ignore[misc]
    W_qh: ClassVar[Array] = np.zeros((0, 0))  # type: ignore[misc]
    b_q: ClassVar[None] = None  # type: ignore[misc]

    def __post_init__(self) -> None:
        """Check that the gradients fit the trajectory."""
        if not isinstance(self.trajectory, Trajectory):
            message = f"`trajectory` must be a Trajectory; got {self.trajectory!r}."
            raise InputTypeError(message)
        letters = ("T", "B", "n") if self.trajectory.batch else ("T", "n")
        sizes = dict(zip(letters, self.trajectory.states[1:].shape, strict=True))
        shape = f"({', '.join(letters)})"
        given = require_parameter("given", self.given, shape, sizes=sizes)
        object.__setattr__(self, "given", given)
        if self.weights is not None:
            steps = {"T": len(self.trajectory)}
            weights = require_parameter("weights", self.weights, "(T,)", sizes=steps)
            object.__setattr__(self, "weights", weights)

    @property
    def losses(self) -> Array:
        """ℓ_t = T B ⟨δ_t, h_t⟩ for every step (T,) or (T, B)."""
        size = self.given.size / self.given.shape[-1]
        return size * (self.given * self.trajectory.states[1:]).sum(axis=-1)

    @property
    def errors(self) -> Array:
        """None: (T, ..., 0)."""
        return np.zeros((*self.given.shape[:-1], 0))

    @functools.cached_property
    def cotangents(self) -> Array:
        """T w_t δ_t, (T, n) or (T, B, n)."""
        factors = len(self.given) * self.time_weights
        return self.given * factors.reshape(-1, *[1] * (self.given.ndim - 1))

    @property
    def params(self) -> dict[str, Array]:
        """None: there is no readout."""
        return {}

    def readout_gradients(self) -> dict[str, Array]:
        """Return nothing."""
        return {}

    def sequence(self, b: int) -> Self:
        """Return the objective of sequence b of a batch; L is the mean of them."""
        alone = self.trajectory.sequence(b)
        return dataclasses.replace(
            self, trajectory=alone, given=self.given[:, b] * self.given.shape[1]
        )
