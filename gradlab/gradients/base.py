"""An estimator maps an objective to ∂L/∂θ = Σ_t λ_t ∂f_t/∂θ, λ_t its cotangent of h_t.

Estimators differ in λ alone: in which losses reach which steps, and with what weight.
What follows from λ is the same for all of them and stands here.
"""

import abc
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Origin, Result
from gradlab.dynamics import Trajectory
from gradlab.dynamics.rows import log_norms
from gradlab.errors import InputTypeError, RangeError
from gradlab.linalg import frobenius_norm
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array, Seed

__all__ = [
    "AbstractEstimator",
    "Gradient",
    "gradient_from_cotangents",
    "require_objective",
]

_ROWS = 512  # states whose slopes are held at once: they stay in the cache


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Gradient(Result):
    """A gradient of a loss: for the parameters, and for every input and state.

    Attributes
    ----------
    params : dict
        ∂L/∂θ by the names of the cell's and the readout's parameters.
    states : (T + 1, n) or (T + 1, B, n) array
        λ_t = ∂L/∂h_t through everything that follows, indexed as the states are.
    inputs : (T, m) or (T, B, m) array
        ∂L/∂x_t for t = 1 … T.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("werbos1990backpropagation"),)

    params: Mapping[str, Array]
    states: Array
    inputs: Array

    def __post_init__(self) -> None:
        """Hold arrays also where a file gave lists."""
        arrays = {name: np.asarray(value) for name, value in self.params.items()}
        object.__setattr__(self, "params", arrays)

    @property
    def initial(self) -> Array:
        """∂L/∂h_0, (n,) or (B, n)."""
        return self.states[0]

    @property
    def flat(self) -> Array:
        """All parameters' gradients as one vector, in the order of `params`."""
        return np.concatenate([value.ravel() for value in self.params.values()])

    @property
    def norm(self) -> float:
        """‖∂L/∂θ‖₂ over all parameters together, as gradient clipping sees it."""
        return frobenius_norm(self.flat)

    def norms(self) -> dict[str, float]:
        """Return ‖∂L/∂θ‖₂ (Frobenius for a matrix) parameter by parameter."""
        return {name: frobenius_norm(value) for name, value in self.params.items()}

    def log_state_norms(self) -> Array:
        """Return ln‖∂L/∂h_t‖₂ in nats for t = 0 … T, (T + 1,) or (T + 1, B)."""
        return log_norms(self.states)

    def columns(self) -> dict[str, Array]:
        """Return t and ln‖∂L/∂h_t‖₂ in nats for t = 0 … T, over the batch as well."""
        steps = len(self.states)
        return {
            "t": np.arange(steps),
            "log_state_norm": log_norms(self.states.reshape(steps, -1)),
        }


class AbstractEstimator(abc.ABC):
    """A way to the gradient through time, exact or not, unbiased or not.

    Attributes
    ----------
    exact : bool
        It returns the gradient itself, on every draw.
    unbiased : bool
        Its mean over `rng` is the gradient.
    """

    exact: ClassVar[bool]
    unbiased: ClassVar[bool]
    source: ClassVar[Reference]

    @abc.abstractmethod
    def gradient(
        self, objective: AbstractObjective, *, rng: Seed | None = None
    ) -> Gradient:
        """Return this estimator's gradient of ``objective.loss``.

        `rng` is needed where the estimator draws, and ignored where it does not.
        """

    @abc.abstractmethod
    def expected_steps(self, T: int, losses: object = None) -> float:
        """Return the mean number of steps back that all sweeps together make.

        A step is a product with a Jacobian and its outer products, done for one sweep.
        `losses` (T,) says which steps have a loss; all of them unless told.
        """

    @abc.abstractmethod
    def held_steps(self, T: int) -> float:
        """Return the mean number of steps whose state has to be held at once."""


def require_objective(objective: object) -> AbstractObjective:
    """Return `objective` if it is one."""
    if not isinstance(objective, AbstractObjective):
        message = f"`objective` must be of gradlab.objectives; got {objective!r}."
        raise InputTypeError(message)
    return objective


def gradient_from_cotangents(
    objective: AbstractObjective, states: Array, *, seed: object = None
) -> Gradient:
    """Return the gradient that cotangents λ_0 … λ_T of the states stand for.

    Parameters
    ----------
    objective : AbstractObjective
        Gives the trajectory and the readout's own gradients.
    states : (T + 1, n) or (T + 1, B, n) array
        λ_t, summed over the losses that reach step t.
    seed : object
        What the estimator drew with, for the record.

    Raises
    ------
    RangeError
        If a sum over time overflows float64 although no cotangent did; it names the
        step of the largest.
    """
    trajectory = objective.trajectory
    sums = {k: np.zeros(value.shape) for k, value in trajectory.cell.params.items()}
    inputs = np.empty(trajectory.inputs.shape)
    block = max(1, _ROWS // math.prod(trajectory.batch))
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(trajectory), block):
            part = slice(start, start + block)
            inputs[part] = _add_stretch(sums, trajectory, part, states[1:][part])
        params = sums | objective.readout_gradients()
    if not all(np.isfinite(value).all() for value in (*params.values(), inputs)):
        largest = log_norms(states.reshape(len(states), -1))
        raise RangeError(int(np.argmax(largest)))
    run = {"cell": type(trajectory.cell).__name__, "T": len(trajectory)}
    origin = Origin(seed=seed, parameters=run)
    return Gradient(params=params, states=states, inputs=inputs, origin=origin)


def _add_stretch(
    sums: dict[str, Array], trajectory: Trajectory, part: slice, cotangents: Array
) -> Array:
    """Add Σ_t λ_t ∂f_t/∂θ over a stretch of time; return its λ_t ∂f_t/∂x_t."""
    cell, axes = trajectory.cell, 1 + len(trajectory.batch)
    h, x = trajectory.states[:-1][part], trajectory.inputs[part]
    for name, outer in cell.parameter_cotangents(h, x, cotangents).items():
        sums[name] += outer.total(axes)
    rows = cotangents[..., None, :]
    return cell.input_slopes(h, x).cotangent(rows)[..., 0, :]
