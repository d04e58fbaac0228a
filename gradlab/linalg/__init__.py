"""Matrices in, results out; nothing here knows what a cell is."""

from gradlab.linalg.departure import henrici_departure
from gradlab.linalg.eigen import spectral_radius
from gradlab.linalg.ensembles import (
    complex_gaussian,
    gaussian,
    identity,
    orthogonal,
    sparse,
    truncated_orthogonal,
    truncated_unitary,
    uniform,
    unitary,
)
from gradlab.linalg.field_of_values import (
    NumericalRadius,
    NumericalRange,
    numerical_radius,
    numerical_range,
)
from gradlab.linalg.graded import (
    GradedProduct,
    graded_product,
    running_log_singular_values,
)
from gradlab.linalg.joint_radius import (
    JointRadius,
    JointStop,
    joint_spectral_radius,
)
from gradlab.linalg.kreiss import KreissConstant, KreissStop, kreiss_constant
from gradlab.linalg.norms import frobenius_norm, log_norm, spectral_norm
from gradlab.linalg.periodic import PeriodicEigenvalues, periodic_eigenvalues
from gradlab.linalg.powers import PowerNorms, power_norms
from gradlab.linalg.prescribed import with_spectrum
from gradlab.linalg.pseudospectra import Pseudospectrum, pseudospectrum
from gradlab.linalg.pseudospectral import (
    PseudospectralReach,
    pseudospectral_abscissa,
    pseudospectral_radius,
)
from gradlab.linalg.radius_interval import SpectralRadius, spectral_radius_interval
from gradlab.linalg.random_products import (
    complex_newman_exponents,
    independent_factors,
    newman_exponents,
    truncated_orthogonal_exponents,
    truncated_unitary_exponents,
)
from gradlab.linalg.reorthonormalise import block_log_growths
from gradlab.linalg.scaled import Scaled
from gradlab.linalg.singular import log_singular_values
from gradlab.linalg.singular_vectors import SingularVectors, leading_singular_vectors
from gradlab.linalg.slope_radius import SlopeRadius, SlopeStop, slope_radius

__all__ = [
    "GradedProduct",
    "JointRadius",
    "JointStop",
    "KreissConstant",
    "KreissStop",
    "NumericalRadius",
    "NumericalRange",
    "PeriodicEigenvalues",
    "PowerNorms",
    "PseudospectralReach",
    "Pseudospectrum",
    "Scaled",
    "SingularVectors",
    "SlopeRadius",
    "SlopeStop",
    "SpectralRadius",
    "block_log_growths",
    "complex_gaussian",
    "complex_newman_exponents",
    "frobenius_norm",
    "gaussian",
    "graded_product",
    "henrici_departure",
    "identity",
    "independent_factors",
    "joint_spectral_radius",
    "kreiss_constant",
    "leading_singular_vectors",
    "log_norm",
    "log_singular_values",
    "newman_exponents",
    "numerical_radius",
    "numerical_range",
    "orthogonal",
    "periodic_eigenvalues",
    "power_norms",
    "pseudospectral_abscissa",
    "pseudospectral_radius",
    "pseudospectrum",
    "running_log_singular_values",
    "slope_radius",
    "sparse",
    "spectral_norm",
    "spectral_radius",
    "spectral_radius_interval",
    "truncated_orthogonal",
    "truncated_orthogonal_exponents",
    "truncated_unitary",
    "truncated_unitary_exponents",
    "uniform",
    "unitary",
    "with_spectrum",
]
