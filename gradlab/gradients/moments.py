"""Exact moments of an estimate: E ‖ĝ − g‖² = ‖E ĝ − g‖² + Σ Var ĝ, nothing sampled."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._results import Origin, Result
from gradlab.errors import InputTypeError
from gradlab.gradients._lags import steps_with_loss
from gradlab.gradients._renewal_variance import renewal_variance
from gradlab.gradients._sensitivities import by_parameter
from gradlab.gradients._variance import truncation_variance, window_variance
from gradlab.gradients.base import AbstractEstimator, require_objective
from gradlab.gradients.full import Full
from gradlab.gradients.random_window import RandomWindow
from gradlab.gradients.randomized import RandomTruncation
from gradlab.gradients.renewal import RenewalTruncation
from gradlab.linalg import frobenius_norm
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["Moments", "moments"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Moments(Result):
    """Mean and variance of an estimated gradient, and what they cost.

    Attributes
    ----------
    estimator : str
        Which one.
    mean, variance : dict
        E ĝ and Var ĝ for every entry of every parameter, by name; a variance of zeros
        where nothing is drawn.
    gradient : dict
        The true ∂L/∂θ.
    expected_steps : float
        Mean number of steps back that all its sweeps make for this objective.
    held_steps : float
        Mean number of steps whose state is held at once.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("tallec2017unbiasing"),)

    estimator: str
    mean: Mapping[str, Array]
    variance: Mapping[str, Array]
    gradient: Mapping[str, Array]
    expected_steps: float
    held_steps: float

    def __post_init__(self) -> None:
        """Hold arrays also where a file gave lists."""
        for name in ("mean", "variance", "gradient"):
            given = getattr(self, name)
            arrays = {key: np.asarray(value) for key, value in given.items()}
            object.__setattr__(self, name, arrays)

    @property
    def bias(self) -> dict[str, Array]:
        """E ĝ − g for every parameter."""
        return {name: self.mean[name] - g for name, g in self.gradient.items()}

    @property
    def bias_norm(self) -> float:
        """‖E ĝ − g‖₂ over all parameters together."""
        return frobenius_norm(_flat(self.bias))

    @property
    def relative_bias(self) -> float:
        """‖E ĝ − g‖ / ‖g‖; NaN where the gradient is zero."""
        size = frobenius_norm(_flat(self.gradient))
        return self.bias_norm / size if size else math.nan

    @property
    def total_variance(self) -> float:
        """Σ Var ĝ over all entries: E ‖ĝ − E ĝ‖²."""
        return float(_flat(self.variance).sum())

    @property
    def mean_squared_error(self) -> float:
        """E ‖ĝ − g‖² = squared bias + total variance."""
        return self.bias_norm**2 + self.total_variance

    @property
    def cosine(self) -> float:
        """Cosine of the angle between E ĝ and g; NaN where one of them is zero."""
        a, b = _flat(self.mean), _flat(self.gradient)
        sizes = frobenius_norm(a), frobenius_norm(b)
        if not all(sizes):
            return math.nan
        return float(np.clip((a / sizes[0]) @ (b / sizes[1]), -1.0, 1.0))

    def columns(self) -> dict[str, Array]:
        """Return one row: bias, standard deviation, error, cosine and cost."""
        row = {
            "bias": self.bias_norm,
            "std": math.sqrt(self.total_variance),
            "root_mean_squared_error": math.sqrt(self.mean_squared_error),
            "cosine": self.cosine,
            "expected_steps": self.expected_steps,
            "held_steps": self.held_steps,
        }
        return {name: np.array([value]) for name, value in row.items()}


def moments(estimator: AbstractEstimator, objective: AbstractObjective) -> Moments:
    """Return the exact mean and variance of an estimator's gradient.

    Parameters
    ----------
    estimator : AbstractEstimator
        One without randomness has its own gradient as mean.  A random one is unbiased.
    objective : AbstractObjective
        Of one sequence or a batch.

    Returns
    -------
    Moments
        No sampling is in it.  For P parameters and B sequences `RandomTruncation` costs
        T² B (n² + P) flops and 16 (T B n + 3 P) numbers, `RandomWindow` as many flops,
        `RenewalTruncation` T³ P/3 more, at the rate of a triangular product, and T²
        numbers.

    Raises
    ------
    InputTypeError
        If either is of another kind.
    RangeError
        If a cotangent overflows float64.

    Notes
    -----
    With nested ξ, shared by all losses, λ_{t−1} = δ_{t−1} + ξ_t λ_t J_t has the
    covariance J_tᵀ[(Cov λ_t + Λ_t Λ_tᵀ)/π_t − Λ_t Λ_tᵀ] J_t.  In the total gradient the
    parts (ξ_t − 1) λ_t J_t ∂h_{t−1}/∂θ are uncorrelated, and their variances add up to
    Σ_t a_t [R_{t,t}² + Σ_{j > t} a_j R_{j,t}²/Π_{t<s<j} π_s] with a = 1/π − 1, where
    R_{j,t} is what the losses from j on say to the steps before t.  Where cuts renew
    (`RenewalTruncation`) the same is done forward in time: given the start s of its
    stretch, z_{t−1} is known, and with r_s = P(a stretch starts at s) the variance is
    Σ_{s<t} r_s (1/S_{t−s} − 1/S_{t−s−1}) [Σ_{i=s}^{t−1} S_{i−s} g_{t,i}]², g_{t,i} what
    the losses from t on say to step i.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import RandomTruncation
    >>> from gradlab.objectives import SquaredError
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0], [0.0]])  # h = 1, 1/2
    >>> loss = SquaredError(trajectory, [[0.0], [0.0]], [[1.0]], weights=[0.0, 1.0])
    >>> found = moments(RandomTruncation(0.5), loss)  # ∂L/∂W_hx = ξ_2 / 4
    >>> float(found.mean["W_hx"][0, 0]), float(found.variance["W_hx"][0, 0])
    (0.25, 0.0625)
    """
    if not isinstance(estimator, AbstractEstimator):
        message = f"`estimator` must be of gradlab.gradients; got {estimator!r}."
        raise InputTypeError(message)
    objective = require_objective(objective)
    gradient = Full().gradient(objective).params
    mean = gradient if estimator.unbiased else estimator.gradient(objective).params
    variance = {name: np.zeros_like(value) for name, value in gradient.items()}
    variance |= by_parameter(objective.trajectory, _variance(estimator, objective))
    steps, losses = len(objective.trajectory), steps_with_loss(objective)
    return Moments(
        estimator=repr(estimator),
        mean=mean,
        variance=variance,
        gradient=gradient,
        expected_steps=estimator.expected_steps(steps, losses.astype(float)),
        held_steps=estimator.held_steps(steps),
        origin=Origin(parameters={"estimator": repr(estimator), "T": steps}),
    )


def _variance(estimator: AbstractEstimator, objective: AbstractObjective) -> Array:
    """Return the variance of every parameter of the cell, one after the other (P,)."""
    if isinstance(estimator, RandomTruncation):
        return truncation_variance(estimator, objective)
    if isinstance(estimator, RenewalTruncation):
        return renewal_variance(estimator, objective)
    if isinstance(estimator, RandomWindow):
        return window_variance(estimator, objective)
    if estimator.unbiased and not estimator.exact:
        message = f"no exact variance is known for {type(estimator).__name__}."
        raise InputTypeError(message)
    return np.zeros(sum(v.size for v in objective.trajectory.cell.params.values()))


def _flat(params: Mapping[str, Array]) -> Array:
    return np.concatenate([np.ravel(value) for value in params.values()])
