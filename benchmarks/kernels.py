"""CPU time of each kernel beside plain NumPy, interleaved; the median of five rounds.

Run by `make bench`.  Rounds alternate, so that other work on the machine falls on both
alike; read the ratio, which varies by a tenth, rather than the times, which vary more.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from gradlab.cells import RNN
from gradlab.dynamics import run
from gradlab.exponents import lyapunov_spectrum
from gradlab.linalg import log_singular_values

__all__ = ["cases", "main", "measured"]

Work = Callable[[], object]
ROUNDS = 5


def main() -> None:
    """Print a line for each kernel."""
    print(f"{'kernel':<44}{'gradlab':>10}{'NumPy':>10}{'ratio':>8}")
    with threadpool_limits(1):
        for name, ours, plain in cases():
            a, b = measured(ours, plain)
            print(f"{name:<44}{a:>8.3f} s{b:>8.3f} s{a / b:>8.2f}")


def cases() -> Iterator[tuple[str, Work, Work]]:
    """Yield the name of a kernel, the kernel, and the same task in plain NumPy."""
    rng = np.random.default_rng(0)
    for n, T in ((2, 20_000), (32, 2_000), (100, 400)):
        factors = rng.normal(size=(T, n, n)) / np.sqrt(n)
        yield (
            f"log_singular_values, {T} factors of {n} × {n}",
            lambda factors=factors: log_singular_values(factors),
            lambda factors=factors: _qr_exponents(factors),
        )
    for n, T in ((32, 2_000), (100, 400)):
        cell = RNN.random(n, 0, gain=2.0, rng=1)
        orbit = run(cell, rng.normal(size=n), np.zeros((T, 0)))
        factors = orbit.chain.factors()
        yield (
            f"lyapunov_spectrum, {T} steps of {n} units",
            lambda orbit=orbit: lyapunov_spectrum(orbit),
            lambda factors=factors: _qr_exponents(factors),
        )


def measured(ours: Work, plain: Work, *, rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the median CPU seconds of both, after one run of each to warm up."""
    ours(), plain()
    pairs = [(_seconds(ours), _seconds(plain)) for _ in range(rounds)]
    first, second = zip(*pairs, strict=True)
    return statistics.median(first), statistics.median(second)


def _seconds(work: Work) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _qr_exponents(factors: np.ndarray) -> np.ndarray:
    """Return sums of ln|r_ii| of the textbook's recursion: a QR at every step.

    It gives exponents, not singular values, and loses the small ones of uneven factors;
    it is what most programs do, and a bound on what the same work costs in NumPy.
    """
    Q, total = np.eye(factors.shape[1]), np.zeros(factors.shape[1])
    for J in factors:
        Q, R = np.linalg.qr(J @ Q)
        total += np.log(np.abs(np.diag(R)))
    return total


if __name__ == "__main__":
    main()
