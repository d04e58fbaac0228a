"""Eigenvalues of P = F diag(e^s) V in logarithms, for s of any range.

With orthonormal F those of P are those of diag(e^s) (V F), and a diagonal similarity,
found in logarithms, brings its entries together before LAPACK sees it.
"""

from typing import Any

import numpy as np
from scipy.linalg import eig

from gradlab.linalg._blocks import strong_components
from gradlab.linalg._invariant_flag import with_orthonormal_frame
from gradlab.linalg._weighted import log_magnitude, rescaled
from gradlab.typing import Matrix, Vector

__all__ = ["graded_eigenvalues"]

_SWEEPS = 50
_LEVEL = 0.7  # nats, about ln 2: closer balance gains nothing


def graded_eigenvalues(
    frame: Matrix, weights: Vector, right: Matrix, unsure: Matrix
) -> tuple[Vector, Vector, Vector]:
    """Return ln|λ|, arguments and condition numbers of P = F diag(e^s) V, n × n.

    None of the λ is 0.  The condition is by how many ε, to first order, ln λ may be off
    if P is known but for E P with |E_ij| ≤ ε unsure_ij, and LAPACK errs by ε times the
    norm of what it is given:

        (‖B‖ + |y|ᵀ |D⁻¹ E D B| |x|/ε) / (|λ| |yᴴ x|),    B = D⁻¹ Qᴴ P Q D balanced.
    """
    Q, s, V = with_orthonormal_frame(frame, weights, right)
    M, unsure = V @ Q, np.abs(Q).T @ unsure @ np.abs(Q)
    logs, phases, conditions = (np.empty(len(s)) for _ in range(3))
    for block in strong_components(M != 0):
        inner = np.ix_(block, block)
        found = _irreducible(M[inner], s[block], unsure[inner])
        logs[block], phases[block], conditions[block] = found
    return logs, phases, conditions


def _irreducible(M: Matrix, s: Vector, unsure: Matrix) -> tuple[Vector, Vector, Vector]:
    sizes = log_magnitude(M) + s[:, None]
    x = _balance(sizes)
    top = float((sizes + x - x[:, None]).max())
    balanced = rescaled(M, x, x - s + top)
    solved: Any = eig(balanced, left=True, right=True)
    values, left, right = solved
    moduli, cosines = np.abs(values), np.abs((np.conj(left) * right).sum(axis=0))
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        # E B x = λ E x, so the second term does not depend on the size of λ.
        moved = np.abs(left).T @ rescaled(unsure, x, x)
        data = (moved.T * np.abs(right)).sum(axis=0) / cosines
        own = np.linalg.norm(balanced, 2) / (moduli * cosines)
        conditions = np.nan_to_num(own + data, nan=np.inf, posinf=np.inf)
        return log_magnitude(values) + top, np.angle(values), conditions


def _balance(sizes: Matrix) -> Vector:
    """Return x such that in e^(sizes_ij + x_j − x_i) rows are as large as columns.

    Osborne's iteration in the largest entry; it leaves a balanced matrix alone.
    """
    sizes = sizes.copy()
    np.fill_diagonal(sizes, -np.inf)
    x = np.zeros(len(sizes))
    for _ in range(_SWEEPS):
        largest = 0.0
        for i in range(len(x)):
            row = (sizes[i] + x).max() - x[i]
            column = (sizes[:, i] - x).max() + x[i]
            change = (row - column) / 2
            if np.isfinite(change) and abs(change) > _LEVEL:
                x[i] += change
                largest = max(largest, abs(change))
        if largest == 0.0:
            break
    return x
