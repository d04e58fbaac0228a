"""How deep is deep enough: the smallest window whose bias is below what is asked."""

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_number
from gradlab._results import Origin, Result
from gradlab.dynamics import Trajectory
from gradlab.errors import InputError
from gradlab.gradients.base import require_objective
from gradlab.gradients.full import Full
from gradlab.gradients.lags import lag_decomposition
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["NoiseMatch", "WindowChoice", "choose_window", "noise_matched_window"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WindowChoice(Result):
    """The smallest window for a relative bias, exactly and by a geometric bound.

    Attributes
    ----------
    target : float
        The relative bias asked for.
    window : int
        The smallest k with ‖E ĝ_k − g‖ ≤ target ‖g‖, as for every larger k.
    bounded_window : int
        The smallest k at which the bound guarantees as much; T where it never does.
    windows : (T,) array of int
        k = 1 … T.
    relative_bias, bound : (T,) array
        ‖E ĝ_k − g‖/‖g‖, exactly, and what geometric decay bounds it by.
    decay : float
        β, the largest ratio ‖G_{l+1}‖/‖G_l‖ from lag `onset` on.
    onset : int
        The lag from which the decay is taken.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("aicher2019adaptive"),)

    target: float
    window: int
    bounded_window: int
    windows: Array
    relative_bias: Array
    bound: Array
    decay: float
    onset: int

    def columns(self) -> dict[str, Array]:
        """Return window, relative bias and its bound."""
        return {
            "window": self.windows,
            "relative_bias": self.relative_bias,
            "bound": self.bound,
        }


def choose_window(
    objective: AbstractObjective, relative_bias: float, *, onset: int | None = None
) -> WindowChoice:
    """Return the smallest window whose relative bias is at most what is asked.

    Parameters
    ----------
    objective : AbstractObjective
        Of one sequence or a batch.
    relative_bias : float
        Of ``Truncated(k)``: ‖E ĝ − g‖ / ‖g‖, above 0.
    onset : int, optional
        The lag τ from which on ‖G_l‖ is taken to decay geometrically, for the bound;
        T // 10 unless told.

    Returns
    -------
    WindowChoice

    Raises
    ------
    InputError
        If the target is not above 0, or `onset` is no lag.

    Notes
    -----
    If ‖G_{l+1}‖ ≤ β ‖G_l‖ for l ≥ τ and β < 1, windows k ≥ τ + 1 have a bias of at most
    ‖G_τ‖ β^{k−τ}/(1 − β) [aicher2019adaptive, Theorem 1].  The exact bias is smaller as
    lags cancel; β is here the largest ratio that occurs, so that the bound holds.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> run_ = run(Linear([[0.5]], [[1.0]]), [0.0], [[0.0]] * 9 + [[1.0]])
    >>> loss = SquaredError(run_, [[0.0]] * 10, [[1.0]])  # all of it at lag 0
    >>> choose_window(loss, 0.01).window
    1
    """
    objective = require_objective(objective)
    target = require_number("relative_bias", relative_bias, above=0.0)
    found = lag_decomposition(objective)
    T = len(found.lags)
    tau = T // 10 if onset is None else onset
    if not 0 <= require_count("onset", tau, minimum=0) < T:
        message = f"`onset` must be in 0 … T − 1 = {T - 1}; got {onset}."
        raise InputError(message)
    decay, bound = _geometric(found.norms, tau)
    size = found.gradient_norm or math.inf
    return WindowChoice(
        target=target,
        window=_first_below(found.bias / size, target),
        bounded_window=_first_below(bound / size, target),
        windows=found.windows,
        relative_bias=found.bias / size,
        bound=bound / size,
        decay=decay,
        onset=tau,
        origin=Origin(parameters={"T": T, "relative_bias": target}),
    )


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class NoiseMatch(Result):
    """The smallest window whose bias drowns in the noise of the minibatch.

    The caveat: noise averages out over many steps of training and bias does not.

    Attributes
    ----------
    fraction : float
        Of the minibatch variance that the squared bias may have.
    window : int
        The smallest such k, also for every larger one.
    variance : float
        Total variance of the mean gradient of such a minibatch.
    windows : (T,) array of int
        k = 1 … T.
    squared_bias : (T,) array
        Of ``Truncated(k)``, of the mean gradient.
    """

    fraction: float
    window: int
    variance: float
    windows: Array
    squared_bias: Array

    def columns(self) -> dict[str, Array]:
        """Return window, squared bias, and its ratio to the variance."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.squared_bias / self.variance
        return {
            "window": self.windows,
            "squared_bias": self.squared_bias,
            "ratio": ratio,
        }


def noise_matched_window(
    objectives: AbstractObjective | Iterable[AbstractObjective], fraction: float
) -> NoiseMatch:
    """Return the smallest window with squared bias ≤ fraction · minibatch variance.

    Parameters
    ----------
    objectives : AbstractObjective of a batch
        B sequences; or an iterable of single ones of the same length.
    fraction : float
        Such as 0.1.

    Returns
    -------
    NoiseMatch
        The variance of a mean over B sequences is estimated from the B gradients, with
        B − 1: Σ_b ‖g_b − ḡ‖² / (B (B − 1)).

    Raises
    ------
    InputError
        If there are fewer than two sequences, or they differ in length.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> inputs = np.array([[[1.0], [-1.0]], [[0.0], [0.0]]])  # two sequences
    >>> steps = run(Linear([[0.5]], [[1.0]]), np.zeros((2, 1)), inputs)
    >>> loss = SquaredError(steps, np.zeros((2, 2, 1)), [[1.0]])
    >>> found = noise_matched_window(loss, 0.1)
    >>> found.variance, found.window  # both have one gradient: no noise, no bias
    (0.0, 2)
    """
    limit = require_number("fraction", fraction, above=0.0)
    batch = _as_batch(objectives)
    (B,) = batch.trajectory.batch
    alone = [Full().gradient(batch.sequence(b)).flat for b in range(B)]
    variance = float(np.var(alone, axis=0, ddof=1).sum()) / B
    squared = lag_decomposition(batch).bias ** 2
    return NoiseMatch(
        fraction=limit,
        window=_first_below(squared, limit * variance),
        variance=variance,
        windows=np.arange(1, len(squared) + 1),
        squared_bias=squared,
        origin=Origin(parameters={"B": B, "fraction": limit}),
    )


def _as_batch(
    objectives: AbstractObjective | Iterable[AbstractObjective],
) -> AbstractObjective:
    """Return a batch of two or more sequences, stacked from single ones if need be."""
    if isinstance(objectives, AbstractObjective):
        found = objectives
    else:
        found = _stacked([require_objective(one) for one in objectives])
    if found.trajectory.batch in ((), (1,)):
        message = "`objectives` must be two or more sequences; got 1."
        raise InputError(message)
    return found


def _stacked(alone: list[AbstractObjective]) -> AbstractObjective:
    shapes = {one.trajectory.states.shape for one in alone}
    cells = {id(one.trajectory.cell) for one in alone}
    if len(shapes) != 1 or len(cells) != 1 or alone[0].trajectory.batch:
        message = (
            "`objectives` must be single sequences of one cell and one length; got "
            f"{len(alone)} of shapes {sorted(shapes)} and {len(cells)} cells."
        )
        raise InputError(message)
    states = np.stack([one.trajectory.states for one in alone], axis=1)
    inputs = np.stack([one.trajectory.inputs for one in alone], axis=1)
    changes: Any = {
        "trajectory": Trajectory(alone[0].trajectory.cell, states, inputs),
        "targets": np.stack([one.targets for one in alone], axis=1),
    }
    return dataclasses.replace(alone[0], **changes)  # type: ignore[type-var]


def _first_below(values: Array, limit: float) -> int:
    """Return the smallest k = 1 … T such that values[k − 1:] are all within the limit.

    T where none is: that window leaves nothing out.
    """
    above = np.flatnonzero(values > limit)
    return min(int(above[-1]) + 2, len(values)) if len(above) else 1


def _geometric(norms: Array, onset: int) -> tuple[float, Array]:
    """Return β and the bound on the bias of windows 1 … T (T,); inf where β ≥ 1.

    The lags before the onset are added norm by norm.
    """
    T = len(norms)
    before, after = norms[onset:-1], norms[onset + 1 :]
    alive = after > 0
    with np.errstate(divide="ignore"):
        ratios = after[alive] / before[alive]
    decay = float(ratios.max(initial=0.0))
    if decay >= 1:
        return decay, np.append(np.full(T - 1, math.inf), 0.0)
    k = np.arange(1, T + 1)
    beyond = norms[onset] * decay ** np.maximum(k - onset, 0) / (1 - decay)
    early = np.append(np.cumsum(norms[:onset][::-1])[::-1], np.zeros(T - onset))
    bound = beyond + np.append(early[1:], 0.0)
    bound[-1] = 0.0
    return decay, bound
