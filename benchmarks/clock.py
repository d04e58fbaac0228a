"""CPU seconds of several works, interleaved: the median over rounds.

Rounds alternate, A B C A B C …, so that other work on the machine falls on all alike;
read the ratios, which vary by a tenth, rather than the times, which vary more.  Quick
works are called twice in a row and the second call counts: after another library's
turn the first one pays for bringing back its memory, which may cost more than the work
itself and falls on those that use much of it.
"""

import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["Work", "medians", "seconds"]

Work = Callable[[], object]

_QUICK = 1.0  # CPU seconds beside which bringing back memory is nothing


def medians(works: Mapping[str, Work], *, rounds: int = 5) -> dict[str, float]:
    """Return the median CPU seconds of each work, after one round that is not counted.

    The first round compiles and fills caches; see above for quick works.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            spent = seconds(work)
            found[name].append(seconds(work) if spent < _QUICK else spent)
    return {name: statistics.median(column) for name, column in found.items()}


def seconds(work: Work) -> float:
    """Return the CPU seconds of one call, all threads together."""
    begin = time.process_time()
    work()
    return time.process_time() - begin
