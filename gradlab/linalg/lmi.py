"""Linear matrix inequalities: P with A_iᵀ P A_i ⪯ γ² P for all i, and γ nearly least.

Then ‖x‖² = xᵀPx is a norm in which no A_i is above γ.  For the set {D W}, D diagonal
with slopes in [l, h], the S-procedure gives one inequality of size 2n instead of one
for each of 2ⁿ vertices: with Λ ≥ 0 diagonal,

    [ γ² P + l h WᵀΛW   −(l + h)/2 WᵀΛ ]
    [ −(l + h)/2 ΛW          Λ − P     ]  ⪰ 0

says that ‖y‖ ≤ γ‖x‖ wherever (y − l z)_i (y − h z)_i ≤ 0 for all i, z = Wx
[boyd1994linear, Sec. 5.1].

A solver in float64 proves nothing: what is found here is a proposal, and
`gradlab.linalg._frames` bounds the norm that it really gives.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import clarabel
import numpy as np
from scipy import linalg, sparse

from gradlab.typing import Array, Factors, Matrix, Vector

__all__ = ["common_form", "growth", "sector_forms"]

Solve = Callable[[float], Any]

_SOLVED = ("Solved", "AlmostSolved")
_SLACK = 1e-6  # a form that misses its γ by less is one for that γ


def common_form(matrices: Factors, *, least: float, rtol: float = 1e-3) -> Matrix:
    """Return P ≻ 0 with A_iᵀPA_i ⪯ γ²P for real A_i, γ within `rtol` of the least.

    Parameters
    ----------
    matrices : (m, n, n) array
        Real, near 1 in size.
    least : float
        γ is known not to be below: a lower bound of the joint spectral radius.

    Examples
    --------
    >>> P = common_form(np.array([[[0.5, 4.0], [0.0, -0.5]]]), least=0.5)
    >>> float(growth(P, np.array([[0.5, 4.0], [0.0, -0.5]]))) < 0.5 * 1.002
    True
    """
    n = matrices.shape[-1]
    units = _symmetric_units(n)
    images = [A.T @ units @ A for A in matrices]

    def solve(gamma: float) -> Matrix | None:
        blocks = [(np.zeros((n, n)), gamma**2 * units - image) for image in images]
        # Of all forms ⪰ I the one with the least trace: it is well scaled.
        blocks.append((-np.eye(n), units))
        found = _minimised(np.einsum("kii->k", units), blocks)
        return None if found is None else np.tensordot(found, units, 1)

    return _nearly_least(solve, matrices, least, rtol)


def sector_forms(
    W: Matrix, slopes: tuple[float, float], *, least: float, rtol: float = 1e-3
) -> Iterator[tuple[float, Matrix, Vector]]:
    """Yield γ, P and the diagonal of Λ for the inequality above, γ falling.

    Examples
    --------
    The norm of W is 2, and no sequence of slopes grows faster than 1 per step:

    >>> *_, last = sector_forms(np.array([[0.0, 2.0], [0.5, 0.0]]), (0, 1), least=0.5)
    >>> abs(last[0] - 1) < 2e-3
    True
    """
    n, units = len(W), _symmetric_units(len(W))
    sectors, nothing = _sectors(W, slopes), np.zeros((n, n))
    cost = np.concatenate([np.einsum("kii->k", units), np.zeros(n)])
    bottom, top = least, max(map(abs, slopes)) * float(np.linalg.norm(W, 2))
    while top > bottom * (1 + rtol):
        gamma = math.sqrt(bottom * top)
        forms = [np.block([[gamma**2 * E, nothing], [nothing, -E]]) for E in units]
        blocks = [
            (np.zeros((2 * n, 2 * n)), np.concatenate([forms, sectors])),
            (-np.eye(n), np.concatenate([units, np.zeros((n, n, n))])),
        ]
        found = _minimised(cost, blocks)
        if found is None:
            bottom = gamma
        else:
            top = gamma
            yield gamma, np.tensordot(found[:-n], units, 1), found[-n:]


def growth(P: Matrix, A: Array) -> Any:
    """Return an estimate of the largest ‖Ax‖/‖x‖, ‖x‖² = xᵀPx; inf if P is no form."""
    try:
        R = linalg.cholesky(P)
    except linalg.LinAlgError:
        return math.inf
    moved = np.linalg.solve(R.T, np.swapaxes(R @ A, -1, -2))
    return np.linalg.norm(moved, 2, axis=(-2, -1)).max()


def _nearly_least(solve: Solve, matrices: Factors, least: float, rtol: float) -> Matrix:
    """Return the best form met while the interval of γ is halved, geometrically."""
    best = np.eye(matrices.shape[-1])
    bottom, top = least, float(growth(best, matrices))
    while top > bottom * (1 + rtol):
        gamma = math.sqrt(bottom * top)
        P = solve(gamma)
        reached = math.inf if P is None else float(growth(P, matrices))
        if reached < top:
            best, top = P, reached
        if not reached <= gamma * (1 + _SLACK):
            bottom = gamma
    return best


def _minimised(cost: Vector, blocks: list[tuple[Matrix, Array]]) -> Vector | None:
    """Return x of the least costᵀx with F_0 + Σ x_k F_k ⪰ 0 for each block (F_0, F).

    None where no x is found.
    """
    rows = [-_half(F).T for _, F in blocks]
    right = [_half(F_0) for F_0, _ in blocks]
    cones = [clarabel.PSDTriangleConeT(len(F_0)) for F_0, _ in blocks]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix((len(cost), len(cost))),
        cost,
        sparse.csc_matrix(np.concatenate(rows)),
        np.concatenate(right),
        cones,
        settings,
    )
    solution = solver.solve()
    x = np.asarray(solution.x)
    solved = str(solution.status) in _SOLVED and bool(np.isfinite(x).all())
    return x if solved else None


def _sectors(W: Matrix, slopes: tuple[float, float]) -> Array:
    """Return (y − l z)_i (y − h z)_i, z = Wx, as a form in (x, y) for every i."""
    low, high = slopes
    n = len(W)
    forms = np.zeros((n, 2 * n, 2 * n))
    forms[:, :n, :n] = low * high * W[:, :, None] * W[:, None, :]
    at = np.arange(n)
    forms[at, :n, n + at] = forms[at, n + at, :n] = -(low + high) / 2 * W
    forms[at, n + at, n + at] = 1.0
    return forms


def _half(F: Array) -> Array:
    """Return symmetric matrices as vectors of the same length: √2 off the diagonal."""
    rows, columns = np.tril_indices(F.shape[-1])
    return F[..., rows, columns] * np.where(rows == columns, 1.0, math.sqrt(2))


def _symmetric_units(n: int) -> Array:
    """Return the n(n + 1)/2 matrices E_ij + E_ji, and E_ii."""
    rows, columns = np.tril_indices(n)
    units = np.zeros((len(rows), n, n))
    at = np.arange(len(rows))
    units[at, rows, columns] = units[at, columns, rows] = 1.0
    return units
