"""The bias of every segment length at once: what cuts after L, 2L, … take away."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from gradlab._checks import require_memory
from gradlab._results import Origin, Result
from gradlab.cells.base import Outer
from gradlab.gradients._suffixes import cut_cotangents
from gradlab.gradients.base import require_objective
from gradlab.gradients.full import Full
from gradlab.objectives import AbstractObjective
from gradlab.references import Reference
from gradlab.typing import Array

__all__ = ["SegmentBias", "segment_bias"]


@final
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SegmentBias(Result):
    """‖E ĝ − g‖ of ``Segmented(1)`` … ``Segmented(T)``.

    Attributes
    ----------
    lengths : (T,) array of int
        L = 1 … T.
    bias : (T,) array
        ‖E ĝ − g‖₂; the last is 0.
    gradient_norm : float
        ‖g‖ together with the readout's gradient.
    """

    sources: ClassVar[tuple[Reference, ...]] = (Reference("zhang2023dive"),)

    lengths: Array
    bias: Array
    gradient_norm: float

    @property
    def relative_bias(self) -> Array:
        """The bias over the norm of the whole gradient (T,); NaN where that is 0."""
        with np.errstate(invalid="ignore"):
            return self.bias / self.gradient_norm

    def columns(self) -> dict[str, Array]:
        """Return length, bias and relative bias."""
        return {
            "length": self.lengths,
            "bias": self.bias,
            "relative_bias": self.relative_bias,
        }


def segment_bias(objective: AbstractObjective) -> SegmentBias:
    """Return the bias of Segmented(1) … Segmented(T), without offset, in one pass.

    With Λ_t the full adjoint, a cut before step t = kL + 1 takes away the last L terms
    of Σ_{i<t} Λ_t J_t ⋯ J_{i+1} ∂f_i/∂θ; one sweep gives those sums for all L that
    divide t − 1.  T² B (n² + P)/2 flops and T P numbers; nothing is subtracted, so
    small biases keep their digits.

    Parameters
    ----------
    objective : AbstractObjective
        Of one sequence or a batch.

    Raises
    ------
    InputError
        If memory does not hold T P numbers.
    RangeError
        If a cotangent overflows float64.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> from gradlab.objectives import SquaredError
    >>> trajectory = run(Linear([[0.5]], [[1.0]]), [0.0], [[1.0], [0.0], [0.0]])
    >>> loss = SquaredError(trajectory, [[0.0]] * 3, [[1.0]], weights=[0, 4, 0])
    >>> found = segment_bias(loss)  # h = 1, 1/2, 1/4: ∂L/∂W_hx = 1, all from step 1
    >>> found.lengths, found.bias
    (array([1, 2, 3]), array([1., 0., 0.]))
    """
    objective = require_objective(objective)
    trajectory = objective.trajectory
    T, params = len(trajectory), trajectory.cell.params
    P = sum(value.size for value in params.values())
    require_memory("T", T, T * P)
    gradient = Full().gradient(objective)
    lost = np.zeros((T, P))
    for t, outers in cut_cotangents(objective):
        last, end = np.zeros(P), t - 1
        for length in _divisors(t - 1):
            start = t - 1 - length
            last += _total(outers, slice(start, end), 1 + len(trajectory.batch))
            lost[length - 1] += last
            end = start
    return SegmentBias(
        lengths=np.arange(1, T + 1),
        bias=np.sqrt(np.einsum("lp,lp->l", lost, lost)),
        gradient_norm=gradient.norm,
        origin=Origin(parameters={"T": T, "P": P}),
    )


def _divisors(number: int) -> Array:
    each = np.arange(1, number + 1)
    return each[number % each == 0]


def _total(outers: list[Outer], steps: slice, axes: int) -> Array:
    """Return the parameters' cotangents summed over some steps (P,)."""
    found = [np.zeros(0)]
    for outer in outers:
        right = None if outer.right is None else outer.right[steps]
        found.append(Outer(outer.left[steps], right).total(axes).ravel())
    return np.concatenate(found)
