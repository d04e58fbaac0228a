"""One draw of ξ: nested, ℓ_t is weighted with ξ_{i+1} ⋯ ξ_t at step i; 0 is a cut."""

import numpy as np

from gradlab._checks import require_array, require_memory
from gradlab.typing import Array

__all__ = ["nested_weights", "stretches"]


def nested_weights(xi: object) -> Array:
    """Return ξ_{i+1} ⋯ ξ_t (T, T) in row t − 1 and column i − 1; 1 at lag 0."""
    passed = require_array("xi", xi, "(T,)")
    T = len(passed)
    require_memory("T", T, T * T)
    found = np.eye(T)
    for t in range(1, T):
        found[t, :t] = passed[t] * found[t - 1, :t]
    return found


def stretches(xi: Array) -> Array:
    """Return the lengths of the stretches without a cut; ξ_1 cuts nothing off."""
    return np.diff(np.concatenate([[0], 1 + np.flatnonzero(xi[1:] == 0), [len(xi)]]))
