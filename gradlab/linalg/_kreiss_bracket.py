"""sup d(t) M(t) between two bounds: a maximum found, and chords of ln M above it.

M(t) = max ‖(zI − A)⁻¹‖ on the curve t.  From below, Newton's method from the best
points of a coarse grid.  From above, nodes t_i with M(t_i) < 1/ε from a level set: no
σ_j(zI − A) is ε on the curve, or σ_min is above ε between all places where one is.  The
chord between two nodes bounds M (`gradlab.linalg._curves`).  The next node is put where
the chords promise most, until they promise no more than the tolerance.
"""

import heapq
import itertools
import math

import numpy as np
from scipy import linalg

from gradlab.linalg._curves import Circles, Lines
from gradlab.linalg._inverse_lanczos import least_singular_values
from gradlab.linalg._kreiss_ascent import minimum
from gradlab.linalg._least_singular import (
    least_singular_of_few,
    rounding,
    size_above,
)
from gradlab.typing import Array, Matrix, Vector

__all__ = ["KreissBracket"]

_DISTANCES = 12
_NEAREST = 8  # eigenvalues at whose places the first grid looks too
_STARTS, _PROMISING = 2, 0.7
_MOST_NODES = 2000
_TRIES = 30  # level sets of one node
_SLACK = 0.1  # of what a node may be too high
_COARSE = 1e-3  # slack from which the place of a maximum need not be polished
_INFINITY = complex(math.inf, 0.0)
_ROUNDINGS = 6  # errors of σ_min that the bracket cannot be narrower than
_SMALL = 24  # size up to which an SVD per point is faster than iterating
_GRID_TOLERANCE = 0.05
_LAST_DIGITS = 2.0**-48  # of the arithmetic with logarithms


