"""Joint spectral radii to 1e-3 beside the loops that are published, word by word.

CPU time, one thread, interleaved.  What the others find is not rounded outward, and the
width that each reaches stands beside its time.

    brute force   all words up to a length: ρ^(1/k) below, ‖·‖^(1/k) above;
    Gripenberg    branch and bound, one word after the other, to the same width.
"""

import itertools
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.clock import medians
from benchmarks.record import store_section
from gradlab.linalg import joint_spectral_radius, slope_radius

__all__ = ["main"]

RTOL = 1e-3
LONGEST = 10  # of brute force: 2^11 products
MOST = 4000  # words of Gripenberg's, which never ends where two rates are too near
Bracket = tuple[float, float]

GOLDEN = np.array([[[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
GRIPENBERG = np.array([[[3, 0], [1, 3]], [[3, -3], [0, -1]]]) / 5


def main() -> None:
    """Print what brackets cost, and how narrow they are."""
    rng = np.random.default_rng(0)
    sets = {
        "golden pair": GOLDEN,
        "Gripenberg's pair": GRIPENBERG,
        "Gaussian pair, n = 4": rng.standard_normal((2, 4, 4)),
    }
    print(f"{'task':<44}{'gradlab':>10}{'other':>11}{'ratio':>9}  widths")
    rows = []
    with threadpool_limits(1):
        for name, matrices in sets.items():
            for way, others in (("brute force", brute), ("Gripenberg", gripenberg)):
                rows.append(print_pair(f"{name}: {way}", matrices, others))
        rows += [print_slopes(n) for n in (4, 8, 16, 64)]
    store_section("joint", rows)


def print_pair(
    task: str, A: np.ndarray, way: Callable[[np.ndarray], Bracket]
) -> dict[str, object]:
    """Print one bracket beside another; return the row."""

    def ours() -> object:
        return joint_spectral_radius(A, rtol=RTOL)

    mine, other = medians({"gradlab": ours, "other": lambda: way(A)}).values()
    found, (low, high) = joint_spectral_radius(A, rtol=RTOL), way(A)
    widths = f"{found.upper / found.lower - 1:.0e}, {high / low - 1:.0e}"
    times = f"{1e3 * mine:>7.2f} ms{1e3 * other:>8.1f} ms{other / mine:>9.1f}"
    print(f"{task:<44}{times}  {widths}")
    return {"work": task, "gradlab": mine, "other": other, "widths": widths}


def print_slopes(n: int) -> dict[str, object]:
    """Print what all slopes in [0, 1] cost for Gaussian weights of gain 1."""
    W = np.random.default_rng(1).standard_normal((n, n)) / np.sqrt(n)
    (mine,) = medians({"gradlab": lambda: slope_radius(W)}).values()
    found = slope_radius(W)
    norm = np.linalg.norm(W, 2)
    bracket = f"[{found.lower:.3f}, {found.upper:.3f}], ‖W‖ = {norm:.3f}"
    print(f"{f'all slopes, n = {n}':<44}{1e3 * mine:>7.0f} ms  {bracket}")
    return {"work": f"all slopes, n = {n}", "gradlab": mine, "bracket": bracket}


def brute(A: np.ndarray) -> Bracket:
    """Return the bracket of all words up to a length."""
    low, high = 0.0, np.inf
    for length in range(1, LONGEST + 1):
        top = 0.0
        for word in itertools.product(A, repeat=length):
            product = word[0]
            for factor in word[1:]:
                product = factor @ product
            radius = np.abs(np.linalg.eigvals(product)).max()
            low = max(low, radius ** (1 / length))
            top = max(top, np.linalg.norm(product, 2) ** (1 / length))
        high = min(high, top)
    return low, high


def gripenberg(A: np.ndarray) -> Bracket:
    """Return the bracket of the branch and bound, one word after the other."""
    low = max(np.abs(np.linalg.eigvals(M)).max() for M in A)
    words = [(M, np.linalg.norm(M, 2)) for M in A]
    high = max(rate for _, rate in words)
    met = len(words)
    for length in itertools.count(2):
        words = [
            (M @ P, min(rate, np.linalg.norm(M @ P, 2) ** (1 / length)))
            for P, rate in words
            if rate > low * (1 + RTOL)
            for M in A
        ]
        met += len(words)
        if not words or met > MOST:
            return low, min(high, low * (1 + RTOL)) if not words else high
        radii = [np.abs(np.linalg.eigvals(P)).max() ** (1 / length) for P, _ in words]
        low = max(low, *radii)
        high = min(high, max(low * (1 + RTOL), *(rate for _, rate in words)))
    return low, high


if __name__ == "__main__":
    main()
