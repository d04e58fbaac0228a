"""Pseudospectra and Kreiss constants beside what is done elsewhere, point by point.

Grids of 200 × 200 points of Gaussian matrices.  The slow ways are timed on a sample of
points, spread over the grid, and extrapolated; CPU time, one thread, interleaved.

    SVD           σ_min by one SVD for each point, as pseudopy does;
    one by one    Schur form once, then inverse Lanczos at one point after the other
                  with LAPACK's triangular solves, the algorithm of EigTool;
    SVD grid      the maximum of (|z| − 1)/σ_min over a grid: a lower bound of K only.
"""

import math

import numpy as np
from scipy.linalg import schur
from scipy.linalg.lapack import ztrtrs
from threadpoolctl import threadpool_limits

from benchmarks.clock import Work, medians
from benchmarks.record import store_section
from gradlab.linalg import gaussian, kreiss_constant, pseudospectrum

__all__ = ["main"]

SIDE, SAMPLE, ROUNDS = 200, 100, 5
TOLERANCE, STEPS = 1e-3, 99
BOX = 1.5
FAR = 3.0  # radius of the grid for K


def main() -> None:
    """Print what a grid and a Kreiss constant cost, and how right they are."""
    print(f"{'task':<42}{'gradlab':>10}{'other':>10}{'ratio':>8}  error")
    rows = []
    with threadpool_limits(1):
        for n in (100, 200):
            for kind in ("real", "complex"):
                rows += print_grid(n, kind)
        rows += [print_kreiss(100, radius) for radius in (0.9, 0.95)]
    store_section("pseudospectra", rows)


def print_grid(n: int, kind: str) -> list[dict[str, object]]:
    """Print a grid beside SVDs, and beside inverse Lanczos one by one."""
    A = gaussian(n, gain=1.0, rng=0)
    if kind == "complex":
        A = (A + 1j * gaussian(n, gain=1.0, rng=1)) / math.sqrt(2)
    axis = np.linspace(-BOX, BOX, SIDE)
    every = SIDE**2 // SAMPLE
    z = (axis + 1j * axis[:, None]).ravel()[::every]
    window = (-BOX, BOX, -BOX, BOX)

    def grid() -> np.ndarray:
        found = pseudospectrum(A, window=window, points=SIDE, tolerance=TOLERANCE)
        return np.exp(found.log_sigma.ravel()[::every])

    exact = by_svd(A, z)
    ways: dict[str, Work] = {
        "SVD": lambda: by_svd(A, z),
        "one by one": lambda: one_by_one(A, z),
    }
    spent = medians({"gradlab": grid} | ways, rounds=ROUNDS)
    error = np.abs(grid() / exact - 1).max()
    return [
        print_row(
            f"grid {SIDE} × {SIDE}, n = {n}, {kind}: {name}",
            spent["gradlab"],
            spent[name] * every,
            f"{error:.0e}",
        )
        for name in ways
    ]


def print_kreiss(n: int, radius: float) -> dict[str, object]:
    """Print a Kreiss constant beside the maximum over a grid."""
    A = gaussian(n, gain=1.0, rng=0)
    A *= radius / np.abs(np.linalg.eigvals(A)).max()
    axis = np.linspace(-FAR, FAR, SIDE)
    z = (axis + 1j * axis[:, None]).ravel()
    every = SIDE**2 // SAMPLE
    ways = {
        "gradlab": lambda: kreiss_constant(A),
        "grid": lambda: by_svd(A, z[::every]),
    }
    spent = medians(ways, rounds=ROUNDS)
    found = kreiss_constant(A)
    # What such a grid finds, by the quicker way and then exactly where it is largest.
    logs = pseudospectrum(A, window=(-FAR, FAR, -FAR, FAR), points=SIDE).log_sigma
    outside = np.abs(z) > 1
    best = np.argsort((np.abs(z) - 1) * outside / np.exp(logs.ravel()))[-20:]
    most = ((np.abs(z[best]) - 1) / by_svd(A, z[best])).max()
    width = found.upper / found.lower - 1
    short = 1 - most / found.lower
    task = f"K of n = {n}, ρ = {radius}: SVD grid"
    error = f"{width:.0e}; the grid's {short:.0e}"
    return print_row(task, spent["gradlab"], spent["grid"] * every, error)


def print_row(task: str, ours: float, other: float, error: str) -> dict[str, object]:
    """Print a line of the table, and return it."""
    print(f"{task:<42}{ours:>8.2f} s{other:>8.1f} s{other / ours:>8.1f}  {error}")
    return {"work": task, "gradlab": ours, "other": other, "error": error}


def by_svd(A: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return σ_min(zI − A) by an SVD for each point."""
    eye = np.eye(len(A))
    return np.array([np.linalg.svd(z * eye - A, compute_uv=False)[-1] for z in points])


def one_by_one(A: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return σ_min(zI − A) by inverse Lanczos on the Schur form, for each point."""
    T = schur(A, output="complex")[0]
    rng = np.random.default_rng(0)
    start = rng.standard_normal(len(A)) + 1j * rng.standard_normal(len(A))
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
        if abs(last / sigma - 1) < TOLERANCE:
            break
        old, q, last = q, v / beta, sigma
    return sigma


if __name__ == "__main__":
    main()
