"""A diagonal recurrence, real or complex: ‖W^T‖₂ = max|λ|^T exactly.

The complex numbers of a linear recurrent unit [orvieto2023resurrecting] are 2×2 blocks
[[a, −b], [b, a]] of real weights.
"""

from typing import ClassVar, Literal, final

import numpy as np

from gradlab.bounds.base import AbstractBound
from gradlab.bounds.linear_weights import linear_weights
from gradlab.dynamics.trajectory import Trajectory
from gradlab.errors import AssumptionError
from gradlab.linalg.arithmetic import ETA
from gradlab.linalg.powers_of_two import split_power
from gradlab.linalg.rounding import (
    down_abs,
    down_log,
    down_sub,
    down_times,
    up_abs,
    up_add,
    up_log,
    up_times,
)
from gradlab.references import Reference
from gradlab.typing import Matrix, Vector
from gradlab.verified.enclosure import Enclosure

__all__ = ["DiagonalRecurrence"]


@final
class DiagonalRecurrence(AbstractBound):
    """ln‖W_hh^T‖₂ = T ln max|λ| for a linear recurrence with diagonal W_hh.

    There is no transient: |λ| < 1 forgets from the first step on, at its own rate, and
    |λ| near 1 is all that memory takes.

    Examples
    --------
    >>> from gradlab.cells import Linear
    >>> from gradlab.dynamics import run
    >>> W = [[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 0.5]]  # |0.6 + 0.8 i| = 1
    >>> rest = run(Linear(W, [[0.0]] * 3), [0.0] * 3, [[0.0]] * 1000)
    >>> abs(DiagonalRecurrence().log_bound(rest)) < 1e-11
    True
    """

    label = "thm:diagonal-recurrence"
    statement = (
        r"W=\operatorname{diag}(\lambda_1,\dots,\lambda_n)"
        r"\ \Rightarrow\ \ln\|W^T\|_2=T\ln\max_i|\lambda_i|"
    )
    source = Reference("orvieto2023resurrecting", "Sec. 3")
    assumptions = (
        "the cell is linear, h' = W_hh h + W_hx x + b_h, and W_hh made of λ and of "
        "blocks [[a, −b], [b, a]] on its diagonal"
    )
    direction: ClassVar[Literal["above"]] = "above"

    def enclosed_bound(self, trajectory: Trajectory) -> Enclosure:
        """Return T ln max|λ| in nats, some T u wide.

        Raises
        ------
        AssumptionError
            If the cell is not linear, or W_hh is not of that form.
        InputError
            If the trajectory is a batch.
        """
        W, T = linear_weights(trajectory, self.label), len(trajectory)
        low, high, exponent = _largest_size(W, self.label)
        return Enclosure.between(
            down_times(T, down_log(low, exponent)),
            up_times(T, up_log(high, exponent)),
        )


def _largest_size(W: Matrix, label: str) -> tuple[float, float, int]:
    """Return float64s ≤ and ≥ max|λ| / 2^e, and e."""
    S, exponent = split_power(W)
    values = _eigenvalues(S)
    if values is None:
        raise AssumptionError(label, "W_hh diagonal, real or complex", "another matrix")
    low, high = down_abs(values).max(), up_add(up_abs(values).max(), ETA)
    high = high if W.any() else 0.0
    return float(down_sub(low, ETA)), float(high), int(exponent)


def _eigenvalues(S: Matrix) -> Vector | None:
    """Return λ (n,), of the second of a pair its real part; None for another form."""
    above, below, middle = np.diag(S, 1), np.diag(S, -1), np.diag(S)
    elsewhere = np.triu(S, 2).any() or np.tril(S, -2).any()
    pairs = np.flatnonzero(below)
    overlapping = (pairs[1:] == pairs[:-1] + 1).any()
    unequal = (middle[pairs] != middle[pairs + 1]).any()
    if elsewhere or overlapping or unequal or (above != -below).any():
        return None
    values = middle.astype(complex)
    values.imag[pairs] = below[pairs]
    return values
