"""Random RNNs with infinitely many units: lengths, growth and spectra by quadrature."""

from gradlab.meanfield.attractor import MeanFieldAttractor, mean_field_attractor
from gradlab.meanfield.correlations import (
    CorrelationFixedPoint,
    correlation_fixed_point,
    correlation_map,
)
from gradlab.meanfield.gaussian import GaussianMean, gaussian_mean
from gradlab.meanfield.growth import MeanFieldExponent, mean_field_exponent
from gradlab.meanfield.lengths import LengthFixedPoint, length_fixed_point, length_map
from gradlab.meanfield.pairs import pair_mean
from gradlab.meanfield.spectrum import MeanFieldSpectrum, mean_field_spectrum

__all__ = [
    "CorrelationFixedPoint",
    "GaussianMean",
    "LengthFixedPoint",
    "MeanFieldAttractor",
    "MeanFieldExponent",
    "MeanFieldSpectrum",
    "correlation_fixed_point",
    "correlation_map",
    "gaussian_mean",
    "length_fixed_point",
    "length_map",
    "mean_field_attractor",
    "mean_field_exponent",
    "mean_field_spectrum",
    "pair_mean",
]
