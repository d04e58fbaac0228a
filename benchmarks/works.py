"""Works of a benchmark one after the other: the times of each way, printed and kept."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from threadpoolctl import threadpool_limits

from benchmarks.record import store_section

__all__ = ["Found", "Measured", "Works", "columns_of", "measure", "rows_of"]

Found = dict[str, dict[str, float]]  # work: way: seconds


class Measured(NamedTuple):
    """Seconds by way, ours first, and in words how right what was found is."""

    seconds: dict[str, float]
    note: str = ""


Works = Mapping[str, Callable[[], Measured]]


def measure(section: str, works: Works) -> Found:
    """Return the seconds of every work by way, once they are printed and stored."""
    found: Found = {}
    rows = []
    with threadpool_limits(1):
        for work, call in works.items():
            measured = call()
            found[work] = measured.seconds
            _print(work, measured)
            rows += [{"work": work, "note": measured.note, "seconds": found[work]}]
    store_section(section, rows)
    return found


def rows_of(found: Found) -> list[tuple[str, str, float]]:
    """Return work, way and seconds, line by line."""
    return [(w, way, s) for w, ways in found.items() for way, s in ways.items()]


def columns_of(names: Sequence[str], rows: Iterable[tuple]) -> dict[str, list]:
    """Return rows as columns by name."""
    rows = list(rows)
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _print(work: str, measured: Measured) -> None:
    """Print what each way takes, and how many times as long as the first."""
    print(f"{work}: {measured.note}" if measured.note else work)
    first = next(iter(measured.seconds.values()))
    for way, seconds in measured.seconds.items():
        print(f"  {way:<24}{_written(seconds):>12}{seconds / first:>10.2f}")
    sys.stdout.flush()


def _written(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{1e6 * seconds:.2f} µs"
