"""Eigenvalues matched with exact ones, in logs and phases."""

import math

import numpy as np


def gap(log, other):
    """Return |log − other|, 0 where both are −inf."""
    return 0.0 if log == other else abs(log - other)


def apart(found, exact):
    """Return how far eigenvalues in logs and phases are from exact ones, matched."""
    rest, distances = [tuple(pair) for pair in exact], []
    for log, phase in zip(found.log_moduli, found.phases, strict=True):
        gaps = [
            (gap(log, other), abs(math.remainder(phase - turn, 2 * math.pi)))
            for other, turn in rest
        ]
        place = int(np.argmin(np.sum(gaps, axis=1)))
        distances.append(gaps[place])
        rest.pop(place)
    return np.array(distances).reshape(-1, 2).T
