"""Many chains of two rows at once: one vector grows by r_11, the area by r_11 r_22.

The frame of two rows is its first column v, for a triangle has the determinant that is
left: with m_t = ‖J_t v‖_∞ and v ← J_t v / m_t in every lane,

    Σ ln r_11 = Σ ln m_t + ln ‖v‖₂,    Σ ln r_22 = Σ ln|det J_t| − Σ ln r_11.

A lane is trusted unless v or a determinant falls far below the rows that made it,
columns are uneven, or numbers come near the ends of float64's range.  Lanes that are
not sound are for the caller to redo one by one.
"""

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import final

import numpy as np

from gradlab.linalg._factors import largest
from gradlab.linalg._weighted import log_of_product
from gradlab.typing import Array, Matrix, Vector

__all__ = ["PairSteps", "Pairs", "SharedPair"]

_SUSPECT = 1e-7  # of its rows: what may be the zero of a singular factor
_EVEN = 2.0**-10  # as in `gradlab.linalg._factors`
_TINY, _HUGE = 1e-250, 1e50  # of an area and of a row: the other row is normal
_GROUP = 8  # as in `gradlab.linalg._kernels_pairs`

Follow = Callable[[Array, Matrix, Vector, Array, Array, Array, Vector], None]


@final
@dataclass(frozen=True, eq=False)
class PairSteps:
    """Factors J_t = diag(scales[t]) matrices[t] of S systems, two rows each.

    Attributes
    ----------
    matrices : (k, 2, 2, S) or (1, 2, 2, 1) ndarray
        One for each step and system, or one that all share.
    scales : (k, 2, S) ndarray or None
        None where every factor is its matrix.
    tops : (k, S) ndarray
        The largest entry of every factor, in magnitude.
    sound : (S,) ndarray of bool
        Whether all factors of a lane are far from singular and have even columns.
    log_det : (S,) ndarray
        Σ_t ln|det J_t|.
    """

    matrices: Array
    scales: Array | None
    tops: Array
    sound: Array
    log_det: Vector

    @classmethod
    def of(cls, factors: Array) -> "PairSteps":
        """Return factors (k, 2, 2, S), formed."""
        entries = np.abs(factors)
        sizes = largest(entries, 2)
        with np.errstate(all="ignore"):  # what is not sound may be anything
            areas, tops = sizes[:, 0] * sizes[:, 1], largest(sizes, 1)
            det = factors[:, 0, 0] * factors[:, 1, 1]
            det -= factors[:, 0, 1] * factors[:, 1, 0]
            regular = np.abs(det) > _SUSPECT * areas
            entries /= sizes[:, :, None]
        even = (largest(entries, 1) > _EVEN).all(axis=(0, 1))
        sound = _are_within_range(areas, tops) & regular.all(axis=0) & even
        return cls(factors, None, tops, sound, _log_of_product(det, sound))


@final
@dataclass(frozen=True, eq=False)
class SharedPair:
    """A matrix W (2, 2) that is to be scaled row by row: J_t = diag(scales[t]) W.

    >>> shared = SharedPair.of(np.array([[2.0, 1.0], [1.0, 1.0]]))
    >>> shared.scaled(np.full((3, 1, 2), -1.0)).log_det.tolist()
    [0.0]
    """

    matrix: Matrix
    sizes: Vector
    log_share: float  # ln of |det W| over the product of its row sizes

    @classmethod
    def of(cls, matrix: Matrix) -> "SharedPair | None":
        """Return a matrix that lanes can take as it is, or None."""
        if not PairSteps.of(matrix[None, :, :, None]).sound:
            return None
        (a, b), (c, d) = ((Fraction(x) for x in row) for row in matrix.tolist())
        sizes = np.abs(matrix).max(axis=1)
        share = abs(a * d - b * c) / (Fraction(sizes[0]) * Fraction(sizes[1]))
        return cls(matrix, sizes, math.log(share))

    def scaled(self, scales: Array) -> PairSteps:
        """Return its steps with scales (k, S, 2)."""
        scales = np.ascontiguousarray(scales.transpose(0, 2, 1))
        sizes = np.abs(scales)
        sizes *= self.sizes[:, None]
        with np.errstate(all="ignore"):
            areas, tops = sizes[:, 0] * sizes[:, 1], largest(sizes, 1)
        sound = _are_within_range(areas, tops)
        logs = _log_of_product(areas, sound) + len(scales) * self.log_share
        return PairSteps(self.matrix[None, :, :, None], scales, tops, sound, logs)


