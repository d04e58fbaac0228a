"""Cost of sweeps against units n, steps T and systems S as powers, and their memory.

A power is the slope of ln(seconds) on ln(size), by least squares over the sizes shown;
memory is the highest that Python and NumPy hold beyond the stored run, by tracemalloc.
Run by `make bench`; ``--keep`` keeps the result in analysis/kept for the paper.
"""

import argparse
import functools
import tracemalloc
from collections.abc import Callable, Mapping

import numpy as np
from threadpoolctl import threadpool_limits

from analysis.long_training import committed
from analysis.paths import KEPT
from analysis.store import save_table
from benchmarks.clock import Work, medians
from benchmarks.record import store_section, versions
from benchmarks.spectra import ENGINES, GAIN, exponents, tanh_orbit
from benchmarks.works import columns_of
from gradlab.cells import RNN
from gradlab.dynamics import Trajectory, run
from gradlab.linalg import log_singular_values

__all__ = ["main", "power"]

ROUNDS = 3
UNITS = {32: 4_000, 64: 1_500, 128: 400, 256: 128, 512: 64}  # and steps
STEPS = (1_000, 4_000, 16_000, 64_000)  # of n = 32
SYSTEMS = (256, 1_024, 4_096, 16_384)  # of n = 2, over 100 steps
LONG = {100: 10_000}  # units and steps for memory
PRODUCT = {64: 2_000}
COMMAND = "python -m benchmarks.scaling --keep"
ROW = ("against", "way", "size", "seconds")
Makers = Mapping[int, Callable[[str], Work]]


def main() -> None:
    """Print seconds by size, the powers they follow, and the memory of sweeps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep it for the paper")
    keep = parser.parse_args().keep
    commit = committed() if keep else ""
    rows, powers = [], []
    with threadpool_limits(1):
        for against, makers in (("n", units()), ("T", steps()), ("S", systems())):
            for way, engine in ENGINES.items():
                found = {size: make(engine) for size, make in makers.items()}
                times = seconds(found, per=UNITS if against == "n" else None)
                rows += [(against, way, size, t) for size, t in times.items()]
                powers.append((against, way, power(times)))
                print_times(against, way, times)
        peaks = memory()
    for name, peak, formed in peaks:
        print(f"{name:<44}{peak / 2**20:>8.1f} MiB; all n²T entries {formed:.0f} MiB")
    named = [dict(zip(ROW, row, strict=True)) for row in rows]
    named += [{"against": a, "way": w, "power": p} for a, w, p in powers]
    named += [{"work": n, "bytes": p, "formed_mib": f} for n, p, f in peaks]
    store_section("scaling", named)
    if keep:
        columns = columns_of(ROW, rows)
        columns |= columns_of(("power_against", "power_way", "power"), powers)
        columns |= columns_of(("memory_work", "bytes", "formed_mib"), peaks)
        about = {"command": COMMAND, "commit": commit, "libraries": versions()}
        save_table("scaling", columns, seed=[0, 1], parameters=about, folder=KEPT)


def units() -> Makers:
    """Return all exponents of tanh networks by their units."""
    return {n: functools.partial(spectrum, tanh_orbit(n, T)) for n, T in UNITS.items()}


def steps() -> Makers:
    """Return those of 32 units by their steps."""
    orbit = tanh_orbit(32, STEPS[-1])
    cut = {
        T: Trajectory(orbit.cell, orbit.states[: T + 1], orbit.inputs[:T])
        for T in STEPS
    }
    return {T: functools.partial(spectrum, some) for T, some in cut.items()}


def systems() -> Makers:
    """Return those of many networks of two units at once, by how many they are."""
    cell = RNN.random(2, 0, gain=GAIN, rng=1)
    found = {}
    for S in SYSTEMS:
        h = np.random.default_rng(0).normal(size=(S, 2))
        orbit = run(cell, h, np.zeros((100, S, 0)))
        found[S] = functools.partial(spectrum, orbit)
    return found


def spectrum(orbit: Trajectory, engine: str) -> Work:
    """Return the work of finding all exponents by an engine."""
    return exponents(orbit, engine=engine)


def seconds(
    works: Mapping[int, Work], per: Mapping[int, int] | None
) -> dict[int, float]:
    """Return the median CPU seconds of each size, of a step where `per` has steps."""
    found = medians({str(size): work for size, work in works.items()}, rounds=ROUNDS)
    return {size: found[str(size)] / (per[size] if per else 1) for size in works}


def power(times: Mapping[int, float]) -> float:
    """Return p of seconds ∝ size^p, by least squares in logarithms.

    >>> round(power({1: 2.0, 2: 16.0, 4: 128.0}), 12)
    3.0
    """
    x, y = np.log(list(times)), np.log(list(times.values()))
    return float(np.polyfit(x, y, 1)[0])


def print_times(against: str, way: str, times: Mapping[int, float]) -> None:
    """Print what sizes take, and the power."""
    each = ", ".join(f"{size:,}: {1e3 * t:.3g} ms" for size, t in times.items())
    print(f"{against}^{power(times):.2f}  {way:<22}{each}")


def memory() -> list[tuple[str, int, float]]:
    """Return works, their peaks in bytes, and the MiB of all their Jacobians formed."""
    found = []
    for n, T in LONG.items():
        orbit = tanh_orbit(n, T)
        for way, engine in ENGINES.items():
            work = exponents(orbit, engine=engine)
            found.append((f"exponents, n = {n}, {way}", peak(work), n * n * T / 2**17))
    for n, T in PRODUCT.items():
        scale = np.sqrt(n)

        def streamed(n: int = n, T: int = T, scale: float = scale) -> object:
            rng = np.random.default_rng(0)
            return log_singular_values(
                rng.normal(size=(n, n)) / scale for _ in range(T)
            )

        name = f"singular values of a stream, n = {n}"
        found.append((name, peak(streamed), n * n * T / 2**17))
    return found


def peak(work: Work) -> int:
    """Return the most bytes that are held beyond what was there; the second call's."""
    work()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    work()
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return highest - before


if __name__ == "__main__":
    main()
