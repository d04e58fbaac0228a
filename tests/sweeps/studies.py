"""Studies that a worker process can import."""

import numpy as np
from threadpoolctl import threadpool_info

from gradlab.errors import ShapeError

__all__ = ["blas_threads", "draw", "fails"]


def draw(gain, n, rng):
    return float(np.linalg.norm(gain * rng.normal(size=(n, n)), 2))


def blas_threads(repeat, rng):
    np.linalg.norm(np.eye(3) @ np.eye(3), 2)
    return {pool["num_threads"] for pool in threadpool_info()}


def fails(n, rng):
    raise ShapeError("factors", "(T, n, n)", (n,))
