"""The invariant polytope of a word: grown from its leading eigenvector until it closes.

With r = ρ(A_w)^(1/|w|), the vectors that w carries its leading eigenvector through are
vertices; so is every image A_i v / r that is not in the hull of the vertices so far.
If that ends, no A_i leads out of the polytope and ρ{A_i} = r, w being a spectrum
maximising word; if w is one, and no other word has its rate, it does end
[guglielmi2013exact].  Hulls are symmetric: real ones hold −v with v, complex ones all
e^{iφ} v [guglielmi2005complex], and those of matrices ≥ 0 all that is below v.  What is
proved of the polytope does not depend on how it was found:
`gradlab.linalg._polytope_norm` bounds every A_i in its norm.

A word is not one as soon as an image z has |yᴴz| > 1 for the leading left eigenvector y
that belongs to a vertex x, yᴴx = 1: then longer words of more w's around z grow faster.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy import linalg

from gradlab.linalg._least_costs import least_costs
from gradlab.linalg._polytope_norm import cone_norm_above, polytope_norm_above
from gradlab.linalg.arithmetic import ETA
from gradlab.typing import Factors, Matrix

__all__ = ["Polytope", "invariant_polytope"]

_EXTRA = 2.0**-6  # size of what is added so that the hull is not flat
_FLAT = 2.0**-26
_REAL = 1e-9
_FASTER = 1e-7
_AT_ONCE = 4  # of so many images outside, one is taken in before looking again


@final
@dataclass(frozen=True, eq=False)
class Polytope:
    """A polytope and what it proves.

    Attributes
    ----------
    vertices : (n, N) array
        With their multiples of modulus 1, or on the cone with all that is below them.
    upper : float
        ≥ the joint spectral radius.
    closed : bool
        Whether no image was left outside, up to the tolerance.
    refuted : bool
        Whether another word grows faster; the search ended there, and bounds nothing.
    """

    vertices: Matrix
    upper: float
    closed: bool = False
    refuted: bool = False


def invariant_polytope(
    S: Factors,
    word: tuple[int, ...],
    rate: float,
    *,
    tolerance: float,
    most: int,
    within: float = ETA,
) -> Polytope:
    """Return the polytope of a word with ρ(A_w) = rate^|w|.

    Parameters
    ----------
    S : (m, n, n) array
    tolerance : float
        Images beyond the polytope by less are taken for inside.
    most : int
        Vertices; a polytope that has them and is not closed bounds ρ all the same.
    within : float
        S gives the matrices up to so much an entry.

    Examples
    --------
    >>> pair = np.array([[[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
    >>> golden = (1 + 5**0.5) / 2
    >>> found = invariant_polytope(pair, (0, 1), golden, tolerance=1e-12, most=50)
    >>> found.vertices.shape, golden <= found.upper < golden + 1e-14
    ((2, 2), True)
    """
    matrices = S / rate
    orbit, duals = _orbit(matrices, word)
    cone = bool((S >= 0).all())
    hull = _Hull(np.abs(orbit) if cone else orbit, cone=cone)
    fresh = hull.vertices
    while fresh.shape[1] and hull.count < most:
        images = (matrices @ fresh).transpose(1, 0, 2).reshape(len(fresh), -1)
        if _is_faster(duals, images):
            return Polytope(hull.columns, np.inf, refuted=True)
        fresh = hull.extended(images, tolerance, most)
    return Polytope(hull.columns, hull.norm_above(S, within), not fresh.shape[1])


def _is_faster(duals: Matrix, images: Matrix) -> bool:
    with np.errstate(all="ignore"):
        return not np.abs(duals.conj().T @ images).max() <= 1 + _FASTER


def _orbit(matrices: Factors, word: tuple[int, ...]) -> tuple[Matrix, Matrix]:
    """Return what a word carries its leading eigenvector through, and the duals.

    One column a letter.  They are complex where the leading eigenvalue is, and then the
    polytope is one of C^n.
    """
    product = np.eye(matrices.shape[-1])
    for letter in word:
        product = matrices[letter] @ product
    found: Any = linalg.eig(product, left=True, right=True)
    values, left, right = found
    at = int(np.abs(values).argmax())
    x, y = right[:, at], left[:, at]
    if abs(values[at].imag) <= _REAL * abs(values[at]):
        x, y = x.real, y.real
    columns = [x]
    for letter in word[:-1]:
        columns.append(matrices[letter] @ columns[-1])
    with np.errstate(all="ignore"):  # a defective eigenvalue has no such dual
        duals = [y / np.vdot(y, x).conj()]
        for letter in word[:0:-1]:
            duals.append(matrices[letter].T @ duals[-1])
    return np.stack(columns, axis=1), np.stack(duals, axis=1)


class _Hull:
    """The hull of vertices: symmetric, or on the cone of vectors ≥ 0."""

    def __init__(self, start: Matrix, *, cone: bool) -> None:
        self.vertices, self.cone = start, cone
        extras = _EXTRA * np.abs(start).max() * self._missing()
        self.vertices = np.concatenate([start, extras], axis=1)

    def _missing(self) -> Matrix:
        """Return directions of unit size in which the hull is flat."""
        V = self.columns
        if self.cone:
            flat = (V.sum(axis=1) <= _FLAT * V.max()).any()
            return np.ones((len(V), int(flat)))
        U, s, _ = np.linalg.svd(V)
        return U[:, int((s > _FLAT * s[0]).sum()) :]

    @property
    def count(self) -> int:
        """The number of vertices."""
        return self.vertices.shape[1]

    @property
    def columns(self) -> Matrix:
        """The vertices, and with complex ones their conjugates."""
        V = self.vertices
        return np.concatenate([V, V.conj()], axis=1) if np.iscomplexobj(V) else V

    def coefficients(self, X: Matrix) -> Matrix:
        """Return C with X = V C, or X ≤ V C on a cone, at nearly the least Σ|C|."""
        V = self.columns
        N = V.shape[1]
        if not self.cone:
            basis = linalg.qr(V, mode="r", pivoting=True)[1][: len(V)]
            bases = np.tile(basis, (X.shape[1], 1))
            return least_costs(V, np.ones(N), X, bases)
        middle = V.mean(axis=1, keepdims=True)
        W = np.concatenate([V, -np.eye(len(V)), middle], axis=1)
        costs = np.concatenate([np.ones(N), np.zeros(len(V)), np.ones(1)])
        # Enough of the middle for every coordinate; the tightest has no slack.
        bases = np.tile(np.arange(N, N + len(V)), (X.shape[1], 1))
        tightest = (X / middle).argmax(axis=0)
        bases[np.arange(X.shape[1]), tightest] = N + len(V)
        C = least_costs(W, costs, X, bases, signed=False)
        return C[:N] + C[-1] / N

    def extended(self, images: Matrix, tolerance: float, most: int) -> Matrix:
        """Take in the images outside, the farthest first; return those taken in."""
        before = self.count
        while images.shape[1] and self.count < most:
            sizes = np.abs(self.coefficients(images)).sum(axis=0)
            outside = sizes > 1 + tolerance
            if not outside.any():
                break
            count = min(-(-int(outside.sum()) // _AT_ONCE), most - self.count)
            farthest = np.argsort(-sizes, kind="stable")[:count]
            self.vertices = np.concatenate([self.vertices, images[:, farthest]], axis=1)
            outside[farthest] = False
            images = images[:, outside]
        return self.vertices[:, before:]

    def norm_above(self, S: Factors, within: float) -> float:
        """Return a float64 ≥ the norm of every matrix."""
        V = self.columns
        images = (S @ V).transpose(1, 0, 2).reshape(len(V), -1)
        found = self.coefficients(images).reshape(V.shape[1], len(S), V.shape[1])
        C = np.ascontiguousarray(found.transpose(1, 0, 2))
        if self.cone:
            return cone_norm_above(S, V, np.maximum(C, 0.0), within=within)
        return polytope_norm_above(S, V, C, within=within)
