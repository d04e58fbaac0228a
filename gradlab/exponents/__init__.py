"""Lyapunov exponents of runs and chains, with their errors and caveats."""

from gradlab.exponents.finite_time import FiniteTimeExponents, finite_time_exponents
from gradlab.exponents.lyapunov import LyapunovSpectrum, lyapunov_spectrum

__all__ = [
    "FiniteTimeExponents",
    "LyapunovSpectrum",
    "finite_time_exponents",
    "lyapunov_spectrum",
]
