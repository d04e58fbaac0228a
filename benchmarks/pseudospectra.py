"""Pseudospectra and Kreiss constants beside what is done elsewhere, point by point.

Grids of 200 × 200 points of Gaussian matrices.  The slow ways are timed on a sample of
points, spread over the grid, and extrapolated; CPU time, one thread, interleaved.

    SVD             σ_min by one SVD for each point, as pseudopy does;
    EigTool's way   Schur form once, then inverse Lanczos at one point after the other
                    with LAPACK's triangular solves;
    SVD grid        the maximum of (|z| − 1)/σ_min over a grid: a lower bound of K only.

For complex matrices a sixth of EigTool's time is hardly to be had: its triangles stay
in the cache, and the products of matrices into which all points' solves are put
together are a seventh of it by themselves.  Diagonal blocks, inner products and Ritz
values are no such products.  Real matrices need half of the plane.
"""

import functools
import math

import numpy as np
from scipy.linalg import schur
from scipy.linalg.lapack import ztrtrs

from benchmarks.claims import claims_on, print_claims
from benchmarks.clock import Work, medians
from benchmarks.works import Measured, Works, measure
from gradlab.linalg import gaussian, kreiss_constant, pseudospectrum

__all__ = ["main", "works"]

SIDE, SAMPLE, ROUNDS = 200, 100, 5
TOLERANCE = 1e-3  # of the residual, not of σ, which is right to 1e-5
STAGNANT, STEPS = 1e-5, 99  # change of σ from step to step, for errors no larger
BOX = 1.5
RADII, UNITS, RTOL = (0.9, 0.95), 100, 1e-6  # of K
FAR = 3.0  # radius of the grid for K


def main() -> None:
    """Print what a grid and a Kreiss constant cost, and how right they are."""
    found = measure("pseudospectra", works())
    print_claims(found, claims_on(found))


def works() -> Works:
    """Return what is measured: its name, and a call for the seconds of all points."""
    grids = {
        f"grid, n = {n}, {kind}": functools.partial(grid, n, kind)
        for n in (100, 200)
        for kind in ("real", "complex")
    }
    constants = {
        f"Kreiss constant, ρ = {radius}": functools.partial(constant, radius)
        for radius in RADII
    }
    return {**grids, **constants}


def grid(n: int, kind: str) -> Measured:
    """Return the seconds of a grid, of SVDs, and of inverse Lanczos one by one."""
    A = gaussian(n, gain=1.0, rng=0)
    if kind == "complex":
        A = (A + 1j * gaussian(n, gain=1.0, rng=1)) / math.sqrt(2)
    some, T = sampled(), schur_form(A)
    z = points_of(BOX)[some]
    window = (-BOX, BOX, -BOX, BOX)

    def ours() -> np.ndarray:
        found = pseudospectrum(A, window=window, points=SIDE, tolerance=TOLERANCE)
        return np.exp(found.log_sigma.ravel()[some])

    ways: dict[str, Work] = {
        "gradlab": ours,
        "SVD": lambda: by_svd(A, z),
        "EigTool's way": lambda: one_by_one(T, z),
        "Schur form": lambda: schur_form(A),
    }
    spent = medians(ways, rounds=ROUNDS)
    once = spent.pop("Schur form")
    for way in ("SVD", "EigTool's way"):
        spent[way] *= SIDE**2 / SAMPLE
    spent["EigTool's way"] += once
    exact = by_svd(A, z)
    errors = (np.abs(found / exact - 1).max() for found in (ours(), one_by_one(T, z)))
    return Measured(spent, "σ to {:.0e}, EigTool's way to {:.0e}".format(*errors))


def constant(radius: float) -> Measured:
    """Return the seconds of K to 1e-6, and of (|z| − 1)/σ_min on a grid."""
    A = gaussian(UNITS, gain=1.0, rng=0)
    A *= radius / np.abs(np.linalg.eigvals(A)).max()
    z = points_of(FAR)
    ways: dict[str, Work] = {
        "gradlab": lambda: kreiss_constant(A, rtol=RTOL),
        "SVD grid": lambda: by_svd(A, z[sampled()]),
    }
    spent = medians(ways, rounds=ROUNDS)
    spent["SVD grid"] *= SIDE**2 / SAMPLE
    found = kreiss_constant(A, rtol=RTOL)
    # What such a grid finds, by the quicker way and then exactly where it is largest.
    logs = pseudospectrum(A, window=(-FAR, FAR, -FAR, FAR), points=SIDE).log_sigma
    outside = np.abs(z) > 1
    best = np.argsort((np.abs(z) - 1) * outside / np.exp(logs.ravel()))[-20:]
    most = ((np.abs(z[best]) - 1) / by_svd(A, z[best])).max()
    width, short = found.upper / found.lower - 1, 1 - most / found.lower
    note = f"n = {UNITS}, bracket {width:.0e} wide; the grid is {short:.0e} too low"
    return Measured(spent, note)


def points_of(half: float) -> np.ndarray:
    """Return the points of a square grid about 0 of that half side, row by row."""
    axis = np.linspace(-half, half, SIDE)
    return (axis + 1j * axis[:, None]).ravel()


def sampled() -> np.ndarray:
    """Return the places of some points of a grid, in many rows and many columns."""
    return np.linspace(0, SIDE**2 - 1, SAMPLE).round().astype(int)


def by_svd(A: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return σ_min(zI − A) by an SVD for each point."""
    eye = np.eye(len(A))
    return np.array([np.linalg.svd(z * eye - A, compute_uv=False)[-1] for z in points])


def schur_form(A: np.ndarray) -> np.ndarray:
    """Return the complex triangle that A is like."""
    return schur(A, output="complex")[0]


def one_by_one(T: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return σ_min(zI − T) by inverse Lanczos on a triangle, for each point."""
    rng = np.random.default_rng(0)
    start = rng.standard_normal(len(T)) + 1j * rng.standard_normal(len(T))
    start /= np.linalg.norm(start)
    shifted = np.asfortranarray(-T)
    found = np.empty(len(points))
    for k, z in enumerate(points):
        np.fill_diagonal(shifted, z - T.diagonal())
        found[k] = _inverse_lanczos(shifted, start)
    return found


def _inverse_lanczos(R: np.ndarray, q: np.ndarray) -> float:
    H = np.zeros((STEPS + 1, STEPS + 1))
    old, beta, last = np.zeros_like(q), 0.0, math.inf
    for k in range(STEPS):
        v = ztrtrs(R, ztrtrs(R, q, trans=2)[0])[0] - beta * old
        H[k, k] = np.vdot(q, v).real
        v -= H[k, k] * q
        beta = float(np.linalg.norm(v))
        H[k + 1, k] = H[k, k + 1] = beta
        sigma = 1 / math.sqrt(np.linalg.eigvalsh(H[: k + 1, : k + 1])[-1])
        if abs(last / sigma - 1) < STAGNANT:
            break
        old, q, last = q, v / beta, sigma
    return sigma


if __name__ == "__main__":
    main()
