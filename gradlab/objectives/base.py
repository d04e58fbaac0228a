"""An objective L = Σ_t w_t ℓ_t, ℓ_t = ℓ(o_t, y_t), o_t = W_qh h_t + b_q, w_t = 1/T.

It knows the loss of a run and what enters the adjoint sweep at every step: δ_t, that is
∂L/∂h_t through o_t alone.  What reaches back in time is the estimators' affair.
"""

import abc
import dataclasses
import functools
from typing import Any, Self

import numpy as np

from gradlab._checks import require_finite, require_parameter
from gradlab.dynamics import Trajectory
from gradlab.errors import InputError, InputTypeError, ShapeError
from gradlab.typing import Array

__all__ = ["AbstractObjective"]


class AbstractObjective(abc.ABC):
    """A linear readout of the hidden part of the state, and a loss at every step.

    The loss is L = Σ_t w_t ℓ_t, averaged over the batch where there is one.  The hidden
    part is the first ``cell.hidden`` entries of the state (h in an LSTM).

    Attributes
    ----------
    trajectory : Trajectory
        T steps of one sequence, or of a batch of B.
    targets : (T, ...) or (T, B, ...) array
        One target for every step.
    W_qh : (q, n_hidden) array
        Readout weights.
    b_q : (q,) array or None
        Readout bias; without one there is no gradient ``"b_q"`` either.
    weights : (T,) array or None
        w_t; None stands for 1/T each.  ``weights=[0, …, 0, 1]`` is a loss on the last
        step alone.
    """

    trajectory: Trajectory
    targets: Array
    W_qh: Array
    b_q: Array | None
    weights: Array | None

    @property
    @abc.abstractmethod
    def losses(self) -> Array:
        """ℓ_t for every step (T,) or (T, B), not yet weighted."""

    @property
    @abc.abstractmethod
    def errors(self) -> Array:
        """∂ℓ_t/∂o_t for every step (T, q) or (T, B, q), not yet weighted."""

    @functools.cached_property
    def outputs(self) -> Array:
        """o_t = W_qh h_t + b_q for every step, (T, q) or (T, B, q)."""
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = self.trajectory.hidden @ self.W_qh.T
            if self.b_q is not None:
                outputs = outputs + self.b_q
        return require_finite("outputs", outputs)

    @functools.cached_property
    def time_weights(self) -> Array:
        """w_t (T,): the weight of every step's loss in L."""
        steps = len(self.trajectory)
        return np.full(steps, 1 / steps) if self.weights is None else self.weights

    @property
    def loss(self) -> float:
        """L = Σ_t w_t ℓ_t, averaged over the batch."""
        per_step = self.losses.reshape(len(self.trajectory), -1).mean(axis=1)
        return float(self.time_weights @ per_step)

    @functools.cached_property
    def output_cotangents(self) -> Array:
        """∂L/∂o_t for every step, (T, q) or (T, B, q): the weighted errors."""
        sequences = int(np.prod(self.trajectory.batch))
        per_step = self.time_weights / sequences
        with np.errstate(over="ignore"):
            rows = self.errors * per_step.reshape(-1, *[1] * (self.errors.ndim - 1))
        return require_finite("output cotangents", rows)

    @functools.cached_property
    def cotangents(self) -> Array:
        """δ_t = ∂L/∂h_t through o_t alone, (T, n) or (T, B, n).

        What a state does to later ones is not in it; the adjoint sweep adds that.  On
        the cell part of an LSTM's state δ_t is zero.
        """
        states = self.trajectory.states[1:]
        direct = np.zeros(states.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            seen = self.output_cotangents @ self.W_qh
        direct[..., : self.trajectory.cell.hidden] = seen
        return require_finite("cotangents", direct)

    @property
    def params(self) -> dict[str, Array]:
        """The readout's parameters by name: W_qh, and b_q where there is one."""
        bias = {} if self.b_q is None else {"b_q": self.b_q}
        return {"W_qh": self.W_qh, **bias}

    def readout_gradients(self) -> dict[str, Array]:
        """Return ∂L/∂W_qh and ∂L/∂b_q; they reach no step but their own."""
        rows = self.output_cotangents.reshape(-1, len(self.W_qh))
        hidden = self.trajectory.hidden
        gradients = {"W_qh": rows.T @ hidden.reshape(-1, hidden.shape[-1])}
        if self.b_q is not None:
            gradients["b_q"] = rows.sum(axis=0)
        return gradients

    def reweighted(self, weights: object) -> Self:
        """Return the same objective with other weights w_t (T,) over time."""
        changes: Any = {"weights": weights}
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]

    def restricted(self, steps: object) -> Self:
        """Return the part of L that the losses of some steps make.

        Parameters
        ----------
        steps : slice, int, or index array
            Which of ℓ_1 … ℓ_T stay: ``slice(0, 8)`` is the first eight.  The weights
            stay what they were, so parts that cover every step once sum to L.
        """
        kept = np.zeros(len(self.trajectory))
        index: Any = steps
        try:
            kept[index] = self.time_weights[index]
        except IndexError as error:
            message = f"`steps` must pick among {len(kept)} steps; got {steps!r}."
            raise InputError(message) from error
        return self.reweighted(kept)

    def sequence(self, b: int) -> Self:
        """Return the objective of sequence b of a batch; L is the mean of them."""
        changes: Any = {
            "trajectory": self.trajectory.sequence(b),
            "targets": self.targets[:, b],
        }
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]

    def _check_readout(self) -> None:
        """Check the readout and the weights, and keep read-only copies."""
        if not isinstance(self.trajectory, Trajectory):
            message = f"`trajectory` must be a Trajectory; got {self.trajectory!r}."
            raise InputTypeError(message)
        sizes = {"n_hidden": self.trajectory.cell.hidden}
        W_qh = require_parameter("W_qh", self.W_qh, "(q, n_hidden)", sizes=sizes)
        if not len(W_qh):
            raise ShapeError("W_qh", "(q, n_hidden) with q >= 1", W_qh.shape)
        object.__setattr__(self, "W_qh", W_qh)
        if self.b_q is not None:
            b_q = require_parameter("b_q", self.b_q, "(q,)", sizes={"q": len(W_qh)})
            object.__setattr__(self, "b_q", b_q)
        if self.weights is not None:
            steps = {"T": len(self.trajectory)}
            weights = require_parameter("weights", self.weights, "(T,)", sizes=steps)
            object.__setattr__(self, "weights", weights)
