"""Random (n, n) matrices: N(0, g²/n), Haar, U(−g/√n, g/√n), sparse, corners, and g I.

Every ensemble is called the same way, ``ensemble(n, gain=g, rng=seed)``, so that a cell
can be given a real one by name; some take a further number.
"""

import numpy as np

from gradlab._checks import (
    require_count,
    require_memory,
    require_number,
    require_rng,
)
from gradlab.errors import InputError
from gradlab.linalg._doors import require_corner
from gradlab.typing import Matrix, Seed

__all__ = [
    "complex_gaussian",
    "gaussian",
    "identity",
    "orthogonal",
    "sparse",
    "truncated_orthogonal",
    "truncated_unitary",
    "uniform",
    "unitary",
]


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


# Called as the others are, it takes the seed that they draw from.
def identity(n: int, *, gain: float, rng: Seed | None = None) -> Matrix:  # noqa: ARG001
    """Return `gain` times the identity; `rng` is accepted and not used.

    Examples
    --------
    >>> identity(2, gain=0.5).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    n, gain = _size_and_gain(n, gain)
    return gain * np.eye(n)


def complex_gaussian(n: int, *, gain: float, rng: Seed) -> Matrix:
    """Return an (n, n) matrix of independent complex entries, E|entry|² = gain²/n.

    Real and imaginary parts are N(0, gain²/(2n)): the complex Ginibre ensemble.

    Examples
    --------
    >>> W = complex_gaussian(200, gain=0.5, rng=0)
    >>> bool(abs(np.abs(np.linalg.eigvals(W)).max() - 0.5) < 0.05)
    True
    """
    n, gain = _size_and_gain(n, gain, copies=4)
    real, imaginary = require_rng(rng).standard_normal((2, n, n))
    return gain / np.sqrt(2 * n) * (real + 1j * imaginary)


def unitary(n: int, *, gain: float, rng: Seed) -> Matrix:
    """Return `gain` times an (n, n) unitary matrix of the uniform (Haar) law.

    Examples
    --------
    >>> Q = unitary(5, gain=2.0, rng=0)
    >>> bool(np.allclose(Q.conj().T @ Q, 4 * np.eye(5), atol=1e-14))
    True
    """
    Q, R = np.linalg.qr(complex_gaussian(n, gain=1.0, rng=rng))
    _, gain = _size_and_gain(n, gain, copies=4)
    # As for real ones, diag(R) > 0 makes the law Haar's [mezzadri2007generate].
    return gain * (Q * (np.diag(R) / np.abs(np.diag(R))))


def sparse(n: int, *, gain: float, degree: int, rng: Seed) -> Matrix:
    """Return an (n, n) matrix with `degree` entries N(0, gain²/degree) in every row.

    Their places are drawn without return; the mean of a row's Σ W_ij² is gain², as in
    `gaussian`, whatever the degree.

    Examples
    --------
    >>> W = sparse(100, gain=1.0, degree=10, rng=0)
    >>> np.unique(np.count_nonzero(W, axis=1)).tolist()
    [10]
    """
    n, gain = _size_and_gain(n, gain)
    degree = require_count("degree", degree)
    if degree > n:
        message = f"`degree` must be at most n = {n}; got {degree}."
        raise InputError(message)
    generator = require_rng(rng)
    W = np.zeros((n, n))
    places = generator.permuted(np.tile(np.arange(n), (n, 1)), axis=1)[:, :degree]
    values = gain / np.sqrt(degree) * generator.standard_normal((n, degree))
    np.put_along_axis(W, places, values, axis=1)
    return W


def truncated_orthogonal(n: int, *, of: int, gain: float, rng: Seed) -> Matrix:
    """Return `gain` times the (n, n) corner of a Haar orthogonal (of, of) matrix.

    Examples
    --------
    >>> corner = truncated_orthogonal(2, of=5, gain=1.0, rng=0)
    >>> bool(np.linalg.norm(corner, 2) <= 1.0)
    True
    """
    n, of = require_corner(n, of)
    return orthogonal(of, gain=gain, rng=rng)[:n, :n].copy()


def truncated_unitary(n: int, *, of: int, gain: float, rng: Seed) -> Matrix:
    """Return `gain` times the (n, n) corner of a Haar unitary (of, of) matrix.

    Examples
    --------
    >>> corner = truncated_unitary(2, of=5, gain=1.0, rng=0)
    >>> bool(np.linalg.norm(corner, 2) <= 1.0)
    True
    """
    n, of = require_corner(n, of)
    return unitary(of, gain=gain, rng=rng)[:n, :n].copy()


def _size_and_gain(n: int, gain: float, *, copies: int = 2) -> tuple[int, float]:
    n, gain = require_count("n", n), require_number("gain", gain, minimum=0.0)
    require_memory("n", n, copies * n * n)  # the draw, and the scaled copy of it
    return n, gain
