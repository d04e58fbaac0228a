"""Named shapes of the arrays that travel between rooms.

Letters: T timesteps, B sequences of a batch, n entries of the state, m entries of the
input, q outputs, k columns.  ``...`` stands for leading axes over which everything is
done at once (time, a batch, or both).
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Array",
    "ArrayLike",
    "Factors",
    "Inputs",
    "Matrix",
    "Seed",
    "State",
    "States",
    "Vector",
]

Array: TypeAlias = NDArray[Any]
"""Any array; float64 or complex128 once it has passed a door."""

Vector: TypeAlias = NDArray[Any]
"""(k,)"""

Matrix: TypeAlias = NDArray[Any]
"""(n, n)"""

Factors: TypeAlias = NDArray[Any]
"""(T, n, n), in time order: ``factors[0]`` acts first."""

State: TypeAlias = NDArray[Any]
"""(n,) or (..., n); an LSTM's state is (h, c), one flat vector."""

States: TypeAlias = NDArray[Any]
"""(T + 1, n) or (T + 1, B, n); ``states[0]`` is the given initial state."""

Inputs: TypeAlias = NDArray[Any]
"""(T, m) or (T, B, m); ``inputs[t]`` takes ``states[t]`` to ``states[t + 1]``."""

Seed: TypeAlias = np.random.Generator | int
"""What ``rng=`` accepts: a Generator, or an integer seed that makes a fresh one."""
