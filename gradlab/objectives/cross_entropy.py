"""Softmax cross-entropy ℓ_t = log Σ_k exp(o_tk) − o_ty, so that ∂ℓ_t/∂o_t = p_t − e_y.

With d_k = o_k − o_y over the wrong classes k ≠ y, ℓ = log(1 + Σ exp d_k): small losses
and small errors keep their relative accuracy, where 1 − p_y would cancel to 0.
"""

import functools
from dataclasses import KW_ONLY, dataclass
from typing import final

import numpy as np
from scipy.special import logsumexp

from gradlab._checks import require_finite
from gradlab.dynamics import Trajectory
from gradlab.errors import InputError, InputTypeError, ShapeError
from gradlab.objectives.base import AbstractObjective
from gradlab.typing import Array

__all__ = ["CrossEntropy", "cross_entropies", "require_classes", "softmax_errors"]


@final
@dataclass(frozen=True, eq=False)
class CrossEntropy(AbstractObjective):
    """L = Σ_t w_t (−log p_t[y_t]), p_t = softmax(W_qh h_t + b_q), w_t = 1/T; in nats.

    Parameters
    ----------
    trajectory : Trajectory
        T steps of one sequence, or of a batch of B (the loss is averaged over it).
    targets : (T,) or (T, B) array_like of integers
        y_t, a class in 0 … q − 1.
    W_qh : (q, n_hidden) array_like
        Readout weights on the hidden part of the state.
    b_q : (q,) array_like, optional
        Readout bias.
    weights : (T,) array_like, optional
        w_t, instead of 1/T each.

    Raises
    ------
    InputTypeError
        If the targets are not integers.
    InputError
        If a target is no class, or an array does not fit the trajectory.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0], [1.0]])
    >>> objective = CrossEntropy(trajectory, [0, 1], [[0.0], [0.0]])
    >>> bool(objective.loss == np.log(2))  # two classes, equally likely
    True
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
        shape = (len(self.trajectory), *self.trajectory.batch)
        targets = require_classes(self.targets, shape, len(self.W_qh))
        object.__setattr__(self, "targets", targets)

    @functools.cached_property
    def losses(self) -> Array:
        """ℓ_t = −log p_t[y_t] in nats, (T,) or (T, B)."""
        return cross_entropies(self.outputs, self.targets)

    @functools.cached_property
    def errors(self) -> Array:
        """∂ℓ_t/∂o_t = p_t − e_y, (T, q) or (T, B, q)."""
        return softmax_errors(self.outputs, self.targets)


def cross_entropies(outputs: Array, targets: Array) -> Array:
    """Return −log p_y = log(1 + Σ_{k≠y} exp d_k) (...) of outputs (..., q).

    Examples
    --------
    >>> float(cross_entropies(np.array([0.0, -800.0]), np.array(1)))
    800.0
    """
    places = targets[..., None]
    with np.errstate(over="ignore"):
        odds = outputs - np.take_along_axis(outputs, places, -1)
    odds = require_finite("log odds", odds)
    np.put_along_axis(odds, places, -np.inf, axis=-1)
    return np.logaddexp(0.0, logsumexp(odds, axis=-1))


def softmax_errors(outputs: Array, targets: Array) -> Array:
    """Return p − e_y (..., q), where p_y − 1 is −Σ_{k≠y} p_k.

    Examples
    --------
    >>> softmax_errors(np.zeros(4), np.array(1))
    array([ 0.25, -0.75,  0.25,  0.25])
    """
    top = outputs.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):  # exp(−inf) = 0, and right
        p = np.exp(outputs - top)  # not exp(d_k − ℓ): ℓ has rounded
    p /= p.sum(axis=-1, keepdims=True)
    places = targets[..., None]
    np.put_along_axis(p, places, 0.0, axis=-1)
    wrong = p.sum(axis=-1, keepdims=True)
    np.put_along_axis(p, places, -wrong, axis=-1)
    return p


def require_classes(targets: object, shape: tuple[int, ...], classes: int) -> Array:
    """Return `targets` as a read-only integer array of the given shape."""
    try:
        array = np.array(targets)
    except ValueError as error:
        message = f"`targets` must be a regular array of integers; {error}"
        raise InputError(message) from error
    if array.dtype.kind not in "iu":
        message = f"`targets` must be integers; got dtype {array.dtype}."
        raise InputTypeError(message)
    if array.shape != shape:
        letters = ("T", "B")[: len(shape)]
        sizes = ", ".join(f"{k} = {v}" for k, v in zip(letters, shape, strict=True))
        expected = "(T, B)" if len(shape) == 2 else "(T,)"
        raise ShapeError("targets", f"{expected} with {sizes}", array.shape)
    bad = np.argwhere((array < 0) | (array >= classes))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        wanted = f"classes in 0 … {classes - 1}"
        message = f"`targets` must be {wanted}; got {array[index]} at index {index}."
        raise InputError(message)
    array = array.astype(np.intp)
    array.setflags(write=False)
    return array
