"""Certified 2-norms beside plain ones: NumPy's norm, SVD, and singular values alone.

CPU time, one thread, interleaved, many calls at a time where matrices are small.
"""

import functools

import numpy as np

from benchmarks.claims import claims_on, print_claims
from benchmarks.clock import Work, medians
from benchmarks.works import Measured, Works, measure
from gradlab.verified import enclosed_norm

__all__ = ["main", "works"]

SIZES = (2, 3, 4, 16, 64, 256)
COMPLEX = (2, 4, 16)
ENTRIES = 2**20  # of all matrices that are taken at a time, n² + 500 of each


def main() -> None:
    """Print what an enclosure of a norm costs, and how narrow it is."""
    found = measure("norms", works())
    print_claims(found, claims_on(found))


def works() -> Works:
    """Return what is measured: its name, and a call for the seconds of a norm."""
    rng = np.random.default_rng(0)
    real = {f"norm, n = {n}": rng.standard_normal((n, n)) for n in SIZES}
    complex_ones = {
        f"norm, n = {n}, complex": rng.standard_normal((n, n, 2)) @ [1, 1j]
        for n in COMPLEX
    }
    return {
        name: functools.partial(norm, A) for name, A in (real | complex_ones).items()
    }


def norm(A: np.ndarray) -> Measured:
    """Return the seconds of each way to one norm."""
    times = ENTRIES // (A.size + 500)
    ways: dict[str, Work] = {
        "gradlab": lambda: enclosed_norm(A),
        "NumPy norm": lambda: np.linalg.norm(A, 2),
        "SVD": lambda: np.linalg.svd(A),
        "singular values": lambda: np.linalg.svd(A, compute_uv=False),
    }
    spent = medians({way: _repeated(work, times) for way, work in ways.items()})
    found = enclosed_norm(A)
    note = f"relatively {found.width / found.upper:.0e} wide"
    return Measured({way: seconds / times for way, seconds in spent.items()}, note)


def _repeated(work: Work, times: int) -> Work:
    def all_of_them() -> None:
        for _ in range(times):
            work()

    return all_of_them


if __name__ == "__main__":
    main()