class KreissBracket:
    """Bounds on sup d M of a matrix; `lower`, `z` and the nodes improve as it works."""

    def __init__(self, A: Matrix, curves: Circles | Lines, rtol: float) -> None:
        self.A, self.curves, self.rtol = A, curves, rtol
        self.size = size_above(A)
        self.values = np.linalg.eigvals(A)
        self.extent = curves.extent(A)
        # At infinity d ‖(zI − A)⁻¹‖ is 1.
        self.lower, self.z, self.level_sets = 1.0, _INFINITY, 0
        self._nodes: dict[float, tuple[float, float]] = {}  # t: ln M above, the place

    def tolerance(self) -> float:
        """Return rtol, or what rounding of σ_min allows where the maximum is."""
        if self.z == _INFINITY:
            return self.rtol
        t, error = self._on(self.z)
        return max(self.rtol, _ROUNDINGS * error * self.lower / (t - self.curves.start))

    def is_finite(self) -> bool:
        """Whether M is bounded on the boundary itself, as far as rounding can tell."""
        self._add(self.curves.start, self.curves.place(self._nearest()), room=1.0)
        return math.isfinite(self._nodes[self.curves.start][0])

    def is_outside(self) -> bool:
        """Whether an eigenvalue is beyond a curve on which M is bounded."""
        farthest = float(self.curves.level(self.values).max())
        if farthest <= self.curves.start:
            return False
        places = self.curves.place(self._nearest())
        for t in (self.curves.start, (self.curves.start + farthest) / 2):
            level = 4 * self._on(t + 0j)[1]
            if self._best(t, places)[0] > level and self._beaten(t, level) is None:
                return True
        return False

    def search(self) -> None:
        """Find a maximum: a coarse grid, then Newton's method from its best points."""
        start, width = self.curves.start, self.extent[1] - self.curves.start
        near = self._nearest()
        gap = abs(float(self.curves.level(near[0])) - start)
        places = np.unique([*self.curves.spread(self.A), *self.curves.place(near)])
        if np.isrealobj(self.A):
            places = np.unique(np.abs(places))
        least = max(gap / 4, 1e-12 * self.size)
        d = np.geomspace(min(least, width / 4), 4 * width, _DISTANCES)
        z = np.array([self.curves.point(start + x, places) for x in d])
        sigmas = self._sigmas(z.ravel()).reshape(z.shape)
        K = d[:, None] / np.maximum(sigmas, self._on(0j)[1])
        tops = _tops(K)[:_STARTS]
        for at in tops:
            if K[at] > _PROMISING * K[tops[0]]:
                self._climb(complex(z[at]))

    def close(self) -> tuple[float, bool]:
        """Return an upper bound, and whether it is within the tolerance of `lower`."""
        start, far = self.curves.start, self.extent[1]
        target = self.lower * (1 + self.tolerance())
        # Beyond the last node d M ≤ d/(t − far), which falls, and is the target there.
        last = max((target * far - start) / (target - 1), 2 * far)
        self._nodes[last] = (-math.log(last - far), 0.0)
        t, _ = self._on(self.z)
        around = () if t == math.inf else self.curves.apart(t, self.tolerance())
        for node in around:
            if start < node < last:
                self._add(node, self._places_near(node))
        chords = [self._chord(a, b) for a, b in itertools.pairwise(sorted(self._nodes))]
        heapq.heapify(chords)
        while True:
            lowest, node, a, b = chords[0]
            allowed = math.log(self.lower) + math.log1p(self.tolerance())
            closed = -lowest <= allowed + _LAST_DIGITS
            if closed or node in self._nodes or len(self._nodes) >= _MOST_NODES:
                tail = (last - start) / (last - far)
                return max(math.exp(-lowest), tail, self.lower), closed
            self._add(node, self._places_near(node))
            heapq.heapreplace(chords, self._chord(a, node))
            heapq.heappush(chords, self._chord(node, b))

    def _chord(self, a: float, b: float) -> tuple[float, float, float, float]:
        """Return minus the most ln[d M] below a chord, where that is, and its ends."""
        ends = (a, self._nodes[a][0]), (b, self._nodes[b][0])
        highest, node = self.curves.highest(*ends)
        return -highest, node, a, b

    def _add(self, t: float, places: Vector, room: float | None = None) -> None:
        """Add a node with a bound on M(t), above it by no more than is of use."""
        _, error = self._on(t + 0j)
        sigma, place = self._best(t, places)
        top = math.inf
        for _ in range(_TRIES):
            slack = self._room(t, sigma) if room is None else room
            if slack < _COARSE and not self._is_mirrored(t, place):
                sigma, place = self._polished(t, place)
                slack = self._room(t, sigma)
            level = sigma / (1 + slack)
            if level <= 2 * error:
                break
            beaten = self._beaten(t, level)
            if beaten is None:
                top = -math.log(level - error)
                break
            sigma, place = beaten
        # M falls from the boundary outward, whatever the level sets say.
        boundary = self._nodes.get(self.curves.start, (math.inf, 0.0))[0]
        self._nodes[t] = (min(top, boundary), place)
        d = t - self.curves.start
        if d > self.lower * (1 + self.tolerance() / 2) * sigma:
            self._climb(complex(self.curves.point(t, np.array([place]))[0]))

    def _beaten(self, t: float, level: float) -> tuple[float, float] | None:
        """Return σ_min and a place where it is below the level; None if nowhere."""
        if t > self.extent[1] and level <= t - self.extent[1]:
            return None
        self.level_sets += 1
        between = self.curves.between(self.A, t, level)
        if not len(between):
            return None
        found = self._best(t, between)
        return found if found[0] < level else None

    def _room(self, t: float, sigma: float) -> float:
        """Return by how much M may be overestimated, given σ_min so far."""
        allowed = self.lower * (1 + self.tolerance()) * sigma / (t - self.curves.start)
        return min(max(_SLACK * (allowed - 1), self.tolerance() / 8), 1.0)

    def _polished(self, t: float, place: float) -> tuple[float, float]:
        z = complex(self.curves.point(t, np.array([place]))[0])
        found = minimum(self.A, self.curves, z, along=True)
        return found.sigma, self.curves.locate(found.z)[1]

    def _is_mirrored(self, t: float, place: float) -> bool:
        """Whether σ_min is the same on both sides of a place, so stationary there."""
        z = complex(self.curves.point(t, np.array([place]))[0])
        return np.isrealobj(self.A) and abs(z.imag) <= 2.0**-50 * abs(z)

    def _climb(self, z: complex) -> None:
        """Raise `lower` to the local maximum near z, if that is higher."""
        found = minimum(self.A, self.curves, z)
        t, error = self._on(found.z)
        value = (t - self.curves.start) / (found.sigma + error)
        if value > self.lower:
            self.lower, self.z = value, found.z

    def _places_near(self, t: float) -> Vector:
        """Return the places of the maximum and of the nearest nodes."""
        near = heapq.nsmallest(2, self._nodes, key=lambda node: abs(node - t))
        places = [self._nodes[node][1] for node in near]
        best = [] if self.z == _INFINITY else [self.curves.locate(self.z)[1]]
        return np.array(places + best)

    def _nearest(self) -> Vector:
        gaps = self.curves.start - self.curves.level(self.values)
        return self.values[np.argsort(gaps)[:_NEAREST]]

    def _on(self, z: complex) -> tuple[float, float]:
        """Return the curve of z, and the rounding of σ_min there."""
        t, _ = self.curves.locate(z)
        return t, rounding(len(self.A), self.size + t)

    def _best(self, t: float, places: Vector) -> tuple[float, float]:
        """Return the least σ_min among places of a curve, and its place."""
        if np.isrealobj(self.A):
            places = np.abs(places)
        places = np.unique(places)
        sigmas = least_singular_of_few(self.A, self.curves.point(t, places))
        at = int(sigmas.argmin())
        return float(sigmas[at]), float(places[at])

    def _sigmas(self, points: Vector) -> Vector:
        if len(self.A) <= _SMALL:
            return least_singular_of_few(self.A, points)
        T = linalg.schur(self.A, output="complex")[0]
        return least_singular_values(T, points, tolerance=_GRID_TOLERANCE)[0]


def _tops(K: Array) -> list[tuple[int, int]]:
    """Return where K is not below any neighbour, the highest first."""
    padded = np.pad(K, 1, constant_values=-math.inf)
    shifts = [(i, j) for i in (0, 1, 2) for j in (0, 1, 2) if (i, j) != (1, 1)]
    rows, columns = K.shape
    around = np.max([padded[i : i + rows, j : j + columns] for i, j in shifts], axis=0)
    tops = np.argwhere(around <= K)
    order = np.argsort(-K[tuple(tops.T)], kind="stable")
    return [(int(i), int(j)) for i, j in tops[order]]
