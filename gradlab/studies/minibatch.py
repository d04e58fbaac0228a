"""Minibatch noise, the yardstick: Var(ḡ) = Σ_b ‖g_b − ḡ‖² / (B (B − 1)), ḡ = Σ_b g_b/B.

Bias and variance of an estimator mean little alone; the gradient that is followed in
training is a mean over B sequences and has this variance whatever the estimator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import describe_rng, require_rng
from gradlab._results import Origin, Result
from gradlab.errors import InputError, InputTypeError
from gradlab.gradients import AbstractEstimator, Full
from gradlab.linalg import frobenius_norm
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.studies.recipe import described
from gradlab.typing import Array, Seed

__all__ = ["MinibatchVariance", "minibatch_variance", "sequence_gradients"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MinibatchVariance(Result):
    """The noise of a batch's gradient that comes from which B sequences are in it.

    Attributes
    ----------
    mean : dict
        ḡ, the gradient of the batch, by the names of the parameters.
    variance : dict
        Unbiased estimate of the variance of every entry of ḡ.
    total_variance : float
        Their sum: E‖ḡ − E ḡ‖².
    squared_norm : float
        ‖ḡ‖².
    sequences : int
        B.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("werbos1990backpropagation"),)

    mean: Mapping[str, Array]
    variance: Mapping[str, Array]
    total_variance: float
    squared_norm: float
    sequences: int

    @property
    def relative(self) -> float:
        """total_variance / ‖ḡ‖²: above 1 the batch's gradient is mostly noise."""
        if self.squared_norm == 0.0:
            return np.inf if self.total_variance else np.nan
        return self.total_variance / self.squared_norm

    def in_units(self, squared_error: float) -> float:
        """Return a squared bias or a variance in units of the minibatch variance."""
        if self.total_variance == 0.0:
            return np.inf if squared_error else np.nan
        return squared_error / self.total_variance

    def columns(self) -> dict[str, Array]:
        """Return the total variance, ‖ḡ‖² and their ratio, in one row."""
        names = ("total_variance", "squared_norm", "relative", "sequences")
        return {name: np.array([getattr(self, name)]) for name in names}


def minibatch_variance(
    objective: AbstractObjective,
    *,
    estimator: AbstractEstimator | None = None,
    rng: Seed | None = None,
) -> MinibatchVariance:
    """Return the variance of the mean gradient over the B sequences of a batch.

    Parameters
    ----------
    objective : AbstractObjective
        Of a batch of B ≥ 2 sequences, taken as independent draws.
    estimator : AbstractEstimator, optional
        What gives each sequence's gradient; `Full` unless told.  One that draws is
        given each sequence its own draw, and its variance is then in the result.
    rng : Generator or int, optional
        For an estimator that draws.

    Returns
    -------
    MinibatchVariance
        Unbiased over batches of independent sequences; from B of them, so its own
        relative error is about √(2/(B − 1)) if gradients lie along one direction, and
        less if they spread over many.

    Raises
    ------
    InputError
        If the objective is not of a batch of at least two sequences.

    Notes
    -----
    A batch of consecutive stretches of one text is not quite independent.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> pair = run(Linear([[0.0]], [[1.0]]), [[0.0], [0.0]], [[[1.0], [3.0]]])
    >>> found = minibatch_variance(SquaredError(pair, [[[0.0], [0.0]]], [[1.0]]))
    >>> found.mean["W_qh"], found.variance["W_qh"]  # of 1 and 9: 5 and (4² + 4²)/2
    (array([[5.]]), array([[16.]]))
    """
    seed = None if rng is None else describe_rng(rng)
    rows = sequence_gradients(objective, estimator=estimator, rng=rng)
    B = len(next(iter(rows.values())))
    mean = {name: g.mean(axis=0) for name, g in rows.items()}
    with np.errstate(over="ignore"):
        variance = {name: g.var(axis=0, ddof=1) / B for name, g in rows.items()}
    flat = np.concatenate([value.ravel() for value in mean.values()])
    T = len(objective.trajectory)
    parameters = {"B": B, "T": T, "estimator": described(estimator or Full())}
    return MinibatchVariance(
        mean=mean,
        variance=variance,
        total_variance=float(sum(value.sum() for value in variance.values())),
        squared_norm=frobenius_norm(flat) ** 2,
        sequences=B,
        origin=Origin(seed=seed, parameters=parameters),
    )


def sequence_gradients(
    objective: AbstractObjective,
    *,
    estimator: AbstractEstimator | None = None,
    rng: Seed | None = None,
) -> dict[str, Array]:
    """Return every sequence's own gradient, (B, *θ.shape) by the names of parameters.

    Takes what `minibatch_variance` takes; the mean over B is the batch's gradient.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> pair = run(Linear([[0.0]], [[1.0]]), [[0.0], [0.0]], [[[1.0], [3.0]]])
    >>> each = sequence_gradients(SquaredError(pair, [[[0.0], [0.0]]], [[1.0]]))
    >>> each["W_qh"].ravel()
    array([1., 9.])
    """
    if not isinstance(objective, AbstractObjective):
        message = f"`objective` must be of gradlab.objectives; got {objective!r}."
        raise InputTypeError(message)
    batch = objective.trajectory.batch
    if not batch or batch[0] < 2:
        got = f"{batch[0]}" if batch else "a single sequence"
        message = f"`objective` must be of a batch of at least 2 sequences; got {got}."
        raise InputError(message)
    chosen = Full() if estimator is None else estimator
    # One Generator for all sequences: an integer would give each the same draw.
    drawing = None if rng is None else require_rng(rng)
    found = [
        chosen.gradient(objective.sequence(b), rng=drawing).params
        for b in range(batch[0])
    ]
    return {name: np.stack([g[name] for g in found]) for name in found[0]}
