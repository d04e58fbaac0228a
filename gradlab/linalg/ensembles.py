"""Random (n, n) matrices: N(0, g²/n), Haar orthogonal, U(−g/√n, g/√n), and g I.

Every ensemble is called the same way, ``ensemble(n, gain=g, rng=seed)``, so that a cell
can be given any of them by name; `newman_exponents` is the exact Lyapunov spectrum of
products of the first.
"""

import numpy as np
from scipy.special import digamma

from gradlab._checks import (
    require_count,
    require_memory,
    require_number,
    require_rng,
)
from gradlab.typing import Matrix, Seed, Vector

__all__ = ["gaussian", "identity", "newman_exponents", "orthogonal", "uniform"]


def gaussian(n: int, *, gain: float, rng: Seed) -> Matrix:
    """Return an (n, n) matrix of independent N(0, gain²/n) entries.

    Its eigenvalues fill the disc of radius `gain` as n grows.

    Examples
    --------
    >>> W = gaussian(200, gain=0.5, rng=0)
    >>> bool(abs(np.abs(np.linalg.eigvals(W)).max() - 0.5) < 0.05)
    True
    """
    n, gain = _size_and_gain(n, gain)
    return gain / np.sqrt(n) * require_rng(rng).standard_normal((n, n))


def orthogonal(n: int, *, gain: float, rng: Seed) -> Matrix:
    """Return `gain` times an (n, n) orthogonal matrix of the uniform (Haar) law.

    Examples
    --------
    >>> Q = orthogonal(5, gain=2.0, rng=0)
    >>> bool(np.allclose(Q.T @ Q, 4 * np.eye(5), atol=1e-14))
    True
    """
    n, gain = _size_and_gain(n, gain)
    Q, R = np.linalg.qr(require_rng(rng).standard_normal((n, n)))
    # With diag(R) > 0 the law of Q is Haar's; the signs LAPACK chooses are not uniform.
    return gain * (Q * np.copysign(1.0, np.diag(R)))


def uniform(n: int, *, gain: float, rng: Seed) -> Matrix:
    """Return an (n, n) matrix of independent U(−gain/√n, gain/√n) entries.

    With ``gain=1`` this is the default of ``torch.nn.RNN``, ``LSTM`` and ``GRU``.  The
    entries have variance gain²/(3n), so the eigenvalues fill a disc of radius gain/√3.

    Examples
    --------
    >>> bool(np.abs(uniform(100, gain=1.0, rng=0)).max() <= 0.1)
    True
    """
    n, gain = _size_and_gain(n, gain)
    return gain / np.sqrt(n) * require_rng(rng).uniform(-1.0, 1.0, (n, n))


def identity(n: int, *, gain: float, rng: Seed | None = None) -> Matrix:  # noqa: ARG001
    """Return `gain` times the identity; `rng` is accepted and not used.

    Examples
    --------
    >>> identity(2, gain=0.5).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    n, gain = _size_and_gain(n, gain)
    return gain * np.eye(n)


def newman_exponents(n: int, *, variance: float) -> Vector:
    """Return the exact exponents λ_i = ½ [ln(2σ²) + ψ((n − i + 1)/2)], i = 1 … n.

    These are the Lyapunov exponents, in nats per step, of a product of independent
    (n, n) matrices with N(0, σ²) entries [newman1986distribution].

    Parameters
    ----------
    n : int
        Size of the matrices, at least 1.
    variance : float
        Variance σ² > 0 of one entry; gain²/n for `gaussian`.

    Returns
    -------
    (n,) ndarray
        Descending, to the last digits of float64.

    Examples
    --------
    >>> newman_exponents(2, variance=1.0).round(12).tolist()
    [0.057965757829, -0.635181422731]
    """
    n = require_count("n", n)
    variance = require_number("variance", variance, above=0.0)
    halves = np.arange(n, 0, -1) / 2
    return (np.log(2 * variance) + digamma(halves)) / 2


def _size_and_gain(n: int, gain: float) -> tuple[int, float]:
    n, gain = require_count("n", n), require_number("gain", gain, minimum=0.0)
    require_memory("n", n, 2 * n * n)  # the draw, and the scaled copy of it
    return n, gain
