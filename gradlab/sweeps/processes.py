"""Points in worker processes, each with one BLAS thread: p workers, p busy cores."""

import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from threadpoolctl import threadpool_limits

from gradlab._checks import require_count
from gradlab.sweeps.grid import Mapper

__all__ = ["process_map"]


@contextlib.contextmanager
def process_map(workers: int) -> Iterator[Mapper]:
    """Give a mapper for `sweep` that computes points in `workers` processes.

    The processes are started afresh ("spawn"): a fork of a process whose BLAS has
    threads may hang.  So a script that uses this needs the usual ``if __name__ ==
    "__main__":``.  Take the values inside the ``with``; when it is left, by an error or
    by Ctrl-C, points that have not begun are dropped.

    Examples
    --------
    >>> import math
    >>> with process_map(2) as mapper:
    ...     list(mapper(math.sqrt, [1.0, 4.0, 9.0]))
    [1.0, 2.0, 3.0]
    """
    pool = ProcessPoolExecutor(
        require_count("workers", workers),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_pin_blas,
    )
    try:
        yield pool.map
    finally:
        pool.shutdown(cancel_futures=True)


def _pin_blas() -> None:
    # For the libraries that are loaded, and by the variables for those that will be.
    threadpool_limits(1)
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
