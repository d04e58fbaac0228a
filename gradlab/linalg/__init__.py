"""Matrices in, results out; nothing here knows what a cell is."""

from gradlab.linalg.eigen import spectral_radius
from gradlab.linalg.ensembles import (
    gaussian,
    identity,
    newman_exponents,
    orthogonal,
    uniform,
)
from gradlab.linalg.graded import (
    GradedProduct,
    graded_product,
    running_log_singular_values,
)
from gradlab.linalg.norms import frobenius_norm, log_norm, spectral_norm
from gradlab.linalg.reorthonormalise import block_log_growths
from gradlab.linalg.scaled import Scaled
from gradlab.linalg.singular import log_singular_values

__all__ = [
    "GradedProduct",
    "Scaled",
    "block_log_growths",
    "frobenius_norm",
    "gaussian",
    "graded_product",
    "identity",
    "log_norm",
    "log_singular_values",
    "newman_exponents",
    "orthogonal",
    "running_log_singular_values",
    "spectral_norm",
    "spectral_radius",
    "uniform",
]
