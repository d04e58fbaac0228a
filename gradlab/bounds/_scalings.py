"""Diagonal scalings D with ‖D W D⁻¹‖₂ small, to be tried.

Nothing here is proved or has to be: whatever D is, the bound made from it is verified.

* D = diag √(y_i/x_i) with the Perron vectors |W|x = ρx and yᵀ|W| = ρyᵀ, for which
  ‖D|W|D⁻¹‖₂ = ρ(|W|).
* The minimum of ln‖D W D⁻¹‖₂, a convex function of ln d.  A Schatten norm stands in
  for the 2-norm, which has no gradient where the largest singular value is not simple.
"""

import math
from collections.abc import Iterator

import numpy as np
from scipy import optimize

from gradlab.typing import Matrix, Vector

__all__ = ["scalings"]

_POWERS = (8, 128)  # of the singular values
_ITERATIONS = 30
_WIDEST = 40.0  # of |ln d|
_SHARES = (0.5, 1.0)
_LINKED = 2.0**-52  # of the largest entry: it makes every matrix irreducible


def scalings(W: Matrix) -> Iterator[Vector]:
    """Yield positive d (n,): 1, then what may be better, scaled down and whole."""
    yield np.ones(len(W))
    if len(W) == 1 or not W.any():
        return
    perron = _perron(np.abs(W))
    for logs in (perron, _smallest_norm(W, perron)):
        for share in _SHARES:
            yield np.exp(share * logs)


def _perron(A: Matrix) -> Vector:
    """Return ½ ln(y/x) for the Perron vectors of a nonnegative matrix."""
    linked = A / A.max() + _LINKED
    left, right = (_leading(M) for M in (linked.T, linked))
    return _centred((np.log(left) - np.log(right)) / 2)


def _leading(A: Matrix) -> Vector:
    values, vectors = np.linalg.eig(A)
    vector = np.abs(vectors[:, values.real.argmax()])
    return np.maximum(vector, 1e-30)


def _smallest_norm(W: Matrix, start: Vector) -> Vector:
    logs = start
    scale = np.abs(W).max()
    for power in _POWERS:
        found = optimize.minimize(
            _log_schatten,
            logs,
            args=(W / scale, power),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_WIDEST, _WIDEST)] * len(W),
            options={"maxiter": _ITERATIONS},
        )
        logs = _centred(found.x)
    return logs


def _log_schatten(logs: Vector, W: Matrix, power: int) -> tuple[float, Vector]:
    """Return (1/2p) ln Σ σ_i^2p of D W D⁻¹ and its gradient by ln d."""
    d = np.exp(logs)
    U, s, Vh = np.linalg.svd(d[:, None] * W / d)
    ratios = (s / s[0]) ** (2 * power)
    weights = ratios / ratios.sum()
    value = math.log(s[0]) + math.log(ratios.sum()) / (2 * power)
    return value, weights @ (np.square(U.T) - np.square(Vh))


def _centred(logs: Vector) -> Vector:
    """Return ln d with the mean of its ends at 0; D counts up to a factor."""
    return np.clip(logs - (logs.max() + logs.min()) / 2, -_WIDEST, _WIDEST)