@final
@dataclass
class Pairs:
    """Vectors (2, S) on their way; `corner` is ln ‖v‖₂ (S,) when last settled.

    >>> pairs = Pairs.starting(1)
    >>> steps = PairSteps.of(np.array([[[2.0, 1.0], [1.0, 1.0]]])[..., None])
    >>> (pairs.advance(steps) + pairs.settle())[:, 0].round(6).tolist()  # ± ln √5
    [0.804719, -0.804719]
    """

    vectors: Array
    corner: Vector
    sound: Array
    follow: Follow | None
    last: tuple[Matrix, SharedPair | None] | None = field(default=None, repr=False)

    @classmethod
    def starting(cls, systems: int, *, compiled: bool = False) -> "Pairs":
        """Return the axes of the coordinates, in every lane."""
        vectors = np.repeat([[1.0], [0.0]], systems, axis=1)
        follow = None
        if compiled:
            follow = importlib.import_module("gradlab.linalg._kernels_pairs").follow
        sound = np.ones(systems, dtype=bool)
        return cls(vectors, np.zeros(systems), sound, follow)

    def sharing(self, matrix: Matrix) -> SharedPair | None:
        """Return W for `advance_scaled`; None where every factor is to be looked at."""
        if self.last is None or self.last[0] is not matrix:
            self.last = matrix, SharedPair.of(matrix)
        return self.last[1]

    def advance(self, steps: PairSteps) -> Array:
        """Follow the steps; return the sums of logs (2, S), short of `settle`."""
        with np.errstate(all="ignore"):  # what is not sound may be anything
            norms = _followed(steps, self.vectors)
            clear = norms > _SUSPECT * steps.tops
        self.sound &= steps.sound & clear.all(axis=0)
        first = _log_of_product(norms, self.sound)
        return np.array([first, steps.log_det - first])

    def advance_scaled(self, shared: SharedPair, scales: Array) -> Array:
        """Follow the steps diag(scales[t]) W, with scales (k, S, 2)."""
        if self.follow is not None:
            vectors, clear = self.vectors.copy(), np.ones(len(self.sound))
            products = np.ones((2, -(-len(scales) // _GROUP), len(clear)))
            norms, areas = products
            given = (scales, shared.matrix, shared.sizes)
            self.follow(*given, vectors, norms, areas, clear)
            if (clear[self.sound] > 0).all():
                self.vectors = vectors
                with np.errstate(all="ignore"):
                    first, area = (np.log(found).sum(axis=0) for found in products)
                return np.array([first, area - first + len(scales) * shared.log_share])
        return self.advance(shared.scaled(scales))

    def settle(self) -> Array:
        """Return what a QR of the frames adds to the sums since they were settled."""
        x, y = self.vectors
        with np.errstate(all="ignore"):
            corner = np.log(x * x + y * y) / 2
        change, self.corner = corner - self.corner, corner
        return np.array([change, -change])


def _followed(steps: PairSteps, v: Array) -> Array:
    """Change v (2, S) in place; return m_t = ‖J_t v‖_∞ of every step (k, S)."""
    shared = len(steps.matrices) == 1
    moved, part = np.empty_like(v), np.empty_like(v)
    norms = np.empty_like(steps.tops)
    for t, norm in enumerate(norms):
        A = steps.matrices[0 if shared else t]
        np.multiply(A[:, 0], v[0], out=moved)
        np.multiply(A[:, 1], v[1], out=part)
        moved += part
        if steps.scales is not None:
            moved *= steps.scales[t]
        np.abs(moved, out=part)
        np.maximum(part[0], part[1], out=norm)
        np.divide(moved, norm, out=v)
    return norms


def _are_within_range(areas: Array, tops: Array) -> Array:
    """Whether rows of these sizes, multiplied (k, S) or the larger one, are normal."""
    return np.asarray((areas.min(axis=0) > _TINY) & (tops.max(axis=0) < _HUGE))


def _log_of_product(values: Array, sound: Array) -> Vector:
    """Return Σ_t ln|values[t]| (S,) where a lane is sound."""
    if not sound.all():
        values = np.where(sound, values, 1.0)
    return log_of_product(values)
