"""Norms that serve every D W at once, D diagonal with |D_ii| ≤ s: bounds from above.

Diagonal matrices commute, and absolute values only grow, so that for every E > 0

    ‖E D W E⁻¹‖₂ ≤ s ‖E W E⁻¹‖₂,   ρ{D W} ≤ s ρ(|W|) ≤ s max_i (|W| x)_i / x_i, x > 0

(Collatz and Wielandt) [horn2013matrix].  With E from the two Perron vectors of |W| the
first is not above the second; from there ‖E W E⁻¹‖ is made smaller.  Nothing that is
found has to be right for the bounds to be.
"""

import numpy as np
from scipy import optimize

from gradlab.linalg._frames import in_basis
from gradlab.linalg.arithmetic import ETA, FLOAT64, Arithmetic
from gradlab.linalg.rounding import mm, up_abs, up_add, up_div
from gradlab.typing import Matrix, Vector

__all__ = ["best_scale", "perron_vectors", "radius_of_sizes_above", "scaled_norm_above"]

_POWERS = (2, 8, 32)  # p of Σ σ^(2p), smooth and near σ_1^(2p)
_STEPS = 60
_SWEEPS = 64
_LEAST = 2.0**-200


def perron_vectors(W: Matrix) -> tuple[Vector, Vector]:
    """Return nearly the right and left Perron vectors of |W|, above 0.

    Examples
    --------
    >>> right, left = perron_vectors(np.array([[0.0, -8.0], [2.0, 0.0]]))
    >>> (right / right[1]).round(12).tolist(), (left / left[1]).round(12).tolist()
    ([2.0, 1.0], [0.5, 1.0])
    """
    sizes = np.abs(W)
    return _perron(sizes), _perron(sizes.T)


def radius_of_sizes_above(
    W: Matrix, x: Vector, arithmetic: Arithmetic = FLOAT64
) -> float:
    """Return a float64 ≥ ρ(|W|) from any x > 0, for W known up to 2⁻¹⁰⁷⁴ an entry.

    Examples
    --------
    >>> W = np.array([[0.0, -8.0], [2.0, 0.0]])
    >>> 4 <= radius_of_sizes_above(W, np.array([2.0, 1.0])) < 4 + 1e-14
    True
    """
    if not (x > 0).all():
        return np.inf
    carried = up_add(*mm(up_add(up_abs(W), ETA), x[:, None], arithmetic))
    return float(up_div(carried[:, 0], x).max())


def scaled_norm_above(W: Matrix, log_scale: Vector) -> float:
    """Return a float64 ≥ ‖E W E⁻¹‖₂ for E = diag(exp(−log_scale)), nearly."""
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        e = np.exp(log_scale)
        return in_basis("", W[None], np.diag(e), np.diag(1 / e)).norm()


def best_scale(W: Matrix, start: Vector) -> Vector:
    """Return ln of a diagonal that makes ‖E W E⁻¹‖₂ nearly least.

    Examples
    --------
    >>> W = np.array([[0.0, -8.0], [2.0, 0.0]])
    >>> 4 <= scaled_norm_above(W, best_scale(W, np.zeros(2))) < 4.001
    True
    """
    y = start
    for p in _POWERS:
        found = optimize.minimize(
            _log_schatten,
            y,
            args=(W, p),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _STEPS},
        )
        y = found.x
    return y


def _log_schatten(y: Vector, W: Matrix, p: int) -> tuple[float, Vector]:
    """Return ln (Σ σ_k^2p)^(1/2p) of E W E⁻¹ and its gradient in y = −ln E."""
    U, s, Vh = np.linalg.svd(np.exp(y - y[:, None]) * W)
    weights = (s / s[0]) ** (2 * p)
    value = np.log(s[0]) + np.log(weights.sum()) / (2 * p)
    weights /= weights.sum()
    return float(value), weights @ Vh**2 - U**2 @ weights


def _perron(sizes: Matrix) -> Vector:
    values, vectors = np.linalg.eig(sizes)
    at = np.abs(values).argmax()
    x = np.abs(vectors[:, at]) + _LEAST
    shift = abs(values[at])
    for _ in range(_SWEEPS):  # small entries come out right: only sums of what is ≥ 0
        x = sizes @ x + shift * x
        x /= x.max()
    return np.maximum(x, _LEAST)
