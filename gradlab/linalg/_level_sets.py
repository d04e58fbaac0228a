"""Where σ_min(zI − A) = ε on a circle, a line or a ray: eigenvalues of size 2n.

Some singular value of zI − A is ε iff (zI − A) v = εu and (zI − A)* u = εv have a
solution.  With z = x + iy for a given x, with z = re^{iθ} for a given r, and for real z
this is an eigenvalue problem in iy, in e^{iθ} and in z [burke2003robust,
mengi2005algorithms].  On the circle the Cayley transform e^{iθ} = (1 + μ)/(1 − μ) makes
an ordinary one of the symplectic pencil.

A level that is touched but not crossed has double eigenvalues, which rounding moves
apart by the root of its size.  So eigenvalues are taken for crossings generously, and
whoever asks looks at the function itself between them.
"""

import contextlib
import itertools
import math

import numpy as np
from scipy import linalg

from gradlab.linalg._least_singular import rounding, size_above
from gradlab.typing import Matrix, Vector

__all__ = [
    "circle_crossings",
    "line_crossings",
    "middles",
    "ray_crossings",
    "support_crossings",
]

_GENEROUS = 4.0
_WIDEST = 0.1  # more is never forgiven an eigenvalue, relative to its size
_TURNS = (0.0, math.pi, 1.0, -2.0)  # of the pole of the Cayley transform from −r
_NOTHING = 2.0**-200  # of the largest entry
_TAME = 1e6  # entries of a transformed matrix whose pole is far enough from a crossing


def circle_crossings(A: Matrix, radius: float, level: float) -> Vector:
    """Return angles θ in (−π, π], ascending, at which some σ_j(re^{iθ}I − A) is ε.

    Examples
    --------
    >>> circle_crossings(np.array([[0.0]]), 1.0, 0.5).tolist()
    []
    >>> angles = circle_crossings(np.array([[1.0]]), 1.0, 0.5)
    >>> (2 * np.sin(angles / 2)).round(12).tolist()  # |e^{iθ} − 1| = ½
    [-0.5, 0.5]
    """
    turn, transformed = _transformed(A / radius, level / radius)
    mu = np.linalg.eigvals(transformed)
    # tanh ln|e^{iθ}|, which is 0 on the circle.
    off = np.abs(2 * mu.real) / (1 + np.abs(mu) ** 2)
    near = off <= _forgiven(A, radius, level)
    angles = turn + 2 * np.arctan(mu.imag[near])
    return np.sort(np.angle(np.exp(1j * angles)))


def _transformed(B: Matrix, e: float) -> tuple[float, Matrix]:
    """Return an angle t and (P + Q)⁻¹ (P − Q) of the pencil of e^{−it} B.

    Its rows say −eu + (B − λ) v = 0 and −u + λB*u − eλv = 0, λ on the unit circle.  The
    pole is λ = −1, and must not be near a crossing.
    """
    eye, tried = np.eye(len(B)), []
    for turn in _TURNS:
        sign = math.cos(turn)
        C = B * (sign if sign in (1.0, -1.0) else np.exp(-1j * turn))
        Ch = C.conj().T
        plus = np.block([[-e * eye, C + eye], [-eye - Ch, e * eye]])
        minus = np.block([[-e * eye, C - eye], [Ch - eye, -e * eye]])
        with contextlib.suppress(np.linalg.LinAlgError):  # the pole is a crossing
            found = np.linalg.solve(plus, minus)
            tried.append((float(np.abs(found).max()), turn, found))
            if tried[-1][0] < _TAME / e:
                break
    _, turn, found = min(tried, key=lambda each: each[0])
    return turn, found


def line_crossings(A: Matrix, x: float, level: float) -> Vector:
    """Return heights y, ascending, at which some σ_j((x + iy)I − A) is ε.

    Examples
    --------
    >>> line_crossings(np.array([[1.0]]), 1.3, 0.5).round(12).tolist()
    [-0.4, 0.4]
    """
    eye = np.eye(len(A))
    shifted = A - x * eye
    hamiltonian = np.block([[shifted, level * eye], [-level * eye, -shifted.conj().T]])
    values = np.linalg.eigvals(hamiltonian)
    off = np.abs(values.real) / (np.abs(x) + size_above(A))
    return np.sort(values.imag[off <= _forgiven(A, abs(x), level)])


def ray_crossings(A: Matrix, level: float) -> Vector:
    """Return real x, ascending, at which some σ_j(xI − A) is ε.

    Examples
    --------
    >>> ray_crossings(np.array([[1.0]]), 0.5).round(12).tolist()
    [0.5, 1.5]
    """
    eye = np.eye(len(A))
    values = np.linalg.eigvals(np.block([[A, level * eye], [level * eye, A.conj().T]]))
    off = np.abs(values.imag) / max(size_above(A), level)
    return np.sort(values.real[off <= _forgiven(A, level, level)])


def support_crossings(A: Matrix, level: float) -> Vector:
    """Return angles θ in (−π, π], ascending, at which a λ_j(Re(e^{iθ}A)) is c > 0.

    They are those of the λ = e^{iθ} with det(λ²A − 2cλI + A*) = 0.  The pencil is not
    transformed: where W(A) is nearly a disc, c is touched at every angle, and no place
    for a pole is good.

    Examples
    --------
    >>> (3 / math.pi * support_crossings(np.array([[1.0]]), 0.5)).round(12).tolist()
    [-1.0, 1.0]
    """
    eye, zero = np.eye(len(A)), np.zeros(A.shape)
    # QZ may not converge where entries are so far apart that products underflow.
    A = np.where(np.abs(A) < _NOTHING * np.abs(A).max(), 0.0, A)
    left = np.block([[2 * level * eye, -A.conj().T], [eye, zero]])
    right = np.block([[A, zero], [zero, eye]])
    # λ = a/b with |a| = |b|; of a singular pencil a = b = 0, which counts for nothing.
    a, b = linalg.eigvals(left, right, homogeneous_eigvals=True, check_finite=False)
    high, low = np.abs(a), np.abs(b)
    off = np.abs(high - low) - _forgiven(A, 0.0, level) * np.maximum(high, low)
    return np.sort(np.angle((a * b.conj())[off <= 0]))


def middles(crossings: Vector, period: float = 0.0) -> Vector:
    """Return the middles of the arcs between crossings, the last with the first.

    Examples
    --------
    >>> middles(np.array([0.0, 1.0, 3.0]), period=4.0).tolist()
    [0.5, 2.0, 3.5]
    >>> middles(np.array([0.0, 1.0, 3.0])).tolist()
    [0.5, 2.0]
    """
    ends = list(itertools.pairwise(crossings))
    if period and len(crossings):
        ends.append((crossings[-1], crossings[0] + period))
    return np.array([(a + b) / 2 for a, b in ends])


def _forgiven(A: Matrix, other: float, level: float) -> float:
    """Return how far from where it should be an eigenvalue still counts, relatively."""
    relative = rounding(len(A), size_above(A) + other) / level
    return min(_GENEROUS * math.sqrt(relative), _WIDEST)
