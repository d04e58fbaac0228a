"""Flip one input, x_s → x̃_s: what changes at every later step, in state and output.

With Δ = W_qh (h̃ − h) and p = softmax(o), the new probabilities are p̃_i = p_i e^{ℓ_i},
ℓ_i = Δ_i − ln Σ_j p_j e^{Δ_j}, and no difference of nearly equal numbers is taken:

    total variation ½ Σ_i p_i |e^{ℓ_i} − 1|,   KL(p ‖ p̃) = Σ_i p_i (e^{ℓ_i} − 1 − ℓ_i).
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy import special

from gradlab._checks import require_array, require_count
from gradlab._results import Origin, Result
from gradlab.butterfly.distance import log_distances, log_lengths
from gradlab.butterfly.influence import require_readout
from gradlab.cells.base import AbstractCell
from gradlab.dynamics.trajectory import run
from gradlab.errors import InputError
from gradlab.references import Reference
from gradlab.typing import Array, ArrayLike, Vector

__all__ = ["Flip", "flip"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Flip(Result):
    """What one changed input changes; row t − 1 of each array belongs to step t.

    Attributes
    ----------
    position : int
        s, the step whose input was changed, counted from 1.
    log_hidden : (T,) array
        ln‖h̃_t − h_t‖₂ of the hidden parts, −inf where nothing changed.
    log_output : (T,) array
        ln‖õ_t − o_t‖₂.
    total_variation : (T,) array
        Between the softmax probabilities, in [0, 1].
    divergence : (T,) array
        KL(p_t ‖ p̃_t) between them, in nats.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("lorenz1963deterministic"),)

    position: int
    log_hidden: Vector
    log_output: Vector
    total_variation: Vector
    divergence: Vector

    def columns(self) -> dict[str, Array]:
        """Return t and the four measures, one row a step."""
        return {"t": np.arange(1, len(self.log_hidden) + 1), **super().columns()}


def flip(
    cell: AbstractCell,
    h0: ArrayLike,
    inputs: ArrayLike,
    W_qh: ArrayLike,
    b_q: ArrayLike | None = None,
    *,
    position: int,
    replacement: ArrayLike,
) -> Flip:
    """Replace the input at one position and return what changes from there on.

    Parameters
    ----------
    cell : AbstractCell
        With sizes (n, m).
    h0 : (n,) array_like
        Initial state.
    inputs : (T, m) array_like
        For a text: one one-hot row a character.
    W_qh, b_q : (q, n_hidden) and (q,) array_like
        Readout o_t = W_qh h_t + b_q; the bias matters for the probabilities only.
    position : int
        s in 1 … T: the first character is at position 1.
    replacement : (m,) array_like
        x̃_s.

    Returns
    -------
    Flip

    Raises
    ------
    InputError, InputTypeError
        If an argument misfits; the message names it.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> halving = Linear([[0.5]], [[1.0]])
    >>> x = np.ones((5, 1))
    >>> changed = flip(halving, [0.0], x, [[1.0]], position=3, replacement=[2.0])
    >>> np.exp(changed.log_hidden)
    array([0.  , 0.  , 1.  , 0.5 , 0.25])
    """
    n, m = cell.sizes
    start = require_array("h0", h0, "(n,)", sizes={"n": n})
    readout = require_readout(cell, W_qh)
    bias = np.zeros(len(readout)) if b_q is None else b_q
    bias = require_array("b_q", bias, "(q,)", sizes={"q": len(readout)})
    changed = require_array("replacement", replacement, "(m,)", sizes={"m": m})
    first = run(cell, start, inputs)
    step = _require_position(position, len(first))
    flipped = np.array(first.inputs)
    flipped[step - 1] = changed
    second = run(cell, start, flipped)
    shift = (second.hidden - first.hidden) @ readout.T
    variation, divergence = _softmax_change(first.hidden @ readout.T + bias, shift)
    return Flip(
        position=step,
        log_hidden=log_distances(second.hidden, first.hidden),
        log_output=log_lengths(shift),
        total_variation=variation,
        divergence=divergence,
        origin=Origin(parameters={"position": step, "steps": len(first)}),
    )


def _require_position(position: int, T: int) -> int:
    step = require_count("position", position)
    if step > T:
        message = f"`position` must be in 1…T with T = {T}; got {step}."
        raise InputError(message)
    return step


def _softmax_change(outputs: Array, shift: Array) -> tuple[Vector, Vector]:
    """Return total variation and KL divergence of softmax(o) and softmax(o + shift)."""
    log_p = special.log_softmax(outputs, axis=-1)
    p = np.exp(log_p)
    # ln Σ p e^Δ, by log1p and expm1 while Δ is small and by logsumexp beyond.
    small = np.abs(shift).max(axis=-1, initial=0.0) < 1
    mean = np.sum(p * np.expm1(np.where(small[:, None], shift, 0.0)), axis=-1)
    total = special.logsumexp(log_p + shift, axis=-1)
    ratio = shift - np.where(small, np.log1p(mean), total)[:, None]
    near = np.where(np.abs(ratio) < 1, ratio, 0.0)
    far = near != ratio
    change = np.where(far, np.exp(log_p + ratio) - p, p * np.expm1(near))
    # e^a − 1 − a = ½ a² ₁F₁(1; 3; a), which does not cancel near 0.
    excess = 0.5 * p * near**2 * special.hyp1f1(1.0, 3.0, near)
    divergence = np.where(far, change - p * ratio, excess).sum(axis=-1)
    return 0.5 * np.abs(change).sum(axis=-1), divergence
