"""One row per function of one matrix: its bracket, and how units and bases act on it.

`bracket` returns (lower, upper) for a matrix and a size ε that goes with it; `scales`
says whether A, ε → sA, sε multiplies it by s, or the unit circle fixes the scale;
`slack` is the relative error that it states.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradlab.linalg import (
    henrici_departure,
    kreiss_constant,
    numerical_radius,
    power_norms,
    pseudospectral_abscissa,
    pseudospectral_radius,
    pseudospectrum,
    spectral_radius,
    spectral_radius_interval,
)

__all__ = ["FUNCTIONS", "Row"]


@dataclass(frozen=True)
class Row:
    """A function of A and ε."""

    bracket: Callable
    scales: bool = True
    slack: float = 1e-9


def both(found):
    return found.lower, found.upper


def twice(value):
    return value, value


def sigma(A, eps):
    """Return σ_min(2εI − A), the corner of a grid."""
    found = pseudospectrum(A, window=np.array([2, 3, 0, 1]) * eps, points=2)
    return float(np.exp(found.log_sigma[0, 0]))


FUNCTIONS = {
    "spectral_radius_interval": Row(lambda A, eps: both(spectral_radius_interval(A))),
    "numerical_radius": Row(lambda A, eps: both(numerical_radius(A))),
    "henrici_departure": Row(lambda A, eps: twice(henrici_departure(A))),
    "pseudospectral_radius": Row(lambda A, eps: both(pseudospectral_radius(A, eps))),
    "pseudospectral_abscissa": Row(
        lambda A, eps: both(pseudospectral_abscissa(A, eps))
    ),
    "spectral_radius": Row(lambda A, eps: twice(spectral_radius(A))),
    "pseudospectrum": Row(lambda A, eps: twice(sigma(A, eps)), slack=1e-3),
    "kreiss_constant": Row(lambda A, eps: both(kreiss_constant(A)), scales=False),
    "kreiss_constant, half-plane": Row(
        lambda A, eps: both(kreiss_constant(A, domain="half-plane")), scales=False
    ),
    "power_norms": Row(lambda A, eps: twice(power_norms(A, 12).peak), scales=False),
}
