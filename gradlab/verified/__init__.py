"""Numbers with a proof: enclosures of norms, spectra and long products of floats."""

from gradlab.verified.compare import Verdict
from gradlab.verified.definite import definite_verdict, lyapunov_verdict, sector_verdict
from gradlab.verified.determinants import enclosed_log_abs_det
from gradlab.verified.eigen import (
    EigenvalueDiscs,
    enclosed_eigenvalues,
    enclosed_spectral_radius,
)
from gradlab.verified.enclosure import Enclosure
from gradlab.verified.norms import enclosed_norm
from gradlab.verified.numerical_range import (
    enclosed_numerical_abscissa,
    enclosed_numerical_radius,
)
from gradlab.verified.powers import enclosed_log_power_gain
from gradlab.verified.products import enclosed_log_gain, enclosed_log_singular_values
from gradlab.verified.resolvent import enclosed_resolvent_norm
from gradlab.verified.singular import (
    enclosed_least_singular_value,
    enclosed_singular_values,
)

__all__ = [
    "EigenvalueDiscs",
    "Enclosure",
    "Verdict",
    "definite_verdict",
    "enclosed_eigenvalues",
    "enclosed_least_singular_value",
    "enclosed_log_abs_det",
    "enclosed_log_gain",
    "enclosed_log_power_gain",
    "enclosed_log_singular_values",
    "enclosed_norm",
    "enclosed_numerical_abscissa",
    "enclosed_numerical_radius",
    "enclosed_resolvent_norm",
    "enclosed_singular_values",
    "enclosed_spectral_radius",
    "lyapunov_verdict",
    "sector_verdict",
]
