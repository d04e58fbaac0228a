"""Joint spectral radii to 1e-3 beside the loops that are published, word by word.

CPU time, one thread, interleaved.  What the others find is not rounded outward.

    brute force   all words of growing length: ρ^(1/k) below, ‖·‖^(1/k) above;
    Gripenberg    branch and bound, one word after the other, to the same width.

Both end at a number of words where they would not for hours: their brackets, whose
widths are printed, are then wider than asked, and their times are lower bounds.  Words
of two letters of the golden pair have norms as small as their radii: there loops end
sooner than a bracket that is proved and rounded outward.
"""

import functools
import itertools

import numpy as np

from benchmarks.claims import claims_on, print_claims
from benchmarks.clock import Work, medians
from benchmarks.works import Measured, Works, measure
from gradlab.linalg import joint_spectral_radius, slope_radius

__all__ = ["main", "works"]

RTOL = 1e-3
LONGEST = 12  # of brute force: 2^13 products of a pair, and twice the time a letter
MOST = 4000  # words of Gripenberg's, which never ends where two rates are too near
Bracket = tuple[float, float]

GOLDEN = np.array([[[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
GRIPENBERG = np.array([[[3, 0], [1, 3]], [[3, -3], [0, -1]]]) / 5


def main() -> None:
    """Print what brackets cost, and how narrow they are."""
    found = measure("joint", works())
    print_claims(found, claims_on(found))


def works() -> Works:
    """Return what is measured: its name, and a call for the seconds of a bracket."""
    sets = {
        "golden pair": GOLDEN,
        "Gripenberg's pair": GRIPENBERG,
        "Gaussian pair, n = 4": np.random.default_rng(0).standard_normal((2, 4, 4)),
    }
    return {
        **{name: functools.partial(pair, A) for name, A in sets.items()},
        **{
            f"all slopes, n = {n}": functools.partial(slopes, n) for n in (4, 8, 16, 64)
        },
    }


def pair(A: np.ndarray) -> Measured:
    """Return the seconds of each way to a bracket of width 1e-3."""
    ways: dict[str, Work] = {
        "gradlab": lambda: joint_spectral_radius(A, rtol=RTOL),
        "brute force": lambda: brute(A),
        "Gripenberg": lambda: gripenberg(A),
    }
    spent, found = medians(ways), joint_spectral_radius(A, rtol=RTOL)
    brackets = ((found.lower, found.upper), brute(A), gripenberg(A))
    widths = (f"{max(high / low - 1, 0.0):.0e}" for low, high in brackets)
    return Measured(spent, f"widths {', '.join(widths)}")


def slopes(n: int) -> Measured:
    """Return what all slopes in [0, 1] cost for Gaussian weights of gain 1."""
    W = np.random.default_rng(1).standard_normal((n, n)) / np.sqrt(n)
    spent, found = medians({"gradlab": lambda: slope_radius(W)}), slope_radius(W)
    norm = np.linalg.norm(W, 2)
    return Measured(spent, f"[{found.lower:.3f}, {found.upper:.3f}], ‖W‖ = {norm:.3f}")


def brute(A: np.ndarray) -> Bracket:
    """Return the bracket of all words, as long as it takes and is allowed to take."""
    low, high, products = 0.0, np.inf, list(A)
    for length in range(1, LONGEST + 1):
        radii = [np.abs(np.linalg.eigvals(P)).max() for P in products]
        norms = [np.linalg.norm(P, 2) for P in products]
        low = max(low, max(radii) ** (1 / length))
        high = min(high, max(norms) ** (1 / length))
        if high <= low * (1 + RTOL):
            break
        products = [M @ P for P in products for M in A]
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
