"""Chains of Jacobians, and runs whose Jacobians are any given ones: h' = Σ_k x_k A_k h.

A chain's next factor is new, the same, the transpose or the pseudo-inverse of the last:
products of such pairs are where bounds on products are wrong or sharp.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradlab._checks import require_count, require_stack
from gradlab.algebra.base import Algebra
from gradlab.algebra.floats import FLOATS
from gradlab.cells.base import AbstractCell, Outer
from gradlab.cells.factored import DenseJacobian
from gradlab.dynamics.trajectory import Trajectory
from gradlab.references import Reference
from gradlab.testing._hypothesis import st
from gradlab.testing.matrices import Draw, matrix_of
from gradlab.typing import Array, Factors

__all__ = ["Switched", "chains", "switched"]


@final
@dataclass(frozen=True, eq=False)
class Switched(AbstractCell):
    """h' = Σ_k x_k A_k h: with one-hot inputs, any of m matrices at any step.

    Parameters
    ----------
    matrices : (m, n, n) array
        A_1 … A_m.

    Examples
    --------
    >>> cell = Switched(np.array([[[2.0]], [[3.0]]]))
    >>> cell.step(np.array([1.0]), np.array([0.0, 1.0])).tolist()
    [3.0]
    """

    matrices: Factors

    source: ClassVar[Reference] = Reference("horn2013matrix")

    @property
    def sizes(self) -> tuple[int, int]:
        """(n, m)."""
        return self.matrices.shape[-1], len(self.matrices)

    @property
    def params(self) -> dict[str, Array]:
        """The matrices."""
        return {"matrices": self.matrices}

    def step(self, h: Array, x: Array, algebra: Algebra = FLOATS) -> Array:
        """Return Σ_k x_k A_k h."""
        images = [h @ algebra.array(A).T for A in self.matrices]
        weights = algebra.array(x)
        return sum(weights[..., k, None] * image for k, image in enumerate(images))

    def slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return Σ_k x_k A_k."""
        return DenseJacobian(np.tensordot(x, self.matrices, 1))

    def input_slopes(self, h: Array, x: Array) -> DenseJacobian:
        """Return the columns A_k h."""
        return DenseJacobian(np.moveaxis(h @ np.swapaxes(self.matrices, 1, 2), 0, -1))

    def parameter_cotangents(self, h: Array, x: Array, u: Array) -> dict[str, Outer]:
        """Return x_k u hᵀ for every k."""
        outer = u[..., :, None] * h[..., None, :]
        return {"matrices": Outer(x[..., :, None, None] * outer[..., None, :, :])}


def switched(factors: object) -> Trajectory:
    """Return a run whose Jacobians are the given factors (T, n, n), in time order.

    Its states are zero, which all of them leave as they are.

    Examples
    --------
    >>> factors = [[[0.5, 1.0], [0.0, 0.5]], [[0.0, 2.0], [1.0, 0.0]]]
    >>> switched(factors).chain.factors().tolist() == factors
    True
    """
    stack = require_stack("factors", factors)
    T, n, _ = stack.shape
    return Trajectory(Switched(stack), np.zeros((T + 1, n)), np.eye(T))


def chains(most: int = 6) -> Any:
    """Return a Hypothesis strategy of factors (T, n, n) with T ≤ most and n ≤ 5.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None, deadline=None)
    ... @given(chains(4))
    ... def test(factors):
    ...     assert len(factors) <= 4
    >>> test()
    """
    return st.composite(_chain)(require_count("most", most))


def _chain(draw: Draw, most: int) -> Factors:
    n = draw(st.integers(1, 5))
    factors = [matrix_of(draw, n)]
    for _ in range(draw(st.integers(0, most - 1))):
        kind = draw(st.sampled_from(["new", "same", "transpose", "pinv"]))
        last = factors[-1]
        if kind == "new":
            factors.append(matrix_of(draw, n))
        elif kind == "pinv" and 1e-100 < np.abs(last).max() < 1e100:
            factors.append(np.linalg.pinv(last))
        else:
            factors.append(last if kind == "same" else last.T)
    return np.stack(factors)
