"""The bias that stays: a batch of B shows ‖E b‖² + Var(b)/B, and only ‖E b‖² persists.

Here b is an estimator's gradient of one sequence minus the true one.  What it scatters
by from one sequence to another averages out over batches, as the gradient's noise does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_rng
from gradlab._results import Origin, Result
from gradlab.errors import InputError
from gradlab.gradients import AbstractEstimator
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.studies.minibatch import sequence_gradients
from gradlab.studies.recipe import described
from gradlab.typing import Array, Seed

__all__ = ["SequenceBias", "sequence_bias"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SequenceBias(Result):
    """Mean and scatter of the bias b and of the gradient g over N sequences.

    Attributes
    ----------
    squared_bias, squared_norm : float
        ‖E b‖² and ‖E g‖², estimated without bias: near zero they may be negative.
    bias_variance, gradient_variance : float
        Σ Var b and Σ Var g of one sequence, over all entries.
    sequences : int
        N.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("werbos1990backpropagation"),)

    squared_bias: float
    squared_norm: float
    bias_variance: float
    gradient_variance: float
    sequences: int

    def persistent(self, batch: int) -> float:
        """Return ‖E b‖² in units of the minibatch variance Σ Var g / B."""
        count = require_count("batch", batch)
        return self._ratio(count * self.squared_bias)

    @property
    def passing(self) -> float:
        """Σ Var b / Σ Var g: what a batch shows of b besides, in the same units.

        It does not depend on B: both fall with it.
        """
        return self._ratio(self.bias_variance)

    def columns(self) -> dict[str, Array]:
        """Return the numbers in one row."""
        names = (
            "squared_bias",
            "squared_norm",
            "bias_variance",
            "gradient_variance",
            "sequences",
        )
        return {name: np.array([getattr(self, name)]) for name in names}

    def _ratio(self, value: float) -> float:
        if self.gradient_variance == 0.0:
            return np.inf if value else np.nan
        return value / self.gradient_variance


def sequence_bias(
    objectives: Iterable[AbstractObjective],
    estimator: AbstractEstimator,
    *,
    rng: Seed | None = None,
) -> SequenceBias:
    """Return how much of an estimator's bias is the same for all sequences.

    Parameters
    ----------
    objectives : iterable of AbstractObjective
        Batches of one model, taken as independent draws of sequences; they may come
        from a generator, since only sums are held.
    estimator : AbstractEstimator
        Whose bias; its variance is part of `bias_variance` if it draws.
    rng : Generator or int, optional
        For an estimator that draws.

    Returns
    -------
    SequenceBias
        ‖E b‖² = (‖Σ b‖² − Σ ‖b‖²)/(N (N − 1)) has a standard error of at most
        √2 Σ Var b / N where ‖E b‖ is small.

    Raises
    ------
    InputError
        If there is no batch, or one is not a batch of at least two sequences.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.gradients import Truncated
    >>> from gradlab.objectives import SquaredError
    >>> pair = run(Linear([[1.0]], [[1.0]]), np.zeros((2, 1)), [[[1.0], [3.0]]] * 2)
    >>> loss = SquaredError(pair, pair.states[1:] - 1, [[1.0]], weights=[0, 1])
    >>> found = sequence_bias([loss], Truncated(1))  # b = −1 and −3 by W_hx
    >>> found.squared_bias, found.bias_variance  # (−1)(−3), and 1 + 1 over 2 − 1
    (3.0, 2.0)
    """
    # One Generator for all batches: an integer would give each the same draws.
    drawing = None if rng is None else require_rng(rng)
    bias, true = _Sums(), _Sums()
    for objective in objectives:
        exact = sequence_gradients(objective)
        drawn = sequence_gradients(objective, estimator=estimator, rng=drawing)
        true.add(exact)
        bias.add({name: drawn[name] - g for name, g in exact.items()})
    if not true.count:
        message = "`objectives` must hold at least one batch; got none."
        raise InputError(message)
    parameters = {"estimator": described(estimator), "sequences": true.count}
    return SequenceBias(
        squared_bias=bias.squared_mean,
        squared_norm=true.squared_mean,
        bias_variance=bias.variance,
        gradient_variance=true.variance,
        sequences=true.count,
        origin=Origin(parameters=parameters),
    )


class _Sums:
    """Σ v and Σ ‖v‖² of vectors v."""

    def __init__(self) -> None:
        self.count = 0
        self.total: Any = 0.0
        self.squares = 0.0

    def add(self, rows: dict[str, Array]) -> None:
        """Add N vectors, given as parts (N, ...)."""
        flat = np.concatenate([v.reshape(len(v), -1) for v in rows.values()], axis=1)
        self.count += len(flat)
        self.total = self.total + flat.sum(axis=0)
        self.squares += float(np.einsum("np,np->", flat, flat))

    @property
    def squared_mean(self) -> float:
        """‖E v‖², unbiased: the mean of v_i · v_j over i ≠ j."""
        N = self.count
        return float(self.total @ self.total - self.squares) / (N * (N - 1))

    @property
    def variance(self) -> float:
        """Σ Var v, unbiased."""
        square = float(self.total @ self.total)
        return max(self.squares - square / self.count, 0.0) / (self.count - 1)
