"""Points on a Dask cluster, one task each; the values come back in the grid's order."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gradlab._extras import require
from gradlab.errors import InputTypeError
from gradlab.sweeps.grid import Mapper

__all__ = ["dask_map"]

distributed = require("distributed", extra="sweep")


def dask_map(client: Any) -> Mapper:
    """Return a mapper for `sweep` that computes points on the client's workers.

    Dask starts its worker processes with one BLAS thread each.  A point whose worker
    dies is computed again elsewhere, with the same random numbers.  If a point fails,
    its error is raised and the points that have not begun are dropped.

    Parameters
    ----------
    client : distributed.Client
        Of any cluster, also a ``LocalCluster``.

    Examples
    --------
    >>> import math
    >>> from distributed import Client
    >>> with Client(processes=False, dashboard_address=None) as client:
    ...     list(dask_map(client)(math.sqrt, [1.0, 4.0, 9.0]))
    [1.0, 2.0, 3.0]
    """
    if not isinstance(client, distributed.Client):
        got = type(client).__name__
        message = f"`client` must be a distributed.Client; got {got}."
        raise InputTypeError(message)

    def mapper(
        function: Callable[[Any], Any], points: Iterable[Any], /
    ) -> Iterator[Any]:
        # Not pure: Dask would give two equal points one key and compute one of them.
        futures = client.map(function, list(points), pure=False)
        return _values(client, futures)

    return mapper


def _values(client: Any, futures: list[Any]) -> Iterator[Any]:
    try:
        for future in futures:
            yield future.result()
    finally:
        client.cancel(futures)
