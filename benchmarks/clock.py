"""CPU seconds of several works, interleaved: the median over rounds.

Rounds alternate, A B C A B C …, so that other work on the machine falls on all alike;
read the ratios, which vary by a tenth, rather than the times, which vary more.
"""

import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["Work", "medians", "seconds"]

Work = Callable[[], object]


def medians(works: Mapping[str, Work], *, rounds: int = 5) -> dict[str, float]:
    """Return the median CPU seconds of each work, after one round that is not counted.

    The first round compiles and fills caches.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(seconds(work))
    return {name: statistics.median(column) for name, column in found.items()}


def seconds(work: Work) -> float:
    """Return the CPU seconds of one call, all threads together."""
    begin = time.process_time()
    work()
    return time.process_time() - begin
