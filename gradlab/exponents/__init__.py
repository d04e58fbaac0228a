"""Lyapunov exponents of runs and chains, with their errors and caveats."""

from gradlab.exponents.batches import LyapunovSpectra, lyapunov_spectra
from gradlab.exponents.covariant import (
    CovariantVectors,
    covariant_lyapunov_vectors,
)
from gradlab.exponents.dimension import kaplan_yorke_dimension
from gradlab.exponents.estimate import Estimate
from gradlab.exponents.finite_time import FiniteTimeExponents, finite_time_exponents
from gradlab.exponents.lyapunov import lyapunov_spectrum
from gradlab.exponents.spectrum import (
    ExponentIntervals,
    LyapunovSpectrum,
    LyapunovStop,
)
from gradlab.exponents.until import lyapunov_until

__all__ = [
    "CovariantVectors",
    "Estimate",
    "ExponentIntervals",
    "FiniteTimeExponents",
    "LyapunovSpectra",
    "LyapunovSpectrum",
    "LyapunovStop",
    "covariant_lyapunov_vectors",
    "finite_time_exponents",
    "kaplan_yorke_dimension",
    "lyapunov_spectra",
    "lyapunov_spectrum",
    "lyapunov_until",
]
